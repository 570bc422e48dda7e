"""The selection as text, with an answer to every key."""

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from napari_ben.errors import NapariBenError
from napari_ben.plates import Plate, format_selection, select_wells
from napari_ben.session import count_words
from napari_ben.widgets._step import GAP, NoticeLabel
from napari_ben.widgets._timers import timer

_UNTIL_STILL = 50  # ms: while a rubber band is drawn nobody reads, and the shortest text takes a moment to find
_EXAMPLE = "A1-C12, E*, *24, role:negative_control, treatment:DMSO"


class SelectionBox(QWidget):
    """A line in which wells are named, and the answer below it.

    Attributes
    ----------
    entered
        Signal(tuple): the wells, after each key that leaves a text that can be read.
    line
        Where one writes; the dock lays it out.
    """

    entered = Signal(tuple)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plate: Plate | None = None
        self._wells: tuple[str, ...] = ()
        self._writing = timer(self, _UNTIL_STILL, self._write, once=True)
        self.line = QLineEdit(self)
        self.line.setPlaceholderText(_EXAMPLE)
        self.line.setAccessibleName("Selected wells")
        self.line.setToolTip(f"Wells by name, row, column or any platemap column: {_EXAMPLE}. A ! takes wells away.")
        self.line.textEdited.connect(self._on_edit)
        self.feedback = NoticeLabel(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(self.feedback)

    def show_selection(self, plate: Plate | None, wells: tuple[str, ...]) -> None:
        """Write a selection that was made elsewhere; a text that already means it stays as it was typed."""
        if plate is not self._plate or wells != self._wells:
            self._plate, self._wells = plate, wells
            self._writing.start()

    def _write(self) -> None:
        plate, wells = self._plate, self._wells
        self.line.setText(format_selection(wells, plate) if plate is not None and wells else "")
        self.line.setCursorPosition(0)  # a long list is read from its beginning
        self._answer(wells)

    def _on_edit(self, text: str) -> None:
        if self._plate is None:
            return
        try:
            wells = select_wells(text, self._plate) if text.strip() else ()
        except NapariBenError as error:
            self.feedback.say(error.problem, "bad")
            return
        self._writing.stop()
        self._wells = wells
        self._answer(wells)
        self.entered.emit(wells)

    def _answer(self, wells: tuple[str, ...]) -> None:
        if self._plate is None or not wells:
            self.feedback.say("")
            return
        fields = len(self._plate.rows_of(wells))
        self.feedback.say(f"{count_words(len(wells), 'well')}, {count_words(fields, 'image')} selected", "quiet")
