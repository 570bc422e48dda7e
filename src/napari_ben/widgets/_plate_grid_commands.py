"""What can be done to the selection of a plate grid, by a gesture, a button or a program.

What a person changes is announced with `selection_changed`; what the program sets is not, so two views can show one
selection without chasing each other.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from qtpy.QtCore import Signal
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QWidget

from napari_ben.plates import well_name
from napari_ben.widgets._plate_grid_data import Cell, GridData, cells_of, names_of
from napari_ben.widgets._plate_grid_geometry import Hit
from napari_ben.widgets._plate_grid_selection import Start
from napari_ben.widgets._plate_grid_view import PlateGridView, as_cell

Similarities = Mapping[str, Callable[[str], Iterable[str]]]
_ALL = (None, None)


class SelectableGrid(PlateGridView):
    """A plate whose wells can be selected.

    Attributes
    ----------
    selection_changed
        Signal(tuple): well names by position, when a person changed the selection; also while a rubber band is drawn.
    well_activated
        Signal(str): show this well.
    history_changed
        Signal(): `can_undo` or `can_redo` may have changed.
    similarities
        Title ("Same treatment") → function from a well to the wells like it, for the menu.
    format_list
        How a list of wells is written to the clipboard.
    """

    selection_changed = Signal(tuple)
    well_activated = Signal(str)
    history_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._announced: frozenset[Cell] = frozenset()
        self.similarities: Similarities = MappingProxyType({})
        self.format_list: Callable[[tuple[str, ...]], str] = ", ".join
        self.setAccessibleName("Plate grid")
        self._describe()

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier selection."""
        return self._picked.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether an undone selection can come back."""
        return self._picked.can_redo

    def selection(self) -> tuple[str, ...]:
        """Names of the selected wells, by position."""
        return names_of(self._picked.wells)

    def set_data(self, data: GridData) -> None:
        """Show a plate; the selection stays unless the plate has another size."""
        super().set_data(data)
        self._settle()

    def set_selection(self, wells: Iterable[str]) -> None:
        """Show these wells as selected, undoable and without `selection_changed`.

        Raises
        ------
        SelectionError
            When a name is not a well.
        """
        cells = cells_of(wells)
        if not self._picked.is_sweeping:  # while a person draws, the grid leads
            self._picked.replace(cells)
            self._settle()

    def select_all(self) -> None:
        """Select every well with images that the legend's filter leaves."""
        self._gesture(_ALL, "replace")

    def clear(self) -> None:
        """Select nothing."""
        self._picked.replace(frozenset())
        self._announce()

    def invert(self) -> None:
        """Select what is not selected."""
        self._picked.replace(self._picked.selectable - self._picked.wells)
        self._announce()

    def undo(self) -> None:
        """Go back to the selection before."""
        self._picked.undo()
        self._announce()

    def redo(self) -> None:
        """Take an undo back."""
        self._picked.redo()
        self._announce()

    def select_similar(self, title: str) -> None:
        """Select all wells that `similarities[title]` calls like the selected ones."""
        alike = self.similarities[title]
        cells = frozenset().union(*(cells_of(alike(well)) for well in self.selection()))
        self._picked.replace(cells & self._picked.selectable)
        self._announce()

    def copy_selection(self) -> None:
        """Put the list of wells on the clipboard, as `format_list` writes it."""
        if (clipboard := QGuiApplication.clipboard()) is not None:
            clipboard.setText(self.format_list(self.selection()))

    def _gesture(self, at: Hit, mode: Start) -> None:
        self._picked.begin(at, mode=mode)
        self._picked.commit()
        self._announce()

    def _activate(self, cell: Cell | None) -> None:
        if cell is not None and cell in self.data.imaged:
            self.well_activated.emit(well_name(*cell))

    def _announce(self) -> None:
        changed = self._picked.wells != self._announced
        self._settle()
        if changed:
            self.selection_changed.emit(self.selection())

    def _settle(self) -> None:
        self._announced = self._picked.wells
        self._describe()
        self.history_changed.emit()
        self.update()

    def _describe(self) -> None:
        cell = as_cell(self._picked.cursor)
        at = f", keyboard at {well_name(*cell)}" if cell else ""
        self.setAccessibleDescription(f"{len(self._announced)} of {len(self.data.imaged)} wells selected{at}")

    def move_cursor(self, rows: int, columns: int, *, extend: bool) -> None:
        """Go a step with the keyboard, or stretch the selection by one."""
        self._picked.move(rows, columns, extend=extend)
        self._announce()

    def walk_cursor(self, rows: int, columns: int) -> None:
        """Go a step with the keyboard, and leave the selection."""
        self._picked.walk(rows, columns)
        self._settle()

    def toggle_cursor(self) -> None:
        """Select the keyboard's well, or leave it out."""
        self._gesture(self._picked.cursor or (self._window.top, self._window.left), "toggle")

    def activate_cursor(self) -> None:
        """Ask for the keyboard's well to be shown."""
        self._activate(as_cell(self._picked.cursor))

    def escape(self) -> None:
        """Give up the gesture that is going on, or select nothing."""
        if self._picked.is_sweeping:
            self._picked.cancel()
            self._announce()
        else:
            self.clear()
