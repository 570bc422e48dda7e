"""Step 6: teach by example, for a plate that no model has classes for."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from qtpy.QtWidgets import QComboBox, QFileDialog, QPushButton, QWidget

from napari_ben.models import model_folder
from napari_ben.results import RESERVED_COLUMNS
from napari_ben.session import Session, SessionState, count_words
from napari_ben.widgets._chooser import Chooser
from napari_ben.widgets._step import Step, row
from napari_ben.widgets._tinted import ActionButton, QuietLabel

_HOW = "Select wells, say what they are, and let the other wells be told apart the same way. Two classes are enough."
_FEWEST = 2
_NOT_A_LABEL = {"row", "column", "n_fields", "excluded", "raw_role", *RESERVED_COLUMNS}


class TeachStep(Step):
    """Labels the selected wells, learns from them, and says which to label next."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(6, "Teach", parent)
        self._session = session
        self._name_classes()
        self.column = Chooser("Take the labels from a column", self)
        self.column.textActivated.connect(self._on_column)
        self.clear = self._button("Clear", session.clear_labels, "Take all labels away")
        self.counts = QuietLabel(_HOW, self)
        self.next = QuietLabel("", self)
        self.select_next = self._button("Select", self._select_next, "Select the wells that are worth labelling next")
        self.teach = ActionButton("Teach", self)
        self.teach.clicked.connect(session.teach)
        self.save = self._button("Save as model…", self.ask_for_file)
        self.body.addLayout(row(self.name, self.label, stretch=0))
        self.body.addLayout(row(self.column, self.clear, stretch=0))
        self.body.addWidget(self.counts)
        self.body.addLayout(row(self.next, self.select_next, stretch=0))
        self.body.addLayout(row(self.teach, QWidget(self), self.save, stretch=1))
        self.heading.setChecked(False)

    def _name_classes(self) -> None:
        self.name = QComboBox(self)
        self.name.setEditable(True)
        self.name.setAccessibleName("What the selected wells are")
        self.name.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        if (line := self.name.lineEdit()) is not None:
            line.setPlaceholderText("name of a class")
            line.returnPressed.connect(self._label)
        self.name.editTextChanged.connect(lambda _text: self._enable(self._session.state))
        self.label = self._button("Label wells", self._label)

    def _button(self, text: str, do: Callable[[], None], meaning: str = "") -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(meaning)
        button.clicked.connect(lambda _checked=False: do())
        return button

    def show_state(self, state: SessionState, old: SessionState) -> None:
        """Show the labels, and what came of them."""
        self.set_state(_line(state))
        self.content.setEnabled(state.plate is not None)
        self.notice.show_notice(state.notices.get("teach"))
        if state.plate is not old.plate:
            self._show_columns(state)
        if state.labels != old.labels:
            self._show_labels(state)
        suggested = state.taught.suggested if state.taught is not None else ()
        self.next.setText(f"Worth labelling next: {', '.join(suggested)}")
        for widget in (self.next, self.select_next):
            widget.setVisible(bool(suggested))
        self._enable(state)

    def _show_columns(self, state: SessionState) -> None:
        self.column.clear()
        self.column.addItem("From a column …", "")
        for name in () if state.plate is None else state.plate.imaged.columns:
            if name not in _NOT_A_LABEL:
                self.column.addItem(f"From {name}", name)

    def _show_labels(self, state: SessionState) -> None:
        counts = Counter(state.labels.values())
        typed = self.name.currentText()
        self.name.clear()
        self.name.addItems(sorted(counts))
        self.name.setEditText(typed)
        shown = sorted(counts.items())[:12]
        more = f" · {len(counts) - len(shown)} more classes" if len(counts) > len(shown) else ""
        self.counts.setText(" · ".join(f"{name} {number}" for name, number in shown) + more if shown else _HOW)

    def _enable(self, state: SessionState) -> None:
        n_selected = len(state.selected)
        self.label.setText(f"Label {count_words(n_selected, 'well')}" if n_selected else "Label wells")
        self.label.setEnabled(n_selected > 0 and bool(self.name.currentText().strip()))
        self.clear.setEnabled(bool(state.labels))
        can_teach = state.predictions is not None and len(set(state.labels.values())) >= _FEWEST
        self.teach.setEnabled(can_teach and not state.run.is_busy)
        self.teach.setToolTip("" if state.predictions is not None else "Run a model first: its embeddings are used")
        self.save.setEnabled(state.taught is not None)

    def _label(self) -> None:
        name = self.name.currentText().strip()
        if name and self._session.state.selected:
            self._session.label(self._session.state.selected, name)

    def _on_column(self, _text: str) -> None:
        if column := self.column.currentData():
            self._session.label_by(column)
        self.column.setCurrentIndex(0)

    def _select_next(self) -> None:
        if (taught := self._session.state.taught) is not None:
            self._session.select(taught.suggested)

    def ask_for_file(self) -> None:
        """Ask for a file and save what was taught as a model."""
        taught = self._session.state.taught
        if taught is None:
            return
        start = model_folder() / f"{taught.predictions.plate_name}-taught.safetensors"
        path, _ = QFileDialog.getSaveFileName(self, "Save the taught model", str(start), "Models (*.safetensors)")
        if path:
            self._session.save_taught(Path(path))


def _line(state: SessionState) -> str:
    if not state.labels:
        return "nothing labelled"
    classes = len(set(state.labels.values()))
    return f"{count_words(len(state.labels), 'well')} labelled · {classes} class{'es' * (classes != 1)}"
