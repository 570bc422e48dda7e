"""Fields that were stitched into one image a well, taken apart again by their table of fields of view."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from napari_ben.errors import PlateError
from napari_ben.readers._concurrently import read_all
from napari_ben.readers._zarr_acquisitions import Images
from napari_ben.readers._zarr_image import ImageFacts
from napari_ben.readers._zarr_tables import FieldOfView, field_numbers, read_fields_of_view

Box = tuple[int, int, int, int]
Corner = tuple[float, float]
NOWHERE: Corner = (float("nan"), float("nan"))
PAGE = 1000  # fields a stitched image, where a well has several: one numbering would hide the other


class Part(NamedTuple):
    """A field within the image of its well.

    Parameters
    ----------
    well, number, image
        As in `Images`.
    box
        (Y0, X0, Y1, X1), pixels of the finest level; None where the field is the whole image.
    corner_um
        (Y, X) of its corner, µm.
    """

    well: str
    number: int
    image: str
    box: Box | None
    corner_um: Corner


def is_stitched(image: str, version: int) -> bool:
    """Whether an image has a table of the fields that were stitched into it."""
    try:
        return bool(read_fields_of_view(image, version))
    except PlateError:  # told when all tables are read
        return True


def split_images(folder: Path, version: int, images: Images, facts: ImageFacts) -> tuple[list[Part], list[str]]:
    """Fields of all images, and what does not add up.

    Parameters
    ----------
    folder
        The plate's.
    version
        Of Zarr.
    images
        Of one acquisition.
    facts
        What most images are.
    """

    def read(path: str) -> tuple[FieldOfView, ...] | str:
        try:
            return read_fields_of_view(f"{folder}/{path}", version)
        except PlateError as error:
            return error.problem

    tables = read_all(read, images.paths)
    problems = [table for table in tables if isinstance(table, str)]
    n_images = Counter(images.wells)
    parts: list[Part] = []
    for well, number, path, table in zip(*images, tables, strict=True):
        views = () if isinstance(table, str) else table
        boxes = [_box(view, facts) for view in views]
        problems += [
            f"{path} has no pixels for {view.name!r} of its table of fields."
            for view, box in zip(views, boxes, strict=True)
            if box is None
        ]
        first = number * PAGE if n_images[well] > 1 else 0
        whole = Part(well, number, path, None, NOWHERE)
        parts += _parts(whole, views, boxes, first) or [whole]
    return parts, problems


def _parts(whole: Part, views: Sequence[FieldOfView], boxes: Sequence[Box | None], first: int) -> list[Part]:
    numbers = field_numbers([view.name for view in views])
    parts = [
        whole._replace(number=first + number, box=box, corner_um=(view.y_um, view.x_um))
        for number, view, box in zip(numbers, views, boxes, strict=True)
        if box is not None
    ]
    return sorted(parts, key=lambda part: part.number)


def _box(view: FieldOfView, facts: ImageFacts) -> Box | None:
    """Pixels of a field of view; None where it is not inside the image, one pixel of rounding aside."""
    height, width = facts.pixel or (1.0, 1.0)
    sides = (view.y_um / height, view.x_um / width, view.height_um / height, view.width_um / width)
    if not all(abs(side) < 2**31 for side in sides):
        return None
    y, x, down, across = (round(side) for side in sides)
    bottom, right = min(y + down, facts.shape[0]), min(x + across, facts.shape[1])
    is_inside = min(y, x) >= 0 and min(bottom - y, right - x) > 0
    is_whole = y + down - bottom <= 1 and x + across - right <= 1
    return (y, x, bottom, right) if is_inside and is_whole else None
