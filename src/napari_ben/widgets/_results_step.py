"""Step 5: what was predicted."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QFileDialog, QPushButton, QWidget

from napari_ben.errors import NapariBenError
from napari_ben.results import installed_formats
from napari_ben.session import Notice, Session, SessionState, measured, results_line
from napari_ben.widgets._chooser import Chooser
from napari_ben.widgets._compare_window import CompareWindow
from napari_ben.widgets._embedding import EmbeddingView
from napari_ben.widgets._looks import colour_columns
from napari_ben.widgets._points import field_row, placed, point_words, points, points_of, shown_layout, wells_of
from napari_ben.widgets._segments import Segments
from napari_ben.widgets._step import Step, row
from napari_ben.widgets._thumbnails import field_thumbnail
from napari_ben.widgets._tinted import QuietLine
from napari_ben.widgets._trust_window import TrustWindow
from napari_ben.widgets._wells_window import WellsWindow

_EMBEDDING_HEIGHT = 260
_NARROW_COMBO = 72


class ResultsStep(Step):
    """Overlay, embedding and export.

    Attributes
    ----------
    overlay_toggled
        Signal(bool): whether frames and names lie over the mosaic.
    well_activated
        Signal(str): show this well.
    """

    overlay_toggled = Signal(bool)
    well_activated = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(5, "Results", parent)
        self._session = session
        self._shown: tuple[object, ...] = ()
        self.overlay = QPushButton("Overlay", self)
        self.overlay.setCheckable(True)
        self.overlay.setChecked(True)
        self.overlay.setToolTip("Frames, marks and names over the mosaic")
        self.overlay.toggled.connect(self.overlay_toggled)
        self.layouts = Segments({"PCA": "PCA", "UMAP": "UMAP"}, self)
        self.layouts.chosen.connect(session.show_layout)
        self.column = Chooser("Colour points by", self, meaning="What colours the points")
        self.column.setMinimumWidth(_NARROW_COMBO)
        self.column.textActivated.connect(lambda _text: session.colour_points_by(self.column.currentData()))
        self._add_windows()
        self.waiting = QuietLine("", self)
        self.stop = QPushButton("Stop", self)
        self.stop.clicked.connect(session.cancel_layout)
        self.embedding = EmbeddingView(self)
        self.embedding.setMinimumHeight(_EMBEDDING_HEIGHT)
        self._connect_embedding()
        self._lay_out()

    def _add_windows(self) -> None:
        """Add the buttons of what opens beside the dock."""
        self.export = self._button("Export…", "Tables, figures and the run file", self.ask_for_export)
        self.table = self._button("Table…", "All wells of the run, to sort, filter and copy", self.open_table)
        self.compare = self._button("Compare…", "Runs of this plate side by side", self.open_comparison)
        meaning = "Which classes are steady, how far the plate drifted, which wells move its statistics"
        self.trust = self._button("Trust…", meaning, self.open_trust)

    def _button(self, text: str, meaning: str, do: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(meaning)
        button.clicked.connect(lambda _checked=False: do())
        return button

    def _lay_out(self) -> None:
        self.body.addLayout(row(self.overlay, self.layouts, self.column, stretch=2))
        self.body.addLayout(row(self.waiting, self.stop, stretch=0))
        self.body.addWidget(self.embedding)
        self.body.addLayout(row(QWidget(self), self.table, self.compare, self.trust, self.export, stretch=0))

    def _connect_embedding(self) -> None:
        self.embedding.selection_changed.connect(self._on_points_selected)
        self.embedding.point_activated.connect(self._on_point_activated)
        self.embedding.save_requested.connect(self.ask_for_picture)
        self.embedding.set_tooltips(self._words, self._thumbnail)

    def show_state(self, state: SessionState) -> None:
        """Show what was predicted."""
        predictions = state.predictions
        self.set_state(results_line(predictions, state.selected))
        self.content.setVisible(predictions is not None and self.heading.isChecked())
        self.export.setEnabled(predictions is not None and not state.run.is_busy)
        self.compare.setEnabled(len(state.shown_runs) > 0)
        self.layouts.set_value(state.layout)
        self.waiting.say(state.layout_note)
        self.waiting.setVisible(bool(state.layout_note))
        self.stop.setVisible(state.layout_note.startswith("UMAP:"))
        self.notice.show_notice(state.notices.get("results"))
        self._show_columns(state)
        self._show_points(state)

    def _show_columns(self, state: SessionState) -> None:
        known = measured(state)
        columns = colour_columns(state.plate, state.predictions, known=known) if state.plate is not None else ()
        if [self.column.itemData(place) for place in range(self.column.count())] != list(columns):
            self.column.clear()
            for name in columns:
                self.column.addItem(name, name)
        self.column.setCurrentIndex(self.column.findData(state.points_by))

    def _show_points(self, state: SessionState) -> None:
        predictions = placed(state)
        depends_on = (predictions, state.predictions, shown_layout(state), state.points_by, state.trust)
        if depends_on != self._shown:
            self._shown = depends_on
            self.embedding.set_data(points(state))
            self.embedding.set_message("" if shown_layout(state) else "The embedding comes when the run is over")
        if predictions is not None and len(self.embedding.canvas.data):
            self.embedding.set_selection(points_of(predictions, state.selected))

    def _on_points_selected(self, chosen: NDArray[np.intp]) -> None:
        if (predictions := placed(self._session.state)) is not None:
            self._session.select(wells_of(predictions, chosen))

    def _on_point_activated(self, point: int) -> None:
        if (predictions := placed(self._session.state)) is not None:
            self.well_activated.emit(str(predictions.index["well"].iloc[point]))

    def _words(self, point: int) -> str:
        predictions = placed(self._session.state)
        return "" if predictions is None else point_words(predictions, point)

    def _thumbnail(self, point: int) -> QImage | None:
        state = self._session.state
        predictions = placed(state)
        if state.plate is None or state.picture is None or predictions is None:
            return None
        place = field_row(state.plate, predictions, point)
        return None if place is None else field_thumbnail(state.plate, state.picture, place)

    def open_table(self) -> None:
        """Show the wells of the run, in a window of their own."""
        window = WellsWindow(self._session, self)
        window.well_activated.connect(self.well_activated)
        _show(window)

    def open_comparison(self) -> None:
        """Show two runs side by side, in a window of their own."""
        _show(CompareWindow(self._session, self))

    def open_trust(self) -> None:
        """Show how far the run can be trusted, in a window of its own."""
        _show(TrustWindow(self._session, self))

    def ask_for_export(self) -> None:
        """Ask for a folder and write tables, figures and the run file into it."""
        folder = QFileDialog.getExistingDirectory(self, "Export the predictions to a folder")
        if folder:
            self._session.export(Path(folder), installed_formats())

    def ask_for_picture(self, kind: str) -> None:
        """Ask for a file and write the scatter into it."""
        path, _ = QFileDialog.getSaveFileName(self, "Save the embedding", f"embedding.{kind}", f"*.{kind}")
        if not path:
            return
        try:
            self.embedding.save(Path(path))
        except NapariBenError as error:
            self.notice.show_notice(Notice.of("results", error))


def _show(window: QWidget) -> None:
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    window.show()
