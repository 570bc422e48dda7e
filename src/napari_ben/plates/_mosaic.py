"""The whole plate as one picture, painted block by block as it is looked at.

Each level is one `map_blocks`: 17,000 delayed fields would take seconds to build, one call takes milliseconds. A level
that is not stored on disk is made from the next finer one that is, and kept in a cache of bounded size.
"""

from collections import OrderedDict
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.plates._images import fit
from napari_ben.plates._layout import Layout, lay_out
from napari_ben.plates._names import well_name, well_position

if TYPE_CHECKING:
    import dask.array as da

    from napari_ben.plates._plate import Plate

CACHE_BYTES = 256 * 2**20


def reduce_plane(plane: NDArray[Any], factor: int) -> NDArray[Any]:
    """Means of squares of pixels; the last square is completed by repeating the edge.

    Parameters
    ----------
    plane
        (Y, X).
    factor
        Side of the squares, pixels.

    Examples
    --------
    >>> reduce_plane(np.array([[0, 2, 8], [2, 4, 8]], np.uint8), 2).tolist()
    [[2, 8]]
    """
    height, width = plane.shape
    padded = np.pad(plane, ((0, -height % factor), (0, -width % factor)), mode="edge")
    rows = padded.reshape(-1, factor, padded.shape[1]).sum(axis=1, dtype=np.float32)
    means = rows.reshape(len(rows), -1, factor).mean(axis=2) / factor
    reduced: NDArray[Any] = (np.rint(means) if plane.dtype.kind in "iu" else means).astype(plane.dtype)
    return reduced


class Overviews:
    """Planes of a plate at any downsampling, from the coarsest stored level that is fine enough."""

    def __init__(self, plate: "Plate") -> None:
        self._plate = plate
        self._planes: OrderedDict[tuple[int, int, int], NDArray[Any]] = OrderedDict()
        self._held = 0
        self._lock = Lock()

    def read(self, row: int, channel: int, factor: int) -> NDArray[Any]:
        """(Y, X) of one plane, downsampled.

        Raises
        ------
        PlateError
            When it is missing or cannot be read.
        """
        key = (row, channel, factor)
        with self._lock:
            if key in self._planes:
                self._planes.move_to_end(key)
                return self._planes[key]
        stored = self._plate.source.downsampling
        level = max(index for index, step in enumerate(stored) if factor % step == 0 and step <= factor)
        plane = self._plate.read_plane(row, channel, level)
        if stored[level] != factor:
            plane = reduce_plane(plane, factor // stored[level])
            self._keep(key, plane)
        return plane

    def _keep(self, key: tuple[int, int, int], plane: NDArray[Any]) -> None:
        with self._lock:
            if key not in self._planes:
                self._planes[key] = plane
                self._held += plane.nbytes
            while self._held > CACHE_BYTES:
                self._held -= self._planes.popitem(last=False)[1].nbytes


class Mosaic:
    """All fields of a plate in their places, one lazy picture a channel."""

    def __init__(self, plate: "Plate") -> None:
        self._plate = plate
        self._overviews = Overviews(plate)
        self._name = uuid4().hex

    @cached_property
    def layout(self) -> Layout:
        """Places of fields and wells."""
        return lay_out(self._plate.fields, self._plate.format, self._plate.shape, self._plate.pixel_um)

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X) of the finest level."""
        return self.layout.shape

    @cached_property
    def field_boxes(self) -> pd.DataFrame:
        """One row a field, as in ``plate.fields``: ``y0, x0, y1, x1`` in pixels of the finest level."""
        return pd.DataFrame(self.layout.boxes, columns=["y0", "x0", "y1", "x1"])

    @cached_property
    def well_boxes(self) -> pd.DataFrame:
        """One row a well of the plate's format, imaged or not: ``y0, x0, y1, x1`` in pixels of the finest level."""
        names = list(self._plate.format.well_names())
        corners = np.array([well_position(name) for name in names], np.int64) * self.layout.pitch
        boxes = np.hstack([corners, corners + np.array(self.layout.well)])
        return pd.DataFrame(boxes, columns=["y0", "x0", "y1", "x1"], index=pd.Index(names, name="well", dtype=object))

    def well_at(self, y: float, x: float) -> str | None:
        """Well at a pixel of the finest level, imaged or not; None in a gap or outside."""
        layout = self.layout
        if not (0 <= y < layout.shape[0] and 0 <= x < layout.shape[1]):
            return None
        (row, down), (column, across) = divmod(y, layout.pitch[0]), divmod(x, layout.pitch[1])
        inside = down < layout.well[0] and across < layout.well[1]
        return well_name(int(row), int(column)) if inside else None

    def field_at(self, y: float, x: float) -> int | None:
        """Row of ``plate.fields`` of what is seen at a pixel of the finest level; None where there is no field."""
        y0, x0, y1, x1 = self.layout.boxes.T
        hits = np.flatnonzero((y0 <= y) & (y < y1) & (x0 <= x) & (x < x1))
        return int(hits[-1]) if hits.size else None

    def levels(self, channel: int) -> "list[da.Array]":
        """Lazy pictures of one channel, finest first; (Y, X) in the plate's data type."""
        return [self._level(channel, factor) for factor in self.layout.factors]

    def _level(self, channel: int, factor: int) -> "da.Array":
        import dask.array as da  # 0.6 s: only where pixels are wanted

        chunks = self.layout.chunks(factor)
        down, across = (np.concatenate([[0], np.cumsum(sizes)]) for sizes in chunks)

        def block(block_id: tuple[int, ...] = (0, 0)) -> NDArray[Any]:
            row, column = block_id
            return self._paint(channel, factor, (down[row], across[column], down[row + 1], across[column + 1]))

        name = f"mosaic-{self._name}-{channel}-{factor}"
        meta = np.empty((0, 0), self._plate.dtype)
        return da.map_blocks(block, chunks=chunks, dtype=self._plate.dtype, meta=meta, name=name)

    def _paint(self, channel: int, factor: int, box: tuple[int, int, int, int]) -> NDArray[Any]:
        top, left, bottom, right = box
        canvas = np.zeros((bottom - top, right - left), self._plate.dtype)
        y0, x0, y1, x1 = self.layout.boxes.T // factor
        for row in np.flatnonzero((y0 < bottom) & (y1 > top) & (x0 < right) & (x1 > left)):
            shape = (int(y1[row] - y0[row]), int(x1[row] - x0[row]))
            try:
                plane = fit(self._overviews.read(int(row), channel, factor), shape, self._plate.dtype)
            except PlateError:  # stated in plate.problems; the place stays blank
                continue
            from_y, from_x = max(top - y0[row], 0), max(left - x0[row], 0)
            part = plane[from_y : bottom - y0[row], from_x : right - x0[row]]
            y, x = max(y0[row] - top, 0), max(x0[row] - left, 0)
            canvas[y : y + part.shape[0], x : x + part.shape[1]] = part
        return canvas
