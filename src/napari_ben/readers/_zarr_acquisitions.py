"""What the images of a well are: fields, or the same place imaged again.

Plates list both in one list. Where each image names its acquisition that decides. Where none does, images that name
their channels differently are taken for cycles: fields of one acquisition have the same channels. A person can
overrule it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from napari_ben.errors import PlateError
from napari_ben.readers._zarr_image import read_meta
from napari_ben.readers._zarr_wells import WellImages

ImagesAre = Literal["auto", "fields", "cycles"]
MAX_CYCLES = 64
WITHOUT = "without acquisition"


class Images(NamedTuple):
    """Images of one acquisition, sorted by well: well, number and path within the plate of each."""

    wells: list[str]
    fields: list[int]
    paths: list[str]


def group_images(
    plate: Mapping[str, Any], wells: Mapping[str, str], found: Mapping[str, WellImages], are: ImagesAre
) -> dict[str, Images]:
    """Images of each acquisition by its name, the earliest first; one without a name where there are none.

    Parameters
    ----------
    plate
        Metadata of the plate.
    wells
        Path of each well.
    found
        Images of each well.
    are
        ``fields``: whatever is written, all images are fields; ``cycles``: each image of a well is a cycle;
        ``auto``: images without an acquisition are fields.
    """
    groups: dict[str, Images] = {}
    for well, images in found.items():
        mine: dict[str, list[str]] = {}
        for path, acquisition in images.images:
            mine.setdefault({"fields": "", "cycles": path}.get(are, acquisition), []).append(path)
        for key, paths in mine.items():
            group = groups.setdefault(key, Images([], [], []))
            for number, path in _numbered(paths):
                group.wells.append(well)
                group.fields.append(number)
                group.paths.append(f"{wells[well]}/{path}")
    if are == "cycles":
        return {f"cycle {key}": groups[key] for key in sorted(groups, key=_natural)}
    names = _acquisition_names(plate, groups)
    return {names[key]: groups[key] for key in names}


def look_like_cycles(folder: str, version: int, wells: Mapping[str, str], found: Mapping[str, WellImages]) -> bool:
    """Whether the images of a well name their channels differently, without any acquisition being written.

    Looks at two images of the first well that has two; at all of them only where these differ.
    """
    well = next((well for well, images in found.items() if len(images.images) > 1), None)
    if well is None or any(acquisition for images in found.values() for _, acquisition in images.images):
        return False
    paths = [f"{folder}/{wells[well]}/{path}" for path, _ in found[well].images[:MAX_CYCLES]]
    try:
        if len(_labels(paths[:2], version)) < 2:
            return False
        return len(_labels(paths, version)) == len(paths)
    except PlateError:  # told when the fields are looked at
        return False


def _labels(paths: Sequence[str], version: int) -> set[frozenset[str]]:
    labels = [frozenset(read_meta(path, version).labels) for path in paths]
    return {names for names in labels if names}


def _acquisition_names(plate: Mapping[str, Any], keys: Mapping[str, object]) -> dict[str, str]:
    """Name of each acquisition by its number, in order of their starts, else of their numbers."""
    listed = plate.get("acquisitions")
    known = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    entries = {str(entry.get("id")): entry for entry in known}
    starts = [entries.get(key, {}).get("starttime") for key in keys]
    timed = all(isinstance(start, int | float) for start in starts)
    order = sorted(keys, key=lambda key: (entries[key]["starttime"] if timed else 0, _natural(key)))
    written = {key: str(entries.get(key, {}).get("name") or key) for key in order}
    twice = {name for name in written.values() if list(written.values()).count(name) > 1}
    names = {key: f"{name} ({key})" if name in twice else name for key, name in written.items()}
    return names if len(names) < 2 else {key: name or WITHOUT for key, name in names.items()}


def _natural(key: str) -> tuple[int, int, str]:
    return (0, int(key), "") if key.isdecimal() and len(key) < 18 else (1, 0, key)


def _numbered(names: Sequence[str]) -> list[tuple[int, str]]:
    if all(name.isdecimal() and len(name) < 10 for name in names):
        return sorted((int(name), name) for name in names)
    return list(enumerate(names, start=1))
