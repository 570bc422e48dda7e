"""Sessions: saved and opened by name, pointed to a plate that has moved, and what an earlier program left unsaved."""

from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtGui import QAction, QKeySequence
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QWidget

from napari_ben.session import SESSION_SUFFIX, Session, SessionState
from napari_ben.widgets._step import GAP
from napari_ben.widgets._tinted import QuietLabel

_FILES = f"Sessions (*{SESSION_SUFFIX})"
_SHORTCUT = "Ctrl+Shift+S"  # napari saves layers with Ctrl+S


class SessionRow(QWidget):
    """Asks for session files; shown where there is something to decide.

    Attributes
    ----------
    save_requested
        Signal(object): path to which the session should be saved.
    save, open
        Entries of a menu.
    """

    save_requested = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.save = QAction("Save session…", self)
        self.save.setShortcut(QKeySequence(_SHORTCUT))
        self.save.triggered.connect(self.ask_where_to_save)
        self.open = QAction("Open session…", self)
        self.open.triggered.connect(self.ask_for_session)
        self.words = QuietLabel("", self)
        self.locate = QPushButton("Find the plate…", self)
        self.locate.clicked.connect(self.ask_for_plate)
        self.bring_back = QPushButton("Bring back", self)
        self.bring_back.setToolTip("Show the runs that were not saved before napari ended")
        self.bring_back.clicked.connect(session.bring_back)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.locate)
        layout.addWidget(self.bring_back)
        self.hide()

    def show_state(self, state: SessionState) -> None:
        """Show what there is to decide."""
        kept = state.kept if state.predictions is None and not state.run.is_busy else None
        words = f"{state.moved.file.name}: its plate has moved." if state.moved else kept.words if kept else ""
        self.words.setText(words)
        self.locate.setVisible(state.moved is not None)
        self.bring_back.setVisible(state.moved is None and kept is not None)
        self.save.setEnabled(state.plate is not None)
        self.setVisible(bool(words))

    def ask_where_to_save(self) -> None:
        """Ask for a file and save the session to it."""
        state = self._session.state
        if state.plate is None or state.source is None:
            return
        proposed = state.file or state.source.with_name(state.source.name + SESSION_SUFFIX)
        path, _ = QFileDialog.getSaveFileName(self, "Save the session", str(proposed), _FILES)
        if path:
            self.save_requested.emit(Path(path))

    def ask_for_session(self) -> None:
        """Ask for a session file and open it."""
        path, _ = QFileDialog.getOpenFileName(self, "Open a session", "", f"{_FILES};;All files (*)")
        if path:
            self._session.open_session(Path(path))

    def ask_for_plate(self) -> None:
        """Ask where the plate of a session lies now."""
        moved = self._session.state.moved
        if moved is None:
            return
        folder = QFileDialog.getExistingDirectory(self, f"Where is {moved.source.name} now?", str(moved.file.parent))
        if folder:
            self._session.open_session(moved.file, Path(folder))
