"""A table of wells to sort, filter, select in and copy from."""

from collections.abc import Iterable

import pandas as pd
from qtpy.QtCore import QItemSelection, QItemSelectionModel, QSignalBlocker, QSortFilterProxyModel, Qt, Signal
from qtpy.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from napari_ben.widgets._wells_model import SORT_ROLE, WellsModel

_ROWS_MEASURED = 40
_ROW_GAP = 8
_NOTHING = pd.DataFrame(index=pd.Index([], name="well"))
_ONLY_THESE = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows


class WellsTable(QTableView):
    """One row a well.

    Attributes
    ----------
    selection_changed
        Signal(tuple): the wells, when a person changed the selection.
    well_activated
        Signal(str): a double-click or Return on a well.
    """

    selection_changed = Signal(tuple)
    well_activated = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = WellsModel(_NOTHING, self)
        self._shown = QSortFilterProxyModel(self)
        self._shown.setSourceModel(self._model)
        self._shown.setSortRole(SORT_ROLE)
        self._shown.setFilterKeyColumn(-1)
        self._shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setModel(self._shown)
        self.setAccessibleName("Wells")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        if (side := self.verticalHeader()) is not None:
            side.setDefaultSectionSize(self.fontMetrics().height() + _ROW_GAP)
        for header, is_shown in ((self.verticalHeader(), False), (self.horizontalHeader(), True)):
            if header is not None:
                header.setVisible(is_shown)
                header.setHighlightSections(False)
                header.setResizeContentsPrecision(_ROWS_MEASURED)
                header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.activated.connect(lambda index: self.well_activated.emit(self._well(index.row())))

    def set_wells(self, wells: pd.DataFrame | None) -> None:
        """Show the wells of a run; the sorting and the widths of the columns stay, the selection goes."""
        old, self._model = self._model, WellsModel(_NOTHING if wells is None else wells, self)
        with QSignalBlocker(self):
            self._shown.setSourceModel(self._model)
        old.deleteLater()
        if not len(old.wells):
            self.resizeColumnsToContents()

    def filter(self, words: str) -> None:
        """Show only wells with these words in any column; announces nothing."""
        with QSignalBlocker(self):
            self._shown.setFilterFixedString(words)

    def shown_wells(self) -> tuple[str, ...]:
        """Give the wells in the order of the rows."""
        return tuple(self._well(row) for row in range(self._shown.rowCount()))

    def selection(self) -> tuple[str, ...]:
        """Give the selected wells, from top to bottom."""
        return tuple(self._well(row) for row in self._selected_rows())

    def set_selection(self, wells: Iterable[str]) -> None:
        """Show these wells as selected; announces nothing."""
        chosen, rows = set(wells), QItemSelection()
        for row, well in enumerate(self.shown_wells()):
            if well in chosen:
                rows.select(self._shown.index(row, 0), self._shown.index(row, 0))
        if (model := self.selectionModel()) is not None:
            with QSignalBlocker(self):
                model.select(rows, _ONLY_THESE)

    def copy_selection(self) -> None:
        """Put the selected rows on the clipboard, under their titles, as a spreadsheet takes them."""
        columns = range(self._shown.columnCount())
        lines = [[str(self._shown.headerData(column, Qt.Orientation.Horizontal)) for column in columns]]
        lines += [[str(self._shown.index(row, column).data()) for column in columns] for row in self._selected_rows()]
        if (clipboard := QGuiApplication.clipboard()) is not None:
            clipboard.setText("\n".join("\t".join(line) for line in lines))

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Tell which wells are selected now."""
        super().selectionChanged(selected, deselected)
        self.selection_changed.emit(self.selection())

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Copy whole rows; all other keys are the table's own."""
        if event is not None and event.matches(QKeySequence.StandardKey.Copy):
            self.copy_selection()
        else:
            super().keyPressEvent(event)

    def _selected_rows(self) -> list[int]:
        model = self.selectionModel()
        return [] if model is None else sorted(index.row() for index in model.selectedRows())

    def _well(self, row: int) -> str:
        return self._model.wells[self._shown.mapToSource(self._shown.index(row, 0)).row()]
