"""Frames, dots and outlines over the mosaic, as one small picture: a few pixels a well, and one upload for all wells.

Shapes and labels would be the obvious layers. But recolouring 1,536 shapes takes half a second of a frozen window, and
the first labels layer compiles for seconds; painting this picture takes milliseconds.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""y0, x0, y1, x1."""

_ACROSS = 48  # pixels across a well
_LARGEST_SIDE = 2048
_FRAME, _OUTLINE = 3, 2
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
    """

    boxes: NDArray[np.int64]
    shape: tuple[int, int]
    scale: float

    @classmethod
    def over(cls, well_boxes: pd.DataFrame, mosaic_shape: tuple[int, int]) -> "Raster":
        """Lay a raster over a mosaic.

        Parameters
        ----------
        well_boxes
            ``y0, x0, y1, x1`` of each well in pixels of the mosaic.
        mosaic_shape
            (Y, X) of the mosaic.
        """
        boxes = well_boxes[["y0", "x0", "y1", "x1"]].to_numpy(float)
        side = float((boxes[:, 2:] - boxes[:, :2]).min(initial=max(mosaic_shape)))
        scale = max(side / _ACROSS, max(mosaic_shape) / _LARGEST_SIDE)
        shape = (int(np.ceil(mosaic_shape[0] / scale)), int(np.ceil(mosaic_shape[1] / scale)))
        return cls(np.rint(boxes / scale).astype(np.int64), shape, scale)

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
        for well in np.flatnonzero((colours[:, 3] > 0) & ~selected):
            _frame(picture, self.boxes[well], 0, _FRAME, colours[well])
        for well in np.flatnonzero(selected):
            _frame(picture, self.boxes[well], 0, _OUTLINE, _WHITE)
            _frame(picture, self.boxes[well], _OUTLINE, 1, _RIM)
            _frame(picture, self.boxes[well], _OUTLINE + 1, _FRAME, colours[well])
        for well in np.flatnonzero(context):
            y0, x0, _, _ = self.boxes[well]
            picture[y0 + 5 : y0 + 12, x0 + 5 : x0 + 12] = _RIM
            picture[y0 + 6 : y0 + 11, x0 + 6 : x0 + 11] = _WHITE
        return picture


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
