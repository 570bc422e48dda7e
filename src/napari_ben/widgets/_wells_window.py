"""The wells of a run as a table, in a window of its own."""

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QDialog, QLineEdit, QVBoxLayout, QWidget

from napari_ben.session import Session, SessionState, results_line, run_name
from napari_ben.widgets._reading_order import ReadInOrder
from napari_ben.widgets._step import GAP, MARGIN
from napari_ben.widgets._tinted import QuietLabel
from napari_ben.widgets._wells_table import WellsTable

if TYPE_CHECKING:
    from napari_ben.results import Predictions

_SIZE = (820, 620)


class WellsWindow(ReadInOrder, QDialog):
    """Shows the wells of the latest run; what is selected here is selected everywhere.

    Parameters
    ----------
    session
        Whose run it is.

    Attributes
    ----------
    well_activated
        Signal(str): show this well.
    """

    well_activated = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._run: Predictions | None = None
        self.setWindowTitle("Wells")
        self.setWindowFlag(Qt.WindowType.Window)
        self.resize(*_SIZE)
        self.summary = QuietLabel("", self)
        self.words = QLineEdit(self)
        self.words.setPlaceholderText("Only wells with this word in any column")
        self.words.setAccessibleName("Only wells with this word")
        self.words.setClearButtonEnabled(True)
        self.table = WellsTable(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(GAP)
        for widget in (self.summary, self.words, self.table):
            layout.addWidget(widget)
        self.words.textChanged.connect(self._on_words)
        self.table.selection_changed.connect(session.select)
        self.table.well_activated.connect(self.well_activated)
        session.changed.connect(self._on_changed)
        self.finished.connect(self._leave)
        self._show_run(session.state)

    def _leave(self, _result: int) -> None:
        self._session.changed.disconnect(self._on_changed)

    def _on_words(self, words: str) -> None:
        self.table.filter(words)
        self.table.set_selection(self._session.state.selected)

    def _on_changed(self, state: SessionState, old: SessionState) -> None:
        if state.predictions is not self._run:
            self._show_run(state)
        elif state.selected != old.selected:
            self._show_selection(state)

    def _show_run(self, state: SessionState) -> None:
        self._run = state.predictions
        self.table.set_wells(None if self._run is None else self._run.wells)
        self._show_selection(state)

    def _show_selection(self, state: SessionState) -> None:
        name = "" if self._run is None else f"{self._run.plate_name} · {run_name(self._run)}\n"
        self.summary.setText(name + results_line(self._run, state.selected))
        if set(self.table.selection()) != set(state.selected):
            self.table.set_selection(state.selected)
