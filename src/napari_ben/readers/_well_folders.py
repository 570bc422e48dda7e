"""Plates with a folder a well: ``B02/field001.tif``, ``Well-A005/FITC.jpeg``.

Folders are called ``P1`` or ``D2`` for many reasons: plates, patients, days. So a folder of such folders is a plate
only when the names in them do not say wells of their own, and when the folders cannot just as well be counted things:
they lie in several rows, or in row A, or are written as only wells are (``D02``, ``Well D2``).
"""

import os
import re
from functools import partial
from pathlib import Path

from napari_ben.errors import PlateError
from napari_ben.plates import find_well
from napari_ben.readers._concurrently import read_all
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._naming import Naming, by_pattern, read_names, spread, unread_problem, vote
from napari_ben.readers._namings import NAMINGS
from napari_ben.readers._place import Place, is_image
from napari_ben.readers._plate_name import file_kind, plate_name

_FOLDER = re.compile(r"(?P<word>well[-_ ]?)?(?P<well>[A-Za-z]{1,2}[-_ ]?\d{1,3})", re.IGNORECASE)
_WELL = r"(?:(?i:well)[-_ ]?)?(?P<well>[A-Za-z]{1,2}[-_ ]?\d{1,3})/"
_FIELD = r"(?:(?i:field|fld|fov|site|pos|image|img|f|s))?[-_ ]?(?P<field>\d{1,4})"
_REST = r"(?:[-_ ][zZ](?P<z>\d+))?(?:[-_ ][tT](?P<time>\d+))?\.(?i:tiff?|png|jpe?g|bmp|jp2)"
_INSIDE: dict[str, Naming] = {
    "field": by_pattern(
        "wells in folders, names of fields",
        rf"{_WELL}{_FIELD}(?:[-_ ](?P<channel>(?![zZtT]\d+[-_ .])[A-Za-z0-9]+))?{_REST}",
        parts=2,
    ),
    "channel": by_pattern(
        "wells in folders, names of channels",
        rf"{_WELL}(?P<channel>[A-Za-z][A-Za-z0-9 -]*?)(?:[-_ ]?{_FIELD})?{_REST}",
        parts=2,
    ),
}
_LOOKED_INTO = 3  # folders, to see whether they are wells


def refuse_well_folders(place: Place) -> str | None:
    """Why a place is no plate with a folder a well, in words; None when it is one."""
    if not place.is_folder:
        return "it is not a folder"
    folders = _well_folders(place)
    if not folders or vote(place.images, NAMINGS) is not None:
        return "it holds no folders that are named as wells, or images of wells beside them"
    if not _can_only_be_wells(folders):
        shown = ", ".join(sorted(folders)[:3])
        return f"its folders ({shown}) may be wells, or something else that is counted"
    step = max(1, len(folders) // _LOOKED_INTO)
    images = [name for folder in folders[::step] for name in _images(place.path, folder)]
    if vote(images, NAMINGS) is not None:
        return f"its folders are named as wells, but what lies in them is named by well too (such as {images[0]!r})"
    if vote(images, _INSIDE) is None:
        shown = f" (such as {images[0]!r})" if images else ""
        return f"images in its folders of wells are not named by field or channel{shown}"
    return None


def index_well_folders(place: Place) -> tuple[PlaneIndex, PlateFacts]:
    """Planes of a plate with a folder a well.

    Raises
    ------
    PlateError
        When a folder cannot be listed, or no name can be read.
    """
    listed = read_all(partial(_images, place.path), _well_folders(place))
    images = [name for names in listed for name in names]
    naming = vote(images, _INSIDE)
    if naming is None:
        raise PlateError(f"No image in {place.path} is named by field or channel.", "Give a pattern of the names.")
    index, unread = read_names(images, naming)
    facts = PlateFacts(
        name=plate_name(place.path)[0],
        layout=f"{file_kind(spread(index.files))} files, {naming.title}",
        problems=unread_problem(unread),
    )
    return index, facts


def _well_folders(place: Place) -> list[str]:
    """Folders that are named as wells, where most are."""
    folders = [name for name in place.folders if not name.startswith(".")]
    wells = [name for name in folders if (said := _FOLDER.fullmatch(name)) and find_well(said["well"])]
    return wells if 2 * len(wells) > len(folders) else []


def _can_only_be_wells(folders: list[str]) -> bool:
    said = [match for name in folders if (match := _FOLDER.fullmatch(name))]
    wells = [find_well(match["well"]) or "" for match in said]
    rows = {well[:-2] for well in wells}
    padded = all(match["word"] or re.search(r"0\d", match["well"]) for match in said)
    return len(rows) > 1 or padded or rows == {"A"}


def _images(root: Path, folder: str) -> list[str]:
    try:
        with os.scandir(root / folder) as entries:
            return sorted(f"{folder}/{entry.name}" for entry in entries if is_image(entry.name))
    except OSError as error:
        raise PlateError(
            f"{root / folder} cannot be listed: {error.strerror}.", "Ask for the right to read it."
        ) from error
