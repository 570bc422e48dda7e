"""Where each field lies in the picture of the whole plate.

Fields of a well touch each other; wells are a gap apart. The pitch of the wells is a multiple of the coarsest
level's factor, so that every level covers the same area and the levels of the mosaic lie exactly on one another.
"""

from dataclasses import dataclass
from math import ceil, isqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.plates._formats import PlateFormat
from napari_ben.plates._names import well_position

COARSEST_SIDE = 2048  # pixels: what a screen shows at once
GAP = 0.04  # share of a well's longer side
FINE_CHUNK = 256  # pixels: smaller blocks cost more to schedule than to paint


@dataclass(frozen=True, eq=False)
class Layout:
    """Places of fields and wells, in pixels of the full-resolution mosaic.

    Parameters
    ----------
    grid
        Fields of a well: (down, across).
    tile
        (Y, X) of a field.
    pitch
        (Y, X) from one well to the next.
    shape
        (Y, X) of the mosaic.
    factors
        Downsampling of each level, beginning with 1.
    boxes
        (n_fields, 4) int64: y0, x0, y1, x1.
    """

    grid: tuple[int, int]
    tile: tuple[int, int]
    pitch: tuple[int, int]
    shape: tuple[int, int]
    factors: tuple[int, ...]
    boxes: NDArray[np.int64]

    def chunks(self, factor: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Block sizes of one level along Y and X: a field each, or as many as make a block worth scheduling."""
        down, across = (self._edges(axis, factor) for axis in (0, 1))
        return tuple(np.diff(down).tolist()), tuple(np.diff(across).tolist())

    def _edges(self, axis: int, factor: int) -> list[int]:
        end, pitch, tile = self.shape[axis], self.pitch[axis], self.tile[axis]
        edges = [0]
        for start in range(0, end, pitch):
            for cell in range(self.grid[axis]):
                edge = (start + cell * tile) // factor
                if edge - edges[-1] >= FINE_CHUNK:
                    edges.append(edge)
        return [*edges, end // factor]


def lay_out(fields: pd.DataFrame, plate_format: PlateFormat, tile: tuple[int, int]) -> Layout:
    """Place every field of a plate.

    Parameters
    ----------
    fields
        Table of a plate's fields.
    plate_format
        Rows and columns.
    tile
        (Y, X) of a field at full resolution.
    """
    cells = field_cells(fields)
    grid = (int(cells[:, 0].max(initial=0)) + 1, int(cells[:, 1].max(initial=0)) + 1)
    wells = np.array([well_position(well) for well in fields["well"]], np.int64).reshape(-1, 2)
    sides = (grid[0] * tile[0], grid[1] * tile[1])
    plate_sides = (plate_format.rows * sides[0], plate_format.columns * sides[1])
    factors = _factors(max(plate_sides), min(tile))
    gap = max(4, ceil(GAP * max(sides)))
    pitch = (_round_up(sides[0] + gap, factors[-1]), _round_up(sides[1] + gap, factors[-1]))
    corners = wells * pitch + cells * tile
    return Layout(
        grid=grid,
        tile=tile,
        pitch=pitch,
        shape=(plate_format.rows * pitch[0], plate_format.columns * pitch[1]),
        factors=factors,
        boxes=np.hstack([corners, corners + tile]),
    )


def field_cells(fields: pd.DataFrame) -> NDArray[np.int64]:
    """Place of each field in the grid of its well.

    Stage positions decide where they form a grid; else fields fill a square, row by row in the order of their
    numbers, and a field that one well lacks leaves a hole there.

    Returns
    -------
    NDArray
        (n_fields, 2): down, across.
    """
    if len(fields) and not fields[["y_um", "x_um"]].isna().to_numpy().any():
        cells = np.stack([_ranks(fields[axis].to_numpy()) for axis in ("y_um", "x_um")], axis=1)
        if _is_grid(fields["well"], cells):
            return cells
    order = fields["field"].rank(method="dense").astype(int) - 1
    largest = int(fields.groupby("well").size().max()) if len(fields) else 1
    if order.max() >= 2 * largest:  # numbered over the plate, not within the well
        order = fields.groupby("well")["field"].rank(method="first").astype(int) - 1
    across = isqrt(max(int(order.max()), 0)) + 1 if len(fields) else 1
    return np.stack(np.divmod(order.to_numpy(np.int64), across), axis=1)


def _ranks(values: NDArray[np.float64]) -> NDArray[np.int64]:
    steps = np.diff(np.unique(values))
    steps = steps[steps > 0.05 * steps.max(initial=0)]
    if not steps.size:
        return np.zeros(len(values), np.int64)
    ranks: NDArray[np.int64] = np.rint((values - values.min()) / np.median(steps)).astype(np.int64)
    return ranks


def _is_grid(wells: pd.Series, cells: NDArray[np.int64]) -> bool:
    places = pd.DataFrame({"well": wells, "down": cells[:, 0], "across": cells[:, 1]})
    room = (cells[:, 0].max() + 1) * (cells[:, 1].max() + 1)
    return not places.duplicated().any() and bool(room <= 4 * wells.value_counts().max())


def _factors(side: int, tile: int) -> tuple[int, ...]:
    factors = [1]
    while side / factors[-1] > COARSEST_SIDE and tile / factors[-1] >= 8:
        factors.append(factors[-1] * 2)
    return tuple(factors)


def _round_up(side: int, multiple: int) -> int:
    return ceil(side / multiple) * multiple
