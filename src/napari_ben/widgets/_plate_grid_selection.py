"""The wells that are selected, and every gesture that changes them: a small machine without Qt.

A gesture has a start (the anchor), an end, what was selected before it, and what it does with the rectangle between:
replace, add or remove. While it goes on only the end moves, so a drag, Shift+click and Shift+arrows are one thing.
What can be selected by a gesture is given (`selectable`): wells with images that the legend's filter leaves. A
selection that comes from elsewhere is shown as it is.
"""

from collections import deque
from typing import Literal

from napari_ben.widgets._plate_grid_data import Cell
from napari_ben.widgets._plate_grid_geometry import Hit, Window

Mode = Literal["replace", "add", "remove"]
Start = Literal["replace", "add", "remove", "toggle", "extend"]
_HISTORY = 200


class GridSelection:
    """Selected wells with their history.

    Parameters
    ----------
    window
        Rows and columns within which a header means "the whole line".
    """

    def __init__(self, window: Window) -> None:
        self.window = window
        self.selectable: frozenset[Cell] = frozenset()
        self.wells: frozenset[Cell] = frozenset()
        self.anchor: Hit | None = None
        self.cursor: Hit | None = None
        self._base: frozenset[Cell] = frozenset()
        self._mode: Mode = "replace"
        self._before: frozenset[Cell] | None = None
        self._past: deque[frozenset[Cell]] = deque(maxlen=_HISTORY)
        self._future: deque[frozenset[Cell]] = deque()

    @property
    def is_sweeping(self) -> bool:
        """Whether a gesture is going on."""
        return self._before is not None

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier selection."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether an undone selection can come back."""
        return bool(self._future)

    def begin(self, at: Hit, *, mode: Start = "replace") -> None:
        """Start a gesture.

        Parameters
        ----------
        at
            Where.
        mode
            `toggle` adds, or removes when everything there is selected; `extend` goes on from the last anchor.
        """
        self._before = self.wells
        if mode != "extend" or self.anchor is None:
            self.anchor = at
            self._base = frozenset() if mode in ("replace", "extend") else self.wells
            self._mode = self._settled(at, mode)
        self.sweep(at)

    def _settled(self, at: Hit, mode: Start) -> Mode:
        if mode == "toggle":
            there = self.window.cells(at, at) & self.selectable
            return "remove" if there and there <= self.wells else "add"
        return "replace" if mode == "extend" else mode

    def sweep(self, to: Hit) -> None:
        """Move the end of the gesture."""
        if self.anchor is None:
            return
        self.cursor = to
        region = self.window.cells(self.anchor, to) & self.selectable
        self.wells = self._base - region if self._mode == "remove" else self._base | region

    def commit(self) -> None:
        """End the gesture; what it changed can be undone as one step."""
        before, self._before = self._before, None
        if before is not None and before != self.wells:
            self._remember(before)

    def cancel(self) -> None:
        """End the gesture as if it had not been."""
        if self._before is not None:
            self.wells, self._before = self._before, None

    def replace(self, wells: frozenset[Cell]) -> None:
        """Select these wells, whoever asks; undoable."""
        if wells == self.wells:
            return
        self._remember(self.wells)
        self.wells = wells
        self.anchor = self.cursor = min(wells, default=self.cursor)
        self._base, self._mode = frozenset(), "replace"

    def move(self, rows: int, columns: int, *, extend: bool) -> None:
        """Take the keyboard's cursor a step, or stretch the rectangle to it."""
        self.begin(self._stepped(rows, columns), mode="extend" if extend else "replace")
        self.commit()

    def walk(self, rows: int, columns: int) -> None:
        """Take the keyboard's cursor a step, and select nothing on the way."""
        self.cursor = self._stepped(rows, columns)

    def _stepped(self, rows: int, columns: int) -> Hit:
        row, column = self.cursor or (None, None)
        start = self.cursor is None
        return (
            _step(row, 0 if start else rows, self.window.rows),
            _step(column, 0 if start else columns, self.window.columns),
        )

    def undo(self) -> None:
        """Go back one step."""
        self._travel(self._past, self._future)

    def redo(self) -> None:
        """Go forward one step."""
        self._travel(self._future, self._past)

    def _travel(self, source: deque[frozenset[Cell]], target: deque[frozenset[Cell]]) -> None:
        self.cancel()
        if source:
            target.append(self.wells)
            self.wells = source.pop()

    def _remember(self, before: frozenset[Cell]) -> None:
        self._past.append(before)
        self._future.clear()


def _step(place: int | None, change: int, shown: range) -> int:
    return min(max((shown.start if place is None else place) + change, shown.start), shown.stop - 1)
