"""A folder whose names no layout knows: a pattern is typed, and what it makes of the names is seen at once."""

from pathlib import Path

from qtpy.QtGui import QFontDatabase
from qtpy.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from napari_ben.readers import PatternPreview
from napari_ben.session import Session, SessionState, preview_words
from napari_ben.widgets._step import MARGIN, NoticeLabel
from napari_ben.widgets._timers import timer
from napari_ben.widgets._tinted import QuietLabel

FIRST = r".*(?P<well>[A-P]\d{2}).*_(?P<channel>[^_]+)\.tif"
_UNTIL_IT_RESTS = 200
_HELP = (
    "Write the name as it is, and put what varies into named groups: (?P<well>…), or (?P<row>…) and (?P<column>…); "
    "then (?P<field>…), (?P<channel>…), (?P<z>…), (?P<time>…). The pattern must fit the whole name."
)


class PatternDialog(QDialog):
    """Asks for a pattern of file names, with a preview.

    Parameters
    ----------
    session
        Tries the pattern, and opens the folder by it.
    folder
        Whose names are tried.
    """

    def __init__(self, session: Session, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._folder = folder
        self.setWindowTitle(f"Open {folder.name} by the names of its files")
        self.setMinimumWidth(640)
        self.pattern = QLineEdit(FIRST, self)
        self.pattern.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.pattern.setAccessibleName("Pattern of the file names")
        self.summary = QuietLabel("", self)
        self.problem = NoticeLabel(self)
        self.examples = QTableWidget(self)
        self.examples.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.examples.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel, self
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._rest = timer(self, _UNTIL_IT_RESTS, self._try, once=True)
        self.pattern.textChanged.connect(self._on_typed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        for widget in (QuietLabel(_HELP, self), self.pattern, self.summary, self.examples, self.problem, self.buttons):
            layout.addWidget(widget)
        session.changed.connect(self._on_changed)
        self.finished.connect(self._leave)
        self._allow(is_allowed=False)
        self._try()

    def accept(self) -> None:
        """Open the folder by the pattern."""
        self._session.open(self._folder, pattern=self.pattern.text())
        super().accept()

    def _leave(self, _result: int) -> None:
        self._session.changed.disconnect(self._on_changed)

    def _on_typed(self, _text: str) -> None:
        self._allow(is_allowed=False)
        self._rest.start()

    def _try(self) -> None:
        self._session.preview_pattern(self._folder, self.pattern.text())

    def _on_changed(self, state: SessionState, old: SessionState) -> None:
        if state.preview is not None and state.preview is not old.preview:
            self.show_preview(state.preview)

    def show_preview(self, preview: PatternPreview) -> None:
        """Show what matches, with examples, and what is wrong."""
        self.summary.setText(preview_words(preview))
        self.problem.say(preview.problem or "", "bad")
        self._allow(is_allowed=preview.n_matched > 0 and not self._rest.isActive())
        words = list(preview.values)
        self.examples.setColumnCount(1 + len(words))
        self.examples.setHorizontalHeaderLabels(["name", *words])
        self.examples.setRowCount(len(preview.examples) + len(preview.unmatched))
        for row, (name, said) in enumerate((*preview.examples, *((name, {}) for name in preview.unmatched))):
            cells = [name, *(said.get(word, "no match" if word == words[0] else "") if words else "" for word in words)]
            for column, text in enumerate(cells):
                self.examples.setItem(row, column, QTableWidgetItem(text))
        self.examples.resizeColumnsToContents()

    def _allow(self, *, is_allowed: bool) -> None:
        if (button := self.buttons.button(QDialogButtonBox.StandardButton.Open)) is not None:
            button.setEnabled(is_allowed)
