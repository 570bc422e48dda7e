"""Where the fields of a well lie within it.

Stage positions decide where they are known and make sense. With the size of a pixel they place fields as they were
imaged, overlaps and all; without it they can still tell the grid. What makes no sense (all fields in one place, or
millimetres of nothing between them, as when micrometres were written as metres) is not believed, and fields fill a
square in the order of their numbers.
"""

from math import sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MOST_ROOM = 4  # areas of all fields of the fullest well: beyond it a picture would be mostly empty
CLOSEST = 0.5  # of a field's side, along one axis at least: nearer, two fields show the same


def field_offsets(fields: pd.DataFrame, tile: tuple[int, int], pixel_um: float | None = None) -> NDArray[np.int64]:
    """Place each field in its well.

    Parameters
    ----------
    fields
        Table of a plate's fields.
    tile
        (Y, X) of a field, pixels.
    pixel_um
        Side of a pixel, µm.

    Returns
    -------
    NDArray
        (n_fields, 2): y, x of the upper left corner, pixels from that of the well.
    """
    places = _within_wells(fields)
    if places is not None and pixel_um:
        offsets: NDArray[np.int64] = np.rint(places / pixel_um).astype(np.int64)
        if _is_believable(fields["well"], offsets, tile):
            return offsets
    if places is not None:
        cells = np.stack([_ranks(places[:, axis]) for axis in (0, 1)], axis=1)
        if _is_believable(fields["well"], cells, (1, 1)):
            return cells * tile
    return _in_a_square(fields) * tile


def _within_wells(fields: pd.DataFrame) -> NDArray[np.float64] | None:
    """Stage positions, µm from the upper left of each well, (n_fields, 2); None where one is not known.

    Some microscopes count from the middle of the well, some from the corner of the plate. In the first case all wells
    begin at about the same place, and one that lacks its first field still shows the others where they belong.
    """
    places = fields[["y_um", "x_um"]].to_numpy(float)
    if not len(places) or not np.isfinite(places).all():
        return None
    by_well = fields[["y_um", "x_um"]].groupby(fields["well"].to_numpy(), sort=False)
    starts, ends = by_well.transform("min").to_numpy(float), by_well.transform("max").to_numpy(float)
    is_from_well = (np.ptp(starts, axis=0) <= (ends - starts).max(axis=0)).all()
    within: NDArray[np.float64] = places - (places.min(axis=0) if is_from_well else starts)
    return within


def _is_believable(wells: pd.Series, offsets: NDArray[np.int64], tile: tuple[int, int]) -> bool:
    room = np.prod(((offsets.max(axis=0) - offsets.min(axis=0)) / tile) + 1.0)
    return bool(room <= MOST_ROOM * wells.value_counts().max()) and not _has_twins(wells, offsets / tile)


def _has_twins(wells: pd.Series, places: NDArray[np.float64]) -> bool:
    """Whether two fields of a well cover each other; places in sides of a field."""
    codes = pd.factorize(wells)[0]
    order = np.argsort(codes, kind="stable")
    codes, places = codes[order], places[order]
    for apart in range(1, int(np.bincount(codes).max())):
        together = codes[apart:] == codes[:-apart]
        if (np.abs(places[apart:] - places[:-apart])[together] < CLOSEST).all(axis=1).any():
            return True
    return False


def _ranks(values: NDArray[np.float64]) -> NDArray[np.int64]:
    steps = np.diff(np.unique(values))
    steps = steps[steps > 0.05 * steps.max(initial=0)]
    if not steps.size:
        return np.zeros(len(values), np.int64)
    ranks: NDArray[np.int64] = np.rint((values - values.min()) / np.median(steps)).astype(np.int64)
    return ranks


def _in_a_square(fields: pd.DataFrame) -> NDArray[np.int64]:
    """Down and across in a square, row by row; a field that one well lacks leaves a hole there.

    What is no square is rather high than wide: plates have more columns than rows, and screens room below.
    """
    if not len(fields):
        return np.zeros((0, 2), np.int64)
    order = fields["field"].rank(method="dense").astype(int) - 1
    if order.max() >= 2 * int(fields.groupby("well").size().max()):  # numbered over the plate, not within the well
        order = fields.groupby("well")["field"].rank(method="first").astype(int) - 1
    across = round(sqrt(int(order.max()) + 1))
    return np.stack(np.divmod(order.to_numpy(np.int64), across), axis=1)
