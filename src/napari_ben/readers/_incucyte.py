"""Incucyte archives: a folder a scan by month, day and hour, in it a folder a vessel.

``EssenFiles/ScanData/2505/16/1124/1248/A1-1-Ph.tif`` is well A1, site 1, phase contrast of vessel 1248 on 16 May 2025
at 11:24. A vessel is a plate, and its scans are its time points, numbered by when they were made (202505161124), as in
the names of exported images. The files hold pyramids, of which the first page is the image. How large a pixel is stands
in a log of the device and is not read. The form is known from published descriptions and scripts.
"""

import re
from dataclasses import replace
from pathlib import Path

from napari_ben.errors import PlateError
from napari_ben.readers._concurrently import read_all
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._index_grid import natural
from napari_ben.readers._naming import read_names, unread_problem
from napari_ben.readers._namings import NAMINGS
from napari_ben.readers._place import SPREAD, Place
from napari_ben.readers._plate_name import plate_name

SUFFIX = ".icarch"
_LEVELS = (re.compile(r"\d{4}"), re.compile(r"\d{2}"), re.compile(r"\d{4}"))  # month, day, hour


def refuse_incucyte(place: Place) -> str | None:
    """Why a place is no Incucyte archive, in words; None when it is one."""
    if not place.is_folder and place.path.suffix.lower() != SUFFIX:
        return "it is neither a folder nor a file '.icarch'"
    try:
        return None if _scan_data(place) else "it holds no 'EssenFiles' or 'ScanData' of an Incucyte"
    except PlateError as error:
        return error.problem


def plates_incucyte(place: Place) -> tuple[Path, ...]:
    """Paths of the vessels of an archive that holds several."""
    vessels = () if place.plate else tuple(_vessels(place.folder, _scans(place)))
    return tuple(place.folder / vessel for vessel in vessels) if len(vessels) > 1 else ()


def index_incucyte(place: Place) -> tuple[PlaneIndex, PlateFacts]:
    """Planes of a vessel.

    Raises
    ------
    PlateError
        When there is no scan, no image of a well, or several vessels of which none is chosen.
    """
    vessels = _vessels(place.folder, _scans(place))
    vessel = _chosen(place, vessels)
    scans = vessels[vessel]
    names = read_all(lambda scan: Place(place.folder / scan / vessel).images, scans)
    paths = [f"{scan}/{vessel}/{name}" for scan, images in zip(scans, names, strict=True) for name in images]
    index, unread = read_names(paths, NAMINGS["incucyte-archive"])
    if not len(index):
        raise PlateError(
            f"No file of vessel {vessel!r} in {place.folder} shows a well.", "Choose the folder of an Incucyte archive."
        )
    name = plate_name(place.folder.parent if place.folder.name in SPREAD else place.folder)[0]
    return replace(index, times=[scans[file.rsplit("/", 2)[0]] for file in index.files]), PlateFacts(
        name=f"{name}_{vessel}" if len(vessels) > 1 else name,
        layout="Incucyte archive",
        path=place.address if place.plate else place.folder,
        problems=unread_problem(unread),
    )


def _scan_data(place: Place) -> str:
    """Path of the folder of scans within the place's; empty where there is none."""
    return next((inside for name, inside in SPREAD.items() if name in place.folders), "")


def _scans(place: Place) -> dict[str, int]:
    """Folders of scans within the place's, in the order of time, and when they were made.

    Raises
    ------
    PlateError
        When there is none, or a folder cannot be listed.
    """
    found = [_scan_data(place)]
    for level in _LEVELS if found[0] else ():
        inner = read_all(lambda folder: Place(place.folder / folder).folders, found)
        found = [
            f"{folder}/{name}"
            for folder, names in zip(found, inner, strict=True)
            for name in names
            if level.fullmatch(name)
        ]
    if not any(found):
        raise PlateError(
            f"The Incucyte archive in {place.folder} holds no scan.", "Choose the folder that holds 'EssenFiles'."
        )
    times = {folder: int("20" + "".join(folder.split("/")[-len(_LEVELS) :])) for folder in found}
    return dict(sorted(times.items(), key=lambda scan: scan[1]))


def _vessels(folder: Path, scans: dict[str, int]) -> dict[str, dict[str, int]]:
    """Find the scans of each vessel, in natural order of the vessels."""
    inner = read_all(lambda scan: Place(folder / scan).folders, scans)
    vessels: dict[str, dict[str, int]] = {}
    for (scan, time), names in zip(scans.items(), inner, strict=True):
        for name in names:
            vessels.setdefault(name, {})[scan] = time
    return dict(sorted(vessels.items(), key=lambda vessel: natural(vessel[0])))


def _chosen(place: Place, vessels: dict[str, dict[str, int]]) -> str:
    if len(vessels) == 1 and not place.plate:
        return next(iter(vessels))
    if place.plate not in vessels:
        asked = f"{place.plate!r} is none of them" if place.plate else "the path does not say which is meant"
        raise PlateError(
            f"The vessels of the Incucyte archive in {place.folder} are {', '.join(vessels) or 'none'}; {asked}.",
            f"Add one to the path ({place.folder.name}/{next(iter(vessels), 'NAME')}), or open all as a screen.",
        )
    return place.plate
