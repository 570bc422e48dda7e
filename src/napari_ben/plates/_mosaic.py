"""The whole plate as one picture, painted block by block as it is looked at.

Each level is one `map_blocks`: 17,000 delayed fields would take seconds to build, one call takes milliseconds. A level
that is not stored on disk is made from the next finer one that is, and kept in a cache of bounded size.
"""

from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.plates._images import fit
from napari_ben.plates._layout import Layout, lay_out
from napari_ben.plates._names import well_name, well_position
from napari_ben.plates._overviews import Overviews

if TYPE_CHECKING:
    import dask.array as da

    from napari_ben.plates._plate import Plate

Look = Callable[[int], NDArray[Any] | None]
"""From a row of ``plate.fields`` to its plane, None where it stays as it is."""


class Mosaic:
    """All fields of a plate in their places, one lazy picture a channel.

    Attributes
    ----------
    overviews
        Its planes at any downsampling.
    """

    def __init__(self, plate: "Plate") -> None:
        self._plate = plate
        self.overviews = Overviews(plate)
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
        self.paint(canvas, (top, left), factor, partial(self._look, channel, factor))
        return canvas

    def _look(self, channel: int, factor: int, row: int) -> NDArray[Any] | None:
        try:
            plane = self.overviews.read(row, channel, factor)
        except PlateError:  # stated in plate.problems; the place stays blank
            return None
        if factor not in self._plate.source.downsampling and self.overviews.need([(row, channel, factor)]):
            self.overviews.keep(row, channel, factor, plane)
        return plane

    def paint(self, canvas: NDArray[Any], corner: tuple[int, int], factor: int, look: Look) -> None:
        """Paint the fields that lie on a piece of the mosaic.

        Parameters
        ----------
        canvas
            (Y, X), painted in place.
        corner
            y, x of its upper left in the mosaic's level.
        factor
            Downsampling of that level.
        look
            Gives each field's plane at this downsampling.
        """
        (top, left), (height, width) = corner, canvas.shape
        rows = self.fields_in((top, left, top + height, left + width), factor)
        boxes = self.layout.boxes[rows] // factor - [top, left, top, left]
        for row, box in zip(rows, boxes.tolist(), strict=True):
            plane = look(row)
            if plane is not None:
                _place(canvas, box, plane)

    def place(self, canvas: NDArray[Any], row: int, factor: int, plane: NDArray[Any]) -> None:
        """Paint one field onto a whole level."""
        _place(canvas, (self.layout.boxes[row] // factor).tolist(), plane)

    def fields_in(self, box: tuple[int, int, int, int], factor: int) -> list[int]:
        """Rows of ``plate.fields`` that lie in a piece of a level: y0, x0, y1, x1 of its pixels."""
        top, left, bottom, right = box
        y0, x0, y1, x1 = self.layout.boxes.T // factor
        rows: list[int] = np.flatnonzero((y0 < bottom) & (y1 > top) & (x0 < right) & (x1 > left)).tolist()
        return rows


def _place(canvas: NDArray[Any], box: list[int], plane: NDArray[Any]) -> None:
    """Paint a plane into its box, y0, x0, y1, x1, which may reach over the edges of the canvas."""
    y0, x0, y1, x1 = box
    plane = fit(plane, (y1 - y0, x1 - x0), canvas.dtype)
    part = plane[max(-y0, 0) : max(canvas.shape[0] - y0, 0), max(-x0, 0) : max(canvas.shape[1] - x0, 0)]
    y, x = max(y0, 0), max(x0, 0)
    canvas[y : y + part.shape[0], x : x + part.shape[1]] = part
