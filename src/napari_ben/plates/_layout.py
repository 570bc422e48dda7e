"""Where each field lies in the picture of the whole plate.

Wells are a gap apart. Their pitch is a multiple of the coarsest level's factor, so that every level covers the same
area and the levels of the mosaic lie exactly on one another.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.plates._formats import PlateFormat
from napari_ben.plates._names import well_position
from napari_ben.plates._positions import field_offsets

COARSEST_SIDE = 2048  # pixels: what a screen shows at once
GAP = 0.04  # share of a well's longer side
FINE_CHUNK = 256  # pixels: smaller blocks cost more to schedule than to paint


@dataclass(frozen=True, eq=False)
class Layout:
    """Places of fields and wells, in pixels of the full-resolution mosaic.

    Parameters
    ----------
    well
        (Y, X) that the fields of a well take up at most.
    tile
        (Y, X) of a field.
    pitch
        (Y, X) from one well to the next.
    shape
        (Y, X) of the mosaic.
    factors
        Downsampling of each level, beginning with 1.
    boxes
        (n_fields, 4) int64: y0, x0, y1, x1. Fields of a well may overlap; later ones lie over earlier ones.
    """

    well: tuple[int, int]
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
        end, pitch = self.shape[axis], self.pitch[axis]
        edges = [0]
        for start in range(0, end, pitch):
            for offset in range(0, self.well[axis], self.tile[axis]):
                edge = (start + offset) // factor
                if edge - edges[-1] >= FINE_CHUNK:
                    edges.append(edge)
        return [*edges, end // factor]


def lay_out(
    fields: pd.DataFrame, plate_format: PlateFormat, tile: tuple[int, int], pixel_um: float | None = None
) -> Layout:
    """Place every field of a plate.

    Parameters
    ----------
    fields
        Table of a plate's fields.
    plate_format
        Rows and columns.
    tile
        (Y, X) of a field at full resolution.
    pixel_um
        Side of a pixel, µm.
    """
    offsets = field_offsets(fields, tile, pixel_um)
    far = offsets.max(axis=0, initial=0)
    well = (int(far[0]) + tile[0], int(far[1]) + tile[1])
    factors = _factors(max(plate_format.rows * well[0], plate_format.columns * well[1]), min(tile))
    gap = max(4, ceil(GAP * max(well)))
    pitch = (_round_up(well[0] + gap, factors[-1]), _round_up(well[1] + gap, factors[-1]))
    corners = _positions(fields["well"]) * pitch + offsets
    return Layout(
        well=well,
        tile=tile,
        pitch=pitch,
        shape=(plate_format.rows * pitch[0], plate_format.columns * pitch[1]),
        factors=factors,
        boxes=np.hstack([corners, corners + tile]),
    )


def _positions(wells: pd.Series) -> NDArray[np.int64]:
    """Row and column of each field's well, (n_fields, 2)."""
    codes, names = pd.factorize(wells)
    return np.array([well_position(name) for name in names], np.int64).reshape(-1, 2)[codes]


def _factors(side: int, tile: int) -> tuple[int, ...]:
    factors = [1]
    while side / factors[-1] > COARSEST_SIDE and tile / factors[-1] >= 8:
        factors.append(factors[-1] * 2)
    return tuple(factors)


def _round_up(side: int, multiple: int) -> int:
    return ceil(side / multiple) * multiple
