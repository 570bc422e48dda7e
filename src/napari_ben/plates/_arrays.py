"""A plate from arrays in memory: for images that never were files, and for trying things out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.plates._formats import PlateFormat, smallest_format
from napari_ben.plates._names import parse_well, well_position
from napari_ben.plates._plate import Plate
from napari_ben.plates._source import ArraySource
from napari_ben.plates._tables import Role, fields_table, sort_wells, wells_table


def plate_from_arrays(
    images: Mapping[str, NDArray[Any]],
    channels: Sequence[str] | None = None,
    *,
    name: str = "plate",
    format: PlateFormat | None = None,  # noqa: A002 – the word of the bench, as in Plate.format
    roles: Mapping[str, Role] | None = None,
) -> Plate:
    """Plate of images that are in memory.

    Parameters
    ----------
    images
        Well → (n_fields, C, Y, X), camera counts; all of one C, Y and X.
    channels
        Names; numbered from 1 when left out.
    name
        The plate's name.
    format
        The smallest that has all wells when left out.
    roles
        Well → role; the others are unknown.

    Raises
    ------
    PlateError
        When there is no image, or the images differ in shape.

    Examples
    --------
    >>> plate = plate_from_arrays({"A1": np.zeros((2, 3, 8, 8), np.uint8)}, roles={"A01": "negative_control"})
    >>> plate
    <Plate 'plate': in memory, 1 of 6 wells, 2 fields, 3 channels, 8×8 uint8>
    """
    arrays = {parse_well(well): np.asarray(array) for well, array in images.items()}
    stack = _stack(arrays)
    wells = sort_wells(arrays)
    fields = fields_table(
        [well for well in wells for _ in arrays[well]],
        [number for well in wells for number in range(1, len(arrays[well]) + 1)],
    )
    plate = Plate(
        name=name,
        path=Path(),
        layout="in memory",
        format=format or smallest_format(well_position(well) for well in wells),
        channels=tuple(channels or (f"channel {number}" for number in range(1, stack.shape[1] + 1))),
        fields=fields,
        wells=wells_table(fields),
        source=ArraySource(stack),
    )
    return plate.with_roles({parse_well(well): role for well, role in (roles or {}).items()})


def _stack(arrays: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    shapes = {array.shape[1:] for array in arrays.values()}
    if len(shapes) != 1 or any(len(shape) != 3 for shape in shapes):
        found = ", ".join(sorted(f"{array.shape} in {well}" for well, array in arrays.items())[:4]) or "no image"
        raise PlateError(
            f"The images of a plate must all be (fields, channels, Y, X) of one size; found {found}.",
            "Give one such array for every well.",
        )
    return np.concatenate([arrays[well] for well in sort_wells(arrays)])
