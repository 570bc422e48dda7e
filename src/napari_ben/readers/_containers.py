"""Files of a microscope's own format that hold many planes and are read by a library."""

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.plates import find_well
from napari_ben.readers._place import Place

OPEN_FILES = 8
_PREFIXED = re.compile(r"well[ _-]?([A-Za-z]{1,2}[ _-]?\d{1,2})(?!\d)", re.IGNORECASE)
_PADDED = re.compile(r"(?<![A-Za-z0-9])([A-Z]{1,2}\d{2})(?![A-Za-z0-9])")
_BARE = re.compile(r"(?<![A-Za-z0-9])(?!P)([A-Z]{1,2}\d)(?![A-Za-z0-9])")  # P1 is a position


@dataclass(frozen=True, eq=False)
class Pages:
    """Pages of such files: a file is opened when it is first read from, and closed with the plate.

    The libraries do not promise that one open file can be read by several threads at once, so that they take turns.

    Parameters
    ----------
    open
        Opens a file; what it gives has ``close()``.
    read
        A plane (Y, X) of an open file, by its row of `planes`.
    planes
        (n_planes, k): what `read` needs to know of each plane; a page is a row.
    damaged
        What opening and reading raise when a file is damaged.
    """

    open: Callable[[Path], Any]
    read: Callable[[Any, NDArray[Any]], NDArray[Any]]
    planes: NDArray[Any]
    damaged: tuple[type[Exception], ...]
    _files: "OrderedDict[Path, Any]" = field(default_factory=OrderedDict, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what it was made from: open files stay behind."""
        return type(self), (self.open, self.read, self.planes, self.damaged)

    def __del__(self) -> None:
        """Close what is open."""
        while self._files:
            self._files.popitem()[1].close()

    def __call__(self, path: Path, page: int) -> NDArray[Any]:
        """(Y, X) of a page.

        Raises
        ------
        PlateError
            When the file is absent or damaged, or the page is no grey image.
        """
        with self._lock:
            try:
                pixels = self.read(self._file(path), self.planes[page])
            except PlateError:
                raise
            except self.damaged as error:
                raise unreadable(path, error) from error
        if pixels.ndim != 2:
            raise PlateError(
                f"{path.name!r} holds no grey images: the shape of one is {'×'.join(map(str, pixels.shape))}.",
                "Export one grey image a channel.",
            )
        return pixels

    def _file(self, path: Path) -> Any:
        if path in self._files:
            self._files.move_to_end(path)
        else:
            self._files[path] = self.open(path)
            while len(self._files) > OPEN_FILES:
                self._files.popitem(last=False)[1].close()
        return self._files[path]


def unreadable(path: Path, error: Exception) -> PlateError:
    """Error of a file that a library cannot read."""
    if not path.exists():
        return PlateError(f"{path.name!r} is not in {path.parent} any more.", "Bring it back, or open the plate again.")
    return PlateError(
        f"{path.name!r} cannot be read: the file is cut short or damaged ({str(error).strip()[:120]}).",
        "Copy it again, or leave it out.",
    )


def missing_extra(suffix: str, library: str, extra: str) -> PlateError:
    """Error of a file whose library is not installed."""
    return PlateError(
        f"{suffix} files are read by {library}, which is not installed.",
        f"Install it with: pip install 'napari-ben[{extra}]'.",
    )


def well_in_name(name: str) -> str | None:
    """Well that a file's name tells; None where it tells none, or several.

    Examples
    --------
    >>> well_in_name("20240101_WellA01_ChannelDAPI_Seq0001"), well_in_name("plate7_B03_2"), well_in_name("scan-C4")
    ('A01', 'B03', 'C04')
    >>> well_in_name("P01_scan"), well_in_name("P1_scan"), well_in_name("B02_C03"), well_in_name("plate")
    ('P01', None, None, None)
    """
    for pattern in (_PREFIXED, _PADDED, _BARE):
        wells = {well for found in pattern.findall(name) if (well := find_well(found.replace("_", "-")))}
        if wells:
            return wells.pop() if len(wells) == 1 else None
    return None


def refuse_without(place: Place, suffix: str) -> str | None:
    """Why a place holds no plate in files of a suffix, in words; None when it may.

    A folder of images beside which such a file lies, an overview or a left-over, is a plate of images.
    """
    count = len(_named(place, suffix))
    if count == 0:
        return f"it has no {suffix} file"
    return f"it has fewer {suffix} files than image files" if len(place.images) > count else None


def files_of_wells(place: Place, suffix: str) -> dict[str, str | None]:
    """Files of a place and the well that each one's name tells; none where a single file may be a whole plate.

    Raises
    ------
    PlateError
        When there are several files and their names do not tell them apart by well.
    """
    names = [name for name in place.others if name.lower().endswith(suffix)]
    wells = {name: well_in_name(Path(name).stem) for name in names}
    if len(names) > 1 and not are_wells(wells):
        raise PlateError(
            f"{place.path} holds {len(names)} {suffix} files whose names do not tell wells (such as {names[0]!r}).",
            "Choose one of the files: each may be a plate.",
        )
    return wells


def are_wells(wells: dict[str, str | None]) -> bool:
    """Whether files are the wells of one plate by their names."""
    return len(wells) > 1 and all(wells.values())


def plates_of_files(place: Place, suffix: str) -> tuple[Path, ...]:
    """Paths of files that are plates of their own; none where a place is one plate."""
    names = [name for name in place.others if name.lower().endswith(suffix)]
    if len(names) < 2 or are_wells({name: well_in_name(Path(name).stem) for name in names}):
        return ()
    return tuple(place.folder / name for name in names)


def _named(place: Place, suffix: str) -> list[str]:
    return [name for name in place.others if name.lower().endswith(suffix)]
