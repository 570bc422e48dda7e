"""A look at the images: which wells are out of focus, saturated, dim or empty, and whether they count."""

from qtpy.QtWidgets import QHBoxLayout, QPushButton, QWidget

from napari_ben.session import Session, SessionState, quality_words
from napari_ben.widgets._step import GAP
from napari_ben.widgets._tinted import QuietLabel

_MEANING = "Looks at the images once, at low resolution: focus, saturation, brightness, and fields without cells"


class QualityRow(QWidget):
    """Asks for the look, says what was seen, and leaves the flagged wells out of the context."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.words = QuietLabel("", self)
        self.check = QPushButton("Check images", self)
        self.check.setToolTip(_MEANING)
        self.check.clicked.connect(self._on_check)
        self.exclude = QPushButton("Leave out", self)
        self.exclude.setToolTip("Leave the flagged wells out of every context on this plate")
        self.exclude.clicked.connect(session.exclude_flagged)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.exclude)
        layout.addWidget(self.check)

    def show_state(self, state: SessionState) -> None:
        """Show what was seen, or how far the look is."""
        self.setVisible(state.plate is not None)
        if state.plate is None:
            return
        self.words.setText(quality_words(state))
        self.check.setText("Stop" if state.quality_note else "Check images")
        flagged = state.flagged_wells
        self.exclude.setVisible(bool(flagged))
        self.exclude.setEnabled(not state.plate.wells.loc[list(flagged), "excluded"].all())

    def _on_check(self) -> None:
        if self._session.state.quality_note:
            self._session.stop_checking()
        else:
            self._session.check_images()
