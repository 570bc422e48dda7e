"""Which wells an OME-Zarr plate lists, and which of their images are on disk.

Every well costs one small file and one folder listing, read by several threads: on a network share each takes
milliseconds, and a plate has hundreds. Fields are not looked into.
"""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from napari_ben.errors import PlateError
from napari_ben.plates import PlateFormat, find_well, guess_format, smallest_format, sort_wells, well_position
from napari_ben.readers._zarr_json import inner_path, read_attributes

THREADS = 16


class Images(NamedTuple):
    """Fields of a plate, sorted by well: well, number and path of each."""

    wells: tuple[str, ...]
    fields: tuple[int, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True)
class _WellImages:
    """Images of a well: (path within the well, acquisition); those that are listed but absent; what is wrong."""

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
    for entry in plate.get("wells") or ():
        written = entry.get("path") if isinstance(entry, dict) else entry
        path = inner_path(written)
        well = find_well("/".join(path.split("/")[-2:])) if path else None
        if path is None or well is None:
            problems.append(f"The plate lists {written!r}, which is not the path of a well; it was left out.")
        elif well in wells:
            problems.append(f"The plate lists well {well} twice, as {wells[well]!r} and {path!r}; the first was taken.")
        else:
            wells[well] = path
    return {well: wells[well] for well in sort_wells(wells)}, tuple(problems)


def plate_format(plate: Mapping[str, Any], wells: Iterable[str]) -> tuple[PlateFormat, bool]:
    """Format of a plate, and whether it is a guess.

    Writers list all rows and columns, or only those in use; only a complete list of a usual plate is believed.
    """
    rows, columns = (_names(plate.get(key)) for key in ("rows", "columns"))
    listed = {well for row in rows for column in columns if (well := find_well(f"{row}/{column}"))}
    smallest = smallest_format(well_position(well) for well in listed)
    if len(listed) == smallest.n_wells >= 96 and all(smallest.holds(well) for well in wells):
        return smallest, False
    return guess_format(wells), True


def _names(entries: object) -> list[str]:
    listed = entries if isinstance(entries, list) else []
    return [str(entry.get("name")) for entry in listed[:64] if isinstance(entry, dict)]


def list_images(folder: Path, version: int, wells: Mapping[str, str]) -> tuple[Images, tuple[str, ...]]:
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
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda path: _images_of_well(folder / path, version), wells.values()))
    counts = Counter(acquisition for well in found for _, acquisition in well.images)
    chosen = min(counts, key=lambda name: (len(name), name)) if counts else ""
    rows = [
        (well, number, f"{wells[well]}/{name}")
        for well, images in zip(wells, found, strict=True)
        for number, name in _numbered([name for name, acquisition in images.images if acquisition == chosen])
    ]
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return Images(*columns), (*_missing(wells, found), *_others(counts, chosen))


def _images_of_well(folder: Path, version: int) -> _WellImages:
    try:
        with os.scandir(folder) as entries:
            present = {entry.name for entry in entries}
        attributes = read_attributes(folder, version)
    except (FileNotFoundError, NotADirectoryError):
        return _WellImages()
    except PlateError as error:
        return _WellImages(problem=error.problem)
    except OSError as error:
        return _WellImages(problem=f"{folder} cannot be listed: {error.strerror}.")
    well = (attributes or {}).get("well")
    listed = well.get("images") if isinstance(well, dict) else None
    if not isinstance(listed, list):
        folders = sorted((name for name in present if name.isdigit()), key=int)
        return _WellImages(
            tuple((name, "") for name in folders),
            problem=f"{folder} has no well metadata; its numbered folders were taken for fields." if folders else "",
        )
    images = [(path, str(image.get("acquisition", ""))) for image in listed if (path := _path(image))]
    here = tuple((path, acquisition) for path, acquisition in images if path.split("/")[0] in present)
    return _WellImages(here, tuple(path for path, _ in images if path.split("/")[0] not in present))


def _path(image: object) -> str | None:
    return inner_path(image["path"]) if isinstance(image, dict) and "path" in image else None


def _numbered(names: Sequence[str]) -> list[tuple[int, str]]:
    if all(name.isdigit() for name in names):
        return sorted((int(name), name) for name in names)
    return list(enumerate(names, start=1))


def _missing(wells: Mapping[str, str], found: Sequence[_WellImages]) -> list[str]:
    blank = [well for well, images in zip(wells, found, strict=True) if not images.images]
    here = [(wells[well], images) for well, images in zip(wells, found, strict=True) if images.images]
    absent = [f"{well}/{path}" for well, images in here for path in images.absent]
    problems = [images.problem for images in found if images.problem]
    sentences = problems[:3] + ([f"{len(problems) - 3} more wells are like this."] if len(problems) > 3 else [])
    if blank:
        shown = ", ".join(blank[:6]) + (" …" if len(blank) > 6 else "")
        sentences.append(f"Wells are listed but have no image on disk: {len(blank)} of {len(wells)} ({shown}).")
    if absent:
        sentences.append(f"Fields are listed but are not on disk: {len(absent)}, such as {absent[0]}.")
    return sentences


def _others(counts: Mapping[str, int], chosen: str) -> list[str]:
    if len(counts) < 2:
        return []
    return [
        f"The plate has {len(counts)} acquisitions ({', '.join(map(repr, counts))}); "
        f"{chosen!r} is shown, the others are left out."
    ]
