"""Step 5: what was predicted."""

from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QPushButton, QWidget

from napari_ben.session import Session, SessionState, results_line
from napari_ben.widgets._segments import Segments
from napari_ben.widgets._step import Step, row
from napari_ben.widgets._tinted import QuietLine

_FORMATS = ("csv", "png", "svg")


class ResultsStep(Step):
    """Overlay, embedding and export.

    Signals
    -------
    overlay_toggled(bool)
        Whether frames and names lie over the mosaic.
    """

    overlay_toggled = Signal(bool)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(5, "Results", parent)
        self._session = session
        self.overlay = QPushButton("Overlay", self)
        self.overlay.setCheckable(True)
        self.overlay.setChecked(True)
        self.overlay.toggled.connect(self.overlay_toggled)
        self.layouts = Segments({"PCA": "PCA", "UMAP": "UMAP"}, self)
        self.layouts.chosen.connect(session.show_layout)
        self.export = QPushButton("Export…", self)
        self.export.clicked.connect(self.ask_for_export)
        self.waiting = QuietLine("", self)
        self.stop = QPushButton("Stop", self)
        self.stop.clicked.connect(session.cancel_layout)
        self.body.addLayout(row(self.overlay, self.layouts, self.export))
        self.body.addLayout(row(self.waiting, self.stop, stretch=0))

    def show_state(self, state: SessionState) -> None:
        """Show what was predicted."""
        predictions = state.predictions
        self.set_state(results_line(predictions, state.selected))
        self.export.setEnabled(predictions is not None and not state.run.is_busy)
        self.overlay.setEnabled(predictions is not None)
        self.layouts.setEnabled(predictions is not None)
        self.layouts.set_value(state.layout)
        self.waiting.say(state.layout_note)
        self.stop.setVisible(bool(state.layout_note))
        self.notice.show_notice(state.notices.get("results"))

    def ask_for_export(self) -> None:
        """Ask for a folder and write tables, figures and the run file into it."""
        folder = QFileDialog.getExistingDirectory(self, "Export the predictions to a folder")
        if folder:
            self._session.export(Path(folder), _FORMATS)
