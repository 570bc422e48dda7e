"""Which wells an OME-Zarr plate lists, and which of their images are on disk.

Every well costs one small file and one folder listing. Fields are not looked into.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_ben.errors import PlateError
from napari_ben.plates import PlateFormat, find_well, guess_format, smallest_format, sort_wells, well_position
from napari_ben.readers._concurrently import read_all
from napari_ben.readers._zarr_json import inner_path, read_attributes


@dataclass(frozen=True)
class WellImages:
    """Images of a well.

    Parameters
    ----------
    images
        Path within the well, and acquisition (empty where none is written).
    absent
        Paths of those that are listed but are not on disk.
    problem
        What is wrong.
    """

    images: tuple[tuple[str, str], ...] = ()
    absent: tuple[str, ...] = ()
    problem: str = ""


def listed_wells(plate: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Path of each well that the metadata list, by the well's name, and what is wrong with the list.

    The place of a well is taken from the names in its path: indices count the rows and columns that are given, which
    need not be all.
    """
    wells: dict[str, str] = {}
    problems = []
    listed = plate.get("wells")
    for entry in listed if isinstance(listed, list) else ():
        written = entry.get("path") if isinstance(entry, dict) else entry
        path = inner_path(written)
        well = find_well("/".join(path.split("/")[-2:])) if path else None
        if path is None or well is None:
            problems.append(f"The plate lists {written!r}, which is not the path of a well; it was left out.")
        elif well in wells:
            problems.append(f"The plate lists well {well} twice, as {wells[well]!r} and {path!r}; the first was taken.")
        else:
            wells[well] = path
    shown = problems[:3] + ([f"{len(problems) - 3} more wells are listed like this."] if len(problems) > 3 else [])
    return {well: wells[well] for well in sort_wells(wells)}, tuple(shown)


def plate_format(plate: Mapping[str, Any], wells: Iterable[str]) -> tuple[PlateFormat, bool]:
    """Format of a plate, and whether it is a guess.

    Writers list all rows and columns, or only those in use; only a complete list of a usual plate is believed.
    """
    rows, columns = (_names(plate.get(key)) for key in ("rows", "columns"))
    listed = {well for row in rows for column in columns if (well := find_well(f"{row}/{column}"))}
    smallest = smallest_format(well_position(well) for well in listed)
    if len(listed) == smallest.n_wells >= 96 and listed.issuperset(wells):
        return smallest, False
    return guess_format(wells), True


def _names(entries: object) -> list[str]:
    listed = entries if isinstance(entries, list) else []
    return [str(entry.get("name")) for entry in listed[:64] if isinstance(entry, dict)]


def list_images(folder: Path, version: int, wells: Mapping[str, str]) -> tuple[dict[str, WellImages], tuple[str, ...]]:
    """Images of all wells that are on disk, and what is missing.

    Parameters
    ----------
    folder
        The plate's.
    version
        Of Zarr.
    wells
        Path of each well, sorted by position.
    """
    found = read_all(lambda path: _images_of_well(f"{folder}/{path}", version), wells.values())
    images = dict(zip(wells, found, strict=True))
    return images, tuple(_missing(wells, images))


def _images_of_well(folder: str, version: int) -> WellImages:
    try:
        present = set(os.listdir(folder))  # noqa: PTH208 – names are all that is asked for
        attributes = read_attributes(folder, version)
    except (FileNotFoundError, NotADirectoryError):
        return WellImages()
    except PlateError as error:
        return WellImages(problem=error.problem)
    except OSError as error:
        return WellImages(problem=f"{folder} cannot be listed: {error.strerror}.")
    well = (attributes or {}).get("well")
    listed = well.get("images") if isinstance(well, dict) else None
    if not isinstance(listed, list):
        folders = sorted((name for name in present if name.isdigit()), key=int)
        return WellImages(
            tuple((name, "") for name in folders),
            problem=f"{folder} has no well metadata; its numbered folders were taken for fields." if folders else "",
        )
    images = dict(image for written in listed if (image := _image(written)))
    here = tuple((path, acquisition) for path, acquisition in images.items() if path.partition("/")[0] in present)
    return WellImages(here, tuple(path for path in images if path.partition("/")[0] not in present))


def _image(written: object) -> tuple[str, str] | None:
    if not isinstance(written, dict) or (path := inner_path(written.get("path", ""))) is None:
        return None
    acquisition = written.get("acquisition")
    return path, "" if acquisition is None else str(acquisition)


def _missing(wells: Mapping[str, str], found: Mapping[str, WellImages]) -> list[str]:
    blank = [well for well, images in found.items() if not images.images]
    absent = [f"{wells[well]}/{path}" for well, images in found.items() if images.images for path in images.absent]
    problems = [images.problem for images in found.values() if images.problem]
    sentences = problems[:3] + ([f"{len(problems) - 3} more wells are like this."] if len(problems) > 3 else [])
    if blank:
        shown = _some(blank)
        sentences.append(f"Wells are listed but have no image on disk: {len(blank)} of {len(wells)} ({shown}).")
    if absent:
        sentences.append(f"Fields are listed but are not on disk: {len(absent)}, such as {absent[0]}.")
    return sentences


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (" …" if len(names) > 6 else "")
