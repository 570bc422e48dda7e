"""Frames on the mosaic as small pictures of labels: a few pixels a well, one upload, any number of wells.

Shapes would be the obvious layer, but recolouring 1,536 of them takes half a second of a frozen window. A picture of
labels takes 10 ms, and its features put the class under the cursor into the status bar.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
CELLS = 48
"""Pixels across a well: a frame of two of them is 4 % of its side."""
FRAME = 3
_LARGEST_SIDE = 2048


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
        """Lay a raster over a mosaic."""
        boxes = well_boxes[["y0", "x0", "y1", "x1"]].to_numpy(float)
        side = min(boxes[:, 2] - boxes[:, 0]).item() if len(boxes) else 1.0
        scale = max(side / CELLS, max(mosaic_shape) / _LARGEST_SIDE, 1e-9)
        shape = (int(np.ceil(mosaic_shape[0] / scale)), int(np.ceil(mosaic_shape[1] / scale)))
        return cls(np.rint(boxes / scale).astype(np.int64), shape, scale)

    def wells(self) -> NDArray[np.uint16]:
        """Label the wells: the inside of well i is 2 i + 1, its frame 2 i + 2, gaps are 0."""
        picture = np.zeros(self.shape, np.uint16)
        for well, (y0, x0, y1, x1) in enumerate(self.boxes):
            picture[y0:y1, x0:x1] = 2 * well + 2
            picture[y0 + FRAME : y1 - FRAME, x0 + FRAME : x1 - FRAME] = 2 * well + 1
        return picture

    def marks(self, context: NDArray[np.bool_], selected: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """Mark wells: 1 is a dot in the corner of context wells, 2 an outline around selected ones, 3 its dark rim."""
        picture = np.zeros(self.shape, np.uint8)
        for well in np.flatnonzero(context):
            y0, x0, _, _ = self.boxes[well]
            picture[y0 + 3 : y0 + 10, x0 + 3 : x0 + 10] = 3
            picture[y0 + 4 : y0 + 9, x0 + 4 : x0 + 9] = 1
        for well in np.flatnonzero(selected):
            y0, x0, y1, x1 = self.boxes[well]
            _frame(picture, (y0, x0, y1, x1), 2, FRAME)
            _frame(picture, (y0 + FRAME, x0 + FRAME, y1 - FRAME, x1 - FRAME), 3, 1)
        return picture


def _frame(picture: NDArray[np.uint8], box: tuple[int, int, int, int], label: int, width: int) -> None:
    y0, x0, y1, x1 = box
    picture[y0 : y0 + width, x0:x1] = picture[y1 - width : y1, x0:x1] = label
    picture[y0:y1, x0 : x0 + width] = picture[y0:y1, x1 - width : x1] = label
