"""Frames, dots and outlines over the mosaic, as one small picture: a few pixels a well, and one upload for all wells.

Shapes and labels would be the obvious layers. But recolouring 1,536 shapes takes half a second of a frozen window, and
the first labels layer compiles for seconds; painting this picture takes milliseconds, because where a mark can be is
found once, what is there is looked up in a small table, and wells whose marks are as they were are left alone. It comes
in two levels, a fine one with thin frames and a coarse one with bold ones, so that a frame is as wide on the screen
from far as from near.

A well of the layout without an image is black on black, or is not there at all: on a sparse plate nobody would know
where on the plate the others lie. Its faint outline is drawn once, with the blank picture.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.results import Predictions, class_colours
from napari_ben.widgets._palette import channels

Box = tuple[float, float, float, float]
"""y0, x0, y1, x1."""

_FINE, _COARSE = (96, 4, 3072), (40, 4, 2048)  # pixels across a well, of its frame, of the whole picture at most
_WHITE, _RIM = (255, 255, 255, 255), (0, 0, 0, 170)
_FAINT = (128, 128, 128, 110)  # grey, so that it is seen on black pixels and on a white canvas


@dataclass(frozen=True, eq=False)
class Raster:
    """A coarse picture in which every well is a box.

    Parameters
    ----------
    boxes
        (n, 4) int64: y0, x0, y1, x1 of each well in pixels of the raster.
    missing
        (k, 4) int64, of the wells without an image.
    shape
        (Y, X) of the raster.
    scale
        Mosaic pixels of a raster pixel.
    width
        Of a frame, pixels of the raster.
    """

    boxes: NDArray[np.int64]
    missing: NDArray[np.int64]
    shape: tuple[int, int]
    scale: float
    width: int

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Raster)
            and (self.shape, self.scale) == (other.shape, other.scale)
            and np.array_equal(self.boxes, other.boxes)
            and np.array_equal(self.missing, other.missing)
        )

    __hash__ = None  # type: ignore[assignment]  # compares by an array

    @classmethod
    def over(
        cls,
        well_boxes: pd.DataFrame,
        missing: pd.DataFrame,
        mosaic_shape: tuple[int, int],
        level: tuple[int, int, int] = _COARSE,
    ) -> "Raster":
        """Lay a raster over a mosaic.

        Parameters
        ----------
        well_boxes
            ``y0, x0, y1, x1`` of each well in pixels of the mosaic.
        missing
            The same of the wells without an image.
        mosaic_shape
            (Y, X) of the mosaic.
        level
            Pixels across a well, of its frame, and of the whole raster at most.
        """
        across, width, largest = level
        boxes, others = (table[["y0", "x0", "y1", "x1"]].to_numpy(float) for table in (well_boxes, missing))
        side = float((boxes[:, 2:] - boxes[:, :2]).min(initial=max(mosaic_shape)))
        scale = max(side / across, max(mosaic_shape) / largest)
        shape = (int(np.ceil(mosaic_shape[0] / scale)), int(np.ceil(mosaic_shape[1] / scale)))
        boxes, others = (np.rint(corners / scale).astype(np.int64) for corners in (boxes, others))
        return cls(boxes, others, shape, scale, width)

    @property
    def _outline(self) -> int:
        return max(self.width // 2, 1)

    @property
    def _depth(self) -> int:
        """How far into a well the frame of a selected one reaches: outline, rim, and its own colour."""
        return self._outline + max(self.width // 3, 1) + self.width

    @cached_property
    def _places(self) -> list[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
        """For each well its first pixel, (k,) which pixels after that can be marked, and of which part each is."""
        stencils: dict[tuple[int, int], tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        places = []
        for y0, x0, y1, x1 in self.boxes.tolist():
            size = (y1 - y0, x1 - x0)
            if size not in stencils:
                y, x, parts = _stencil(size, self._depth, 2 * self.width)
                stencils[size] = y * self.shape[1] + x, parts
            places.append((y0 * self.shape[1] + x0, *stencils[size]))
        return places

    def blank(self) -> NDArray[np.uint8]:
        """Give a picture without marks, (Y, X, 4) uint8: the outlines of the wells without an image."""
        picture, line = np.zeros((*self.shape, 4), np.uint8), self._outline
        for y0, x0, y1, x1 in self.missing.tolist():
            picture[y0:y1, x0:x1] = _FAINT
            picture[y0 + line : y1 - line, x0 + line : x1 - line] = 0
        return picture

    def paint(
        self,
        picture: NDArray[np.uint8],
        colours: NDArray[np.uint8],
        context: NDArray[np.bool_],
        selected: NDArray[np.bool_],
        wells: NDArray[np.intp],
    ) -> None:
        """Draw the marks of wells, in place of those that were there.

        Parameters
        ----------
        picture
            (Y, X, 4) uint8, from `blank` or painted before.
        colours
            (n, 4) red, green, blue and opacity of each well's frame; opacity 0 draws none.
        context
            (n,) wells with a dot in their corner.
        selected
            (n,) wells with a white outline, which covers their frame.
        wells
            (m,) numbers of the wells to draw.
        """
        outline, depth = self._outline, self._depth
        table = np.zeros((len(colours), depth + 2, 4), np.uint8)
        seen = np.where(colours[:, 3:] > 0, colours, 0)[:, None]
        table[:, : self.width] = seen
        table[selected, :outline] = _WHITE
        table[selected, outline : depth - self.width] = _RIM
        table[selected, depth - self.width : depth] = seen[selected]
        table[context, depth] = _RIM
        table[context, depth + 1] = _WHITE
        pixels, inks = picture.view(np.uint32).reshape(-1), table.view(np.uint32)[..., 0]
        for well in wells.tolist():  # one by one: together they would not fit into the processor's cache
            first, after, parts = self._places[well]
            pixels[first + after] = inks[well, parts]


def _stencil(
    size: tuple[int, int], deepest: int, side: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Pixels of a well that can be marked: y, x, and the part: how deep in the frame, then the dot's rim and dot."""
    height, breadth = size
    y, x = np.mgrid[:height, :breadth]
    depth = np.minimum(np.minimum(y, height - 1 - y), np.minimum(x, breadth - 1 - x))
    part = np.where(depth < deepest, depth, -1)
    right = breadth - side  # the name stands on the left
    part[side - 1 : 2 * side + 1, right - side - 1 : right + 1] = deepest
    part[side : 2 * side, right - side : right] = deepest + 1
    down, across = np.nonzero(part >= 0)
    return down, across, part[down, across]


def levels_over(
    well_boxes: pd.DataFrame, missing: pd.DataFrame, mosaic_shape: tuple[int, int]
) -> tuple[Raster, Raster]:
    """Lay a fine and a coarse raster over a mosaic."""
    fine, coarse = (Raster.over(well_boxes, missing, mosaic_shape, level) for level in (_FINE, _COARSE))
    return fine, coarse


def frame_colours(wells: pd.DataFrame, predictions: Predictions | None) -> NDArray[np.uint8]:
    """Give each well the colour of its class, (n, 4) uint8, as opaque as the prediction is sure; clear without one."""
    colours = np.zeros((len(wells), 4), np.uint8)
    if predictions is None:
        return colours
    palette = {name: channels(colour) for name, colour in class_colours(predictions.classes).items()}
    rows = predictions.wells[["pred_class", "confidence"]].reindex(wells.index)
    for number, (name, confidence) in enumerate(rows.itertuples(index=False)):
        if name in palette:
            colours[number] = (*palette[name], round(255 * (0.3 + 0.7 * confidence)))
    return colours
