"""Frames, dots and outlines over the mosaic, as one small picture: a few pixels a well, and one upload for all wells.

Shapes and labels would be the obvious layers. But recolouring 1,536 shapes takes half a second of a frozen window, and
the first labels layer compiles for seconds; painting this picture takes milliseconds. It comes in two levels, a fine
one with thin frames and a coarse one with bold ones, so that a frame is as wide on the screen from far as from near.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""y0, x0, y1, x1."""

_FINE, _COARSE = (96, 4, 3072), (40, 4, 2048)  # pixels across a well, of its frame, of the whole picture at most
_WHITE, _RIM = (255, 255, 255, 255), (0, 0, 0, 170)


@dataclass(frozen=True, eq=False)
class Raster:
    """A coarse picture in which every well is a box.

    Parameters
    ----------
    boxes
        (n, 4) int64: y0, x0, y1, x1 of each well in pixels of the raster.
    shape
        (Y, X) of the raster.
    scale
        Mosaic pixels of a raster pixel.
    width
        Of a frame, pixels of the raster.
    """

    boxes: NDArray[np.int64]
    shape: tuple[int, int]
    scale: float
    width: int

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Raster)
            and (self.shape, self.scale) == (other.shape, other.scale)
            and np.array_equal(self.boxes, other.boxes)
        )

    __hash__ = None  # type: ignore[assignment]  # compares by an array

    @classmethod
    def over(
        cls, well_boxes: pd.DataFrame, mosaic_shape: tuple[int, int], level: tuple[int, int, int] = _COARSE
    ) -> "Raster":
        """Lay a raster over a mosaic.

        Parameters
        ----------
        well_boxes
            ``y0, x0, y1, x1`` of each well in pixels of the mosaic.
        mosaic_shape
            (Y, X) of the mosaic.
        level
            Pixels across a well, of its frame, and of the whole raster at most.
        """
        across, width, largest = level
        boxes = well_boxes[["y0", "x0", "y1", "x1"]].to_numpy(float)
        side = float((boxes[:, 2:] - boxes[:, :2]).min(initial=max(mosaic_shape)))
        scale = max(side / across, max(mosaic_shape) / largest)
        shape = (int(np.ceil(mosaic_shape[0] / scale)), int(np.ceil(mosaic_shape[1] / scale)))
        return cls(np.rint(boxes / scale).astype(np.int64), shape, scale, width)

    def paint(
        self, colours: NDArray[np.uint8], context: NDArray[np.bool_], selected: NDArray[np.bool_]
    ) -> NDArray[np.uint8]:
        """Draw all marks.

        Parameters
        ----------
        colours
            (n, 4) red, green, blue and opacity of each well's frame; opacity 0 draws none.
        context
            (n,) wells with a dot in their corner.
        selected
            (n,) wells with a white outline, which covers their frame.

        Returns
        -------
        NDArray
            (Y, X, 4) uint8.
        """
        picture = np.zeros((*self.shape, 4), np.uint8)
        outline, rim = max(self.width // 2, 1), max(self.width // 3, 1)
        for well in np.flatnonzero((colours[:, 3] > 0) & ~selected):
            _frame(picture, self.boxes[well], 0, self.width, colours[well])
        for well in np.flatnonzero(selected):
            _frame(picture, self.boxes[well], 0, outline, _WHITE)
            _frame(picture, self.boxes[well], outline, rim, _RIM)
            _frame(picture, self.boxes[well], outline + rim, self.width, colours[well])
        for well in np.flatnonzero(context):
            y0, x0 = self.boxes[well, :2] + 2 * self.width
            side = 2 * self.width
            picture[y0 - 1 : y0 + side + 1, x0 - 1 : x0 + side + 1] = _RIM
            picture[y0 : y0 + side, x0 : x0 + side] = _WHITE
        return picture


def levels_over(well_boxes: pd.DataFrame, mosaic_shape: tuple[int, int]) -> tuple[Raster, Raster]:
    """Lay a fine and a coarse raster over a mosaic."""
    return Raster.over(well_boxes, mosaic_shape, _FINE), Raster.over(well_boxes, mosaic_shape, _COARSE)


def _frame(
    picture: NDArray[np.uint8],
    box: NDArray[np.int64],
    inset: int,
    width: int,
    colour: NDArray[np.uint8] | tuple[int, ...],
) -> None:
    y0, x0, y1, x1 = (int(edge) for edge in box + np.array([inset, inset, -inset, -inset]))
    picture[y0 : y0 + width, x0:x1] = picture[y1 - width : y1, x0:x1] = colour
    picture[y0:y1, x0 : x0 + width] = picture[y0:y1, x1 - width : x1] = colour
