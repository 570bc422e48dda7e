"""Where a person pointed: a folder or a file. What lies there is listed once, however many layouts ask."""

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from napari_ben.errors import PlateError

IMAGES = (".tif", ".tiff", ".png", ".bmp", ".jp2", ".jpg", ".jpeg", ".c01", ".dib")
_SUFFIXES = frozenset(IMAGES)
_USUAL = (".tif", ".tiff", ".TIF", ".png")  # seen without changing the case of 35,000 names
_INNER = re.compile(
    r"images?|orig|data|timepoint_?\d+|zstep_?\d+|experiment(_z_stack|_z_projection)?|\d{4}-\d{2}-\d{2}"
    r"|phase|brightfield|green|red|nir|orange|blue",
    re.IGNORECASE,
)
SPREAD = {"EssenFiles": "EssenFiles/ScanData", "ScanData": "ScanData"}  # archives whose plates lie over many folders
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DEPTH = 5


@dataclass(frozen=True, eq=False)
class Place:
    """A folder with what lies in it, or one file.

    Folders within are entered only where instruments put images of the same plate (``Images``, ``TimePoint_1``,
    ``ZStep_2``, a date and the number below it), so that a folder of plates is not taken for one plate.

    Parameters
    ----------
    path
        Absolute.
    plate
        Which plate of a table that lists several, or of an archive that holds several.
    """

    path: Path
    plate: str = ""

    @property
    def address(self) -> Path:
        """What opens it again: the path, and within a table or an archive the plate's name."""
        return self.path / self.plate if self.plate else self.path

    @cached_property
    def is_folder(self) -> bool:
        """Whether the path is a folder, as it was when it was first asked."""
        return self.path.is_dir()

    @property
    def folder(self) -> Path:
        """The folder itself, or the one that the file lies in."""
        return self.path if self.is_folder else self.path.parent

    @cached_property
    def whole(self) -> "Place":
        """The place of `folder`: itself, or all that lies around the file."""
        return self if self.is_folder else Place(self.folder)

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Paths of all files relative to `folder`, with ``/``, sorted; of a file, its own name.

        Raises
        ------
        PlateError
            When a folder cannot be listed.
        """
        return tuple(sorted(self._listed[0])) if self.is_folder else (self.path.name,)

    @property
    def folders(self) -> tuple[str, ...]:
        """Names of the folders directly within `folder`."""
        return self.whole._listed[1]  # noqa: SLF001 – its own

    @cached_property
    def _listed(self) -> tuple[list[str], tuple[str, ...]]:
        return _walk(self.path)

    @property
    def images(self) -> tuple[str, ...]:
        """Those of `files` that are images by their suffix."""
        return self._by_kind[0]

    @property
    def others(self) -> tuple[str, ...]:
        """Those of `files` that are no images: where metadata are looked for."""
        return self._by_kind[1]

    @cached_property
    def _by_kind(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        others = tuple([name for name in self.files if not name.endswith(_USUAL) and not is_image(name)])
        if not others:
            return self.files, ()
        known = frozenset(others)
        return tuple([name for name in self.files if name not in known]), others

    @property
    def siblings(self) -> tuple[str, ...]:
        """All files in `folder`, also where the path is one of them."""
        return self.whole.files

    def named(self, pattern: str) -> tuple[str, ...]:
        """Those of `others` whose last part matches a regular expression as a whole, whatever its case."""
        match = re.compile(pattern, re.IGNORECASE).fullmatch
        return tuple(name for name in self.others if match(name.rpartition("/")[2]))


def is_image(name: str) -> bool:
    """Whether a file is an image by its suffix."""
    return name[name.rfind(".") :].lower() in _SUFFIXES


def open_place(path: Path | str) -> Place:
    """Place of a path; that of a plate in a table or an archive is the whole's followed by the plate's name.

    Raises
    ------
    PlateError
        When there is nothing.
    """
    path = Path(path).expanduser().absolute()
    is_there = path.exists()
    if not is_there and (path.parent.is_file() or any((path.parent / name).is_dir() for name in SPREAD)):
        return Place(path.parent, path.name)
    if not is_there:
        raise PlateError(f"{path} does not exist.", "Check the spelling, or whether its drive is connected.")
    return Place(path)


def _walk(folder: Path, prefix: str = "", depth: int = _DEPTH) -> tuple[list[str], tuple[str, ...]]:
    """Files in a folder and in those within that belong to it, and the names of the folders directly within."""
    files: list[str] = []
    folders: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                (folders if entry.is_dir() else files).append(entry.name)
    except OSError as error:
        raise PlateError(
            f"{folder} cannot be listed: {error.strerror}.", "Ask for the right to read it, or connect its drive."
        ) from error
    files = [prefix + name for name in files] if prefix else files
    folders.sort()
    for name in folders:
        if depth and _is_inner(name, folder.name):
            files += _walk(folder / name, f"{prefix}{name}/", depth - 1)[0]
    return files, tuple(folders)


def _is_inner(name: str, parent: str) -> bool:
    return bool(_INNER.fullmatch(name)) or (name.isdigit() and bool(_DATE.fullmatch(parent)))
