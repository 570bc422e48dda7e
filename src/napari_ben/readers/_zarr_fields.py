"""The fields of one acquisition of an OME-Zarr plate: what most of them are, and where they lie in their wells."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from napari_ben.errors import PlateError
from napari_ben.readers._concurrently import read_all
from napari_ben.readers._zarr_acquisitions import Images
from napari_ben.readers._zarr_chunks import MAX_BYTES
from napari_ben.readers._zarr_image import ImageFacts, ImageMeta, read_facts, read_meta
from napari_ben.readers._zarr_stitched import NOWHERE, Box, Corner, is_stitched, split_images

SAMPLED = 6  # fields whose shapes are read: enough to see that the first is not typical
TRIED = 24


@dataclass(frozen=True, eq=False)
class ZarrFields:
    """Fields of an acquisition, columns of equal length.

    Parameters
    ----------
    wells, numbers, images, boxes
        Well, number, path of the image, and part of it that the field is; None where it is all of it.
    corners_um
        (Y, X) of each field's corner; None where no place is known.
    facts
        What most fields are.
    n_planes, n_times
        Of the field that has most, among those looked at.
    pixel_um
        Side of a pixel, µm; None when unknown.
    problems, notes
        What does not add up, and what was decided.
    """

    wells: tuple[str, ...]
    numbers: tuple[int, ...]
    images: tuple[str, ...]
    boxes: tuple[Box | None, ...]
    corners_um: tuple[Corner, ...] | None
    facts: ImageFacts
    n_planes: int
    n_times: int
    pixel_um: float | None
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Sample:
    path: str
    meta: ImageMeta
    facts: ImageFacts


def read_fields(folder: Path, version: int, images: Images) -> ZarrFields:
    """Fields of an acquisition.

    Raises
    ------
    PlateError
        When none of the images that were tried can be read.
    """
    samples, unreadable = _sample(folder, version, images)
    found = [sample.facts for sample in samples]
    facts = Counter(found).most_common(1)[0][0]
    pixel_um, guess = _pixel_um(facts)
    whole = ZarrFields(
        wells=tuple(images.wells),
        numbers=tuple(images.fields),
        images=tuple(images.paths),
        boxes=(None,) * len(images.paths),
        corners_um=None,
        facts=facts,
        n_planes=max(fact.n_planes for fact in found),
        n_times=max(fact.n_times for fact in found),
        pixel_um=pixel_um,
        problems=(*unreadable, *_differences(found)),
        notes=guess,
    )
    if any(is_stitched(sample.path, version) for sample in samples):
        whole = _split(whole, folder, version)
    height, width = whole.facts.shape
    if height * width * facts.dtype.itemsize > MAX_BYTES:
        raise PlateError(
            f"Fields of {folder} claim {height}×{width} pixels: no image is as large.", "Write them again."
        )
    if whole.corners_um is not None:
        return whole
    corners = {sample.meta.geometry.corner for sample in samples}
    return _placed(whole, folder, version) if len(corners) > 1 else whole


def _sample(folder: Path, version: int, images: Images) -> tuple[list[_Sample], list[str]]:
    """Look at a few fields of the first well, and at others spread over the plate."""
    count = len(images.paths)
    first_well = images.wells.count(images.wells[0])
    spread = range(0, count, max(1, count // TRIED))
    rows = dict.fromkeys([*range(min(first_well, SAMPLED // 2)), count - 1, count // 2, *spread])
    samples: list[_Sample] = []
    problems: list[str] = []
    for row in rows:
        try:
            samples.append(_look(f"{folder}/{images.paths[row]}", version))
        except PlateError as error:
            problems.append(error.problem)
        if len(samples) == SAMPLED:
            break
    if not samples:
        raise PlateError(
            f"None of the images of {folder} that were tried can be read. {problems[0]}", "Copy the plate again, whole."
        )
    return samples, problems[:3]


def _look(path: str, version: int) -> _Sample:
    meta = read_meta(path, version)
    return _Sample(path, meta, read_facts(path, version, meta))


def _pixel_um(facts: ImageFacts) -> tuple[float | None, tuple[str, ...]]:
    """Side of a pixel; a scale other than 1 without a unit is taken for µm, and that is said."""
    if facts.pixel is None or (facts.unit_um is None and facts.pixel == (1.0, 1.0)):
        return None, ()
    if facts.unit_um is None:
        return facts.pixel[1], (f"No unit of length is written; a pixel was taken for {facts.pixel[1]:g} µm.",)
    return facts.pixel[1] * facts.unit_um, ()


def _differences(facts: Sequence[ImageFacts]) -> list[str]:
    problems = []
    if len(names := {fact.channels for fact in facts}) > 1:
        spelled = "; ".join(sorted(", ".join(channels) for channels in names))
        orders = {frozenset(channels) for channels in names}
        problems.append(
            f"Fields name their channels differently ({spelled})."
            if len(orders) > 1
            else f"Fields have their channels in different orders ({spelled}); they are told apart by name."
        )
    if len(sizes := {fact.shape for fact in facts}) > 1:
        spelled = ", ".join(f"{height}×{width}" for height, width in sorted(sizes))
        problems.append(f"Fields differ in size: {spelled} pixels.")
    if len(depths := {fact.n_planes for fact in facts}) > 1:
        problems.append(f"Fields differ in their number of z planes: {', '.join(map(str, sorted(depths)))}.")
    return problems


def _placed(whole: ZarrFields, folder: Path, version: int) -> ZarrFields:
    """Fields with the places that their own metadata say."""
    unit = whole.facts.unit_um or 1.0

    def corner(path: str) -> Corner:
        try:
            place = read_meta(f"{folder}/{path}", version).geometry.corner
        except PlateError:  # told when the field is read
            return NOWHERE
        return NOWHERE if place is None else (place[0] * unit, place[1] * unit)

    return replace(whole, corners_um=tuple(read_all(corner, whole.images)))


def _split(whole: ZarrFields, folder: Path, version: int) -> ZarrFields:
    images = Images(list(whole.wells), list(whole.numbers), list(whole.images))
    parts, problems = split_images(folder, version, images, whole.facts)
    whole = replace(whole, problems=(*whole.problems, *problems[:3]))
    if {part.box for part in parts} <= {(0, 0, *whole.facts.shape), None}:
        return whole
    sizes = Counter((part.box[2] - part.box[0], part.box[3] - part.box[1]) for part in parts if part.box)
    height, width = whole.facts.shape
    note = f"Images of {height}×{width} pixels were split into {len(parts)} fields by their FOV_ROI_table."
    spelled = ", ".join(f"{down}×{across}" for down, across in sorted(sizes)[:6])
    odd = (f"Fields differ in size: {spelled} pixels.",) if len(sizes) > 1 else ()
    return replace(
        whole,
        wells=tuple(part.well for part in parts),
        numbers=tuple(part.number for part in parts),
        images=tuple(part.image for part in parts),
        boxes=tuple(part.box for part in parts),
        corners_um=tuple(part.corner_um for part in parts),
        facts=replace(whole.facts, shape=sizes.most_common(1)[0][0]),
        problems=(*whole.problems, *odd),
        notes=(*whole.notes, note),
    )
