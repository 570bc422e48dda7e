"""Where a well lies in the grid, and which well lies under the mouse: arithmetic without Qt.

Wells are squares of one size, a whole number of device pixels, so that a plate looks like a plate and every edge is
crisp; what the width leaves over becomes margin. Labels of rows and columns are skipped where they would touch.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from napari_ben.plates import PlateFormat
from napari_ben.widgets._plate_grid_data import Cell

MAX_PITCH = 44.0
Hit = tuple[int | None, int | None]  # a None stands for the whole line: (None, 3) is column 4, (None, None) the plate

Size = tuple[float, float]  # width, height


@dataclass(frozen=True)
class Window:
    """The rows and columns that are shown, as half-open ranges."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def of(cls, plate_format: PlateFormat) -> "Window":
        """Window over the whole plate."""
        return cls(0, 0, plate_format.rows, plate_format.columns)

    @classmethod
    def around(cls, cells: frozenset[Cell], plate_format: PlateFormat) -> "Window":
        """Smallest window that holds all the cells; the whole plate where there are none."""
        if not cells:
            return cls.of(plate_format)
        rows, columns = zip(*cells, strict=True)
        return cls(min(rows), min(columns), max(rows) + 1, max(columns) + 1)

    @property
    def rows(self) -> range:
        """Rows shown."""
        return range(self.top, self.bottom)

    @property
    def columns(self) -> range:
        """Columns shown."""
        return range(self.left, self.right)

    def cells(self, start: Hit, end: Hit) -> frozenset[Cell]:
        """Cells of the rectangle between two places; a header on either side makes it whole lines."""
        rows, columns = _span(start[0], end[0], self.rows), _span(start[1], end[1], self.columns)
        return frozenset((row, column) for row in rows for column in columns)


def _span(start: int | None, end: int | None, shown: range) -> range:
    if start is None or end is None:
        return shown
    return range(max(min(start, end), shown.start), min(max(start, end) + 1, shown.stop))


@dataclass(frozen=True)
class GridGeometry:
    """The grid laid out in a widget.

    Parameters
    ----------
    window
        What is shown.
    left, top
        Corner of the first well, logical pixels.
    pitch
        From one well to the next, logical pixels.
    header
        Width of the row labels and height of the column labels, logical pixels.
    """

    window: Window
    left: float
    top: float
    pitch: float
    header: tuple[float, float]

    @classmethod
    def fit(cls, window: Window, size: Size, header: Size, ratio: float) -> "GridGeometry":
        """Lay the window out in a widget of this size (width, height), as large as it goes.

        Parameters
        ----------
        header
            Width of the row labels, height of the column labels, logical pixels.
        ratio
            Device pixels per logical pixel.
        """
        header = (ceil(header[0] * ratio) / ratio, ceil(header[1] * ratio) / ratio)
        width, height = size[0] - header[0], size[1] - header[1]
        fitting = min(width / len(window.columns), height / len(window.rows), MAX_PITCH)
        pitch = max(floor(fitting * ratio) / ratio, 2.0)
        spare = width - pitch * len(window.columns)
        left = header[0] + max(floor(spare / 2 * ratio) / ratio, 0.0)
        return cls(window, left, header[1], pitch, header)

    @property
    def gap(self) -> float:
        """Space between two wells, logical pixels."""
        return 1.0 if self.pitch < 10 else 2.0 if self.pitch < 18 else 3.0

    @property
    def side(self) -> float:
        """Width and height of a well, logical pixels."""
        return self.pitch - self.gap

    def corner(self, cell: Cell) -> tuple[float, float]:
        """Left and top of the square that a well and its gap fill."""
        return (
            self.left + (cell[1] - self.window.left) * self.pitch,
            self.top + (cell[0] - self.window.top) * self.pitch,
        )

    def outline(self, cells: Collection[Cell]) -> list[tuple[float, float, float, float]]:
        """Give the lines around each connected part of these cells, a line a straight piece: x0, y0, x1, y1."""
        rows, columns = self.window.rows, self.window.columns
        inside = np.zeros((len(rows) + 2, len(columns) + 2), dtype=bool)  # a rim of nothing
        places = np.array(list(cells), dtype=int).reshape(-1, 2) - (rows.start - 1, columns.start - 1)
        places = places[((places > 0) & (places <= (len(rows), len(columns)))).all(axis=1)]
        inside[places[:, 0], places[:, 1]] = True
        x = (self.left + self.pitch * np.arange(-1, len(columns) + 2)).tolist()
        y = (self.top + self.pitch * np.arange(-1, len(rows) + 2)).tolist()
        level, upright = _runs(inside[1:] != inside[:-1]), _runs((inside[:, 1:] != inside[:, :-1]).T)
        return [
            *((x[start], y[line + 1], x[end], y[line + 1]) for line, start, end in level),
            *((x[line + 1], y[start], x[line + 1], y[end]) for line, start, end in upright),
        ]

    def hit(self, x: float, y: float) -> Hit | None:
        """Well, header or corner at a point, or None."""
        row, column = self._row(y), self._column(x)
        on_rows, on_columns = row in self.window.rows, column in self.window.columns
        above, before = self.top - self.header[1] <= y < self.top, self.left - self.header[0] <= x < self.left
        if (on_rows or above) and (on_columns or before):
            return (row if on_rows else None, column if on_columns else None)
        return None

    def nearest(self, x: float, y: float, start: Hit) -> Hit:
        """Where a drag from `start` has got to: the nearest well, or line when it began on a header."""
        rows, columns = self.window.rows, self.window.columns
        row = min(max(self._row(y), rows.start), rows.stop - 1)
        column = min(max(self._column(x), columns.start), columns.stop - 1)
        return (None if start[0] is None else row, None if start[1] is None else column)

    def _row(self, y: float) -> int:
        return floor((y - self.top) / self.pitch) + self.window.top

    def _column(self, x: float) -> int:
        return floor((x - self.left) / self.pitch) + self.window.left

    def row_step(self, text_height: float) -> int:
        """Every how many rows a label fits."""
        return _step(text_height, self.pitch)

    def column_step(self, text_width: float) -> int:
        """Every how many columns a label fits."""
        return _step(text_width + 3, self.pitch)


def _step(needed: float, pitch: float) -> int:
    return next((step for step in (1, 2, 3, 4, 6, 8, 12) if step * pitch >= needed), 16)


def _runs(edges: NDArray[np.bool_]) -> Iterator[tuple[int, int, int]]:
    """Give line, start and end of each unbroken run of True along the lines, (n_lines, length)."""
    steps = np.diff(edges.astype(np.int8), axis=1, prepend=0, append=0)
    lines, starts = np.nonzero(steps == 1)
    return zip(lines.tolist(), starts.tolist(), np.nonzero(steps == -1)[1].tolist(), strict=True)
