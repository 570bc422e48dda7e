"""OME-Zarr plates (HCS), versions 0.4 and 0.5.

What real writers do decides here: rows and columns index into the lists given, which may hold used names only, so a
well's place comes from its *name*; names are ``1`` or ``01``; wells come unsorted, and some that are listed were never
written. Images of a well are fields, unless they belong to different acquisitions: then one acquisition is a plate.
"""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from napari_ben.errors import PlateError
from napari_ben.plates import Plate, fields_table, wells_table
from napari_ben.readers._place import Place
from napari_ben.readers._zarr_image import ImageFacts, read_facts
from napari_ben.readers._zarr_json import read_attributes
from napari_ben.readers._zarr_source import ZarrSource
from napari_ben.readers._zarr_wells import Images, list_images, listed_wells, plate_format

SAMPLED = 6  # fields whose shapes are read: enough to see that the first is not typical
TRIED = 24


def refuse_omezarr(place: Place) -> str | None:
    """Why a place is no OME-Zarr plate, in words; None when it is one."""
    try:
        _, attributes = _open_group(place.path)
    except PlateError as error:
        return error.problem
    if attributes is None:
        return "it has neither zarr.json nor .zattrs"
    if "plate" not in attributes:
        return "it is an OME-Zarr image, not a plate" if "multiscales" in attributes else "its metadata name no plate"
    return None


def read_omezarr(place: Place) -> Plate:
    """Plate of an OME-Zarr HCS folder.

    Raises
    ------
    PlateError
        When the metadata cannot be read, or no image is there.
    """
    path = place.path
    version, attributes = _open_group(path)
    plate = (attributes or {}).get("plate")
    if attributes is None or not isinstance(plate, dict):
        raise PlateError(f"{path} has no plate metadata.", "Choose the folder that holds the whole plate.")
    wells, odd_wells = listed_wells(plate)
    images, absent = list_images(path, version, wells)
    if not images.paths:
        raise PlateError(
            f"{path} lists {len(wells)} wells, but none of them has an image on disk.", "Copy the plate again, whole."
        )
    facts, odd_fields = _nominal(path, version, images)
    plate_format_, is_guess = plate_format(plate, wells)
    fields = fields_table(images.wells, images.fields)
    return Plate(
        name=re.sub(r"(\.ome)?\.zarr$", "", path.name),
        path=path,
        layout=f"OME-Zarr HCS {attributes.get('version') or plate.get('version') or {2: '0.4', 3: '0.5'}[version]}",
        format=plate_format_,
        channels=facts.channels,
        fields=fields,
        wells=wells_table(fields, also=wells),
        source=ZarrSource(path, images.paths, version, facts),
        stated=(*odd_wells, *absent, *odd_fields),
        format_is_guess=is_guess,
    )


def _open_group(path: Path) -> tuple[int, Mapping[str, Any] | None]:
    attributes = read_attributes(path, 3)
    return (3, attributes) if attributes is not None else (2, read_attributes(path, 2))


def _nominal(path: Path, version: int, images: Images) -> tuple[ImageFacts, tuple[str, ...]]:
    """Facts that most of a few fields share, and how others differ."""
    first_well = [row for row, well in enumerate(images.wells) if well == images.wells[0]]
    spread = range(0, len(images.paths), max(1, len(images.paths) // TRIED))
    rows = dict.fromkeys([*first_well[: SAMPLED // 2], len(images.paths) - 1, len(images.paths) // 2, *spread])
    facts: list[ImageFacts] = []
    problems: list[str] = []
    for row in rows:
        try:
            facts.append(read_facts(path / images.paths[row], version))
        except PlateError as error:
            problems.append(error.problem)
        if len(facts) == SAMPLED:
            break
    if not facts:
        raise PlateError(
            f"None of the images of {path} that were tried can be read. {problems[0]}", "Copy the plate again, whole."
        )
    return Counter(facts).most_common(1)[0][0], (*problems[:3], *_differences(facts))


def _differences(facts: list[ImageFacts]) -> list[str]:
    nominal = Counter(facts).most_common(1)[0][0]
    problems = []
    if len(names := {fact.channels for fact in facts}) > 1:
        spelled = "; ".join(sorted(", ".join(channels) for channels in names))
        problems.append(f"Fields name their channels differently ({spelled}): they may be cycles of one place.")
    if len(sizes := {fact.shape for fact in facts}) > 1:
        spelled = ", ".join(f"{height}×{width}" for height, width in sorted(sizes))
        problems.append(f"Fields differ in size: {spelled} pixels.")
    if nominal.n_planes > 1:
        problems.append(f"Fields have {nominal.n_planes} z planes; the middle one is shown.")
    if nominal.n_times > 1:
        problems.append(f"Fields have {nominal.n_times} time points; the first one is shown.")
    return problems
