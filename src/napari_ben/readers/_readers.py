"""Every layout that can be opened, and how one is chosen.

A reader says in words why a folder is not its own; opening takes the first that does not refuse. A new layout is one
more entry in `READERS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from napari_ben.errors import ArgumentError, PlateError
from napari_ben.plates import Plate
from napari_ben.readers._image_folder import read_image_folder, refuse_image_folder
from napari_ben.readers._namings import NAMINGS
from napari_ben.readers._omezarr import read_omezarr, refuse_omezarr


@dataclass(frozen=True)
class Reader:
    """One way in which plates lie on disk.

    Parameters
    ----------
    title
        In words.
    refusal
        Why a path is not such a plate; None when it is one. Reads as little as it can.
    read
        The plate; reads no pixel.
    """

    title: str
    refusal: Callable[[Path], str | None]
    read: Callable[[Path], Plate]


def _image_reader(key: str) -> Reader:
    namings = {key: NAMINGS[key]}
    return Reader(
        NAMINGS[key].title,
        lambda path: refuse_image_folder(path, namings),
        lambda path: read_image_folder(path, namings),
    )


READERS: dict[str, Reader] = {
    "ome-zarr": Reader("OME-Zarr HCS", refuse_omezarr, read_omezarr),
    "images": Reader("TIFF or PNG files named by well", refuse_image_folder, read_image_folder),
}
LAYOUTS: dict[str, Reader] = {**READERS, **{key: _image_reader(key) for key in NAMINGS}}


def find_reader(path: Path, layout: str | None = None) -> Reader:
    """Reader of a folder.

    Parameters
    ----------
    path
        The folder.
    layout
        A key of `LAYOUTS`; found when left out.

    Raises
    ------
    ArgumentError
        When the layout is unknown.
    PlateError
        When the folder is absent or no reader takes it; says why each refused.
    """
    if layout is not None and layout not in LAYOUTS:
        raise ArgumentError(f"{layout!r} is not a layout; known are {', '.join(LAYOUTS)}.", "Choose one of these.")
    require_folder(path)
    readers = {layout: LAYOUTS[layout]} if layout else READERS
    refusals = []
    for reader in readers.values():
        reason = reader.refusal(path)
        if reason is None:
            return reader
        refusals.append(f"{reader.title}: {reason}")
    raise PlateError(
        f"{path} is not a plate that can be opened ({'; '.join(refusals)}).",
        "Choose the folder of one plate, or give a pattern of its file names.",
    )


def require_folder(path: Path) -> None:
    """Refuse a path that is no folder.

    Raises
    ------
    PlateError
        When it is absent, or a file.
    """
    if not path.exists():
        raise PlateError(f"{path} does not exist.", "Check the spelling, or whether its drive is connected.")
    if not path.is_dir():
        raise PlateError(f"{path} is a file; a plate is a folder.", "Choose the folder that the file lies in.")
