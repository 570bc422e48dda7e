"""The dock's keys, in a window of their own."""

from collections.abc import Mapping

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QGridLayout, QLabel, QWidget

from napari_ben.widgets._step import GAP, MARGIN
from napari_ben.widgets._tinted import QuietLabel

SHOWS_KEYS = "F1"
KEYS: Mapping[str, Mapping[str, str]] = {
    "Everywhere in the dock": {
        "Tab, Shift+Tab": "go to the next control, or back",
        "Space": "press a button, unfold a step",
        "Ctrl+Shift+S": "save the session",
        SHOWS_KEYS: "show these keys",
    },
    "On a plate": {
        "Arrows": "go to a well and select it",
        "Shift+arrows": "stretch the selection",
        "Ctrl+arrows": "go to a well and leave the selection",
        "Space": "select the well, or leave it out",
        "Enter": "show the well on the canvas",
        "Ctrl+A, Ctrl+I": "select all, or what is not selected",
        "Ctrl+Z, Ctrl+Shift+Z": "undo and redo a selection",
        "Ctrl+C": "copy the list of wells",
        "Shift+F10": "more: roles, wells like this, fields",
        "Esc": "select nothing",
    },
    "On an embedding": {
        "Arrows": "move the view",
        "+, −, 0": "zoom in, zoom out, show all points",
        "Ctrl+A, Ctrl+I": "select all, or what is not selected",
        "Esc": "select nothing",
    },
    "In a table": {
        "Arrows, Shift+arrows": "select rows",
        "Enter": "show the well, or the plate",
        "Ctrl+C": "copy the selected rows",
    },
}


class KeysWindow(QDialog):
    """Lists what each key does."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        layout = QGridLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setHorizontalSpacing(2 * MARGIN)
        layout.setVerticalSpacing(GAP)
        for title, keys in KEYS.items():
            heading = QLabel(title, self)
            heading.setStyleSheet("font-weight: bold;")
            heading.setContentsMargins(0, GAP, 0, 0)
            layout.addWidget(heading, layout.rowCount(), 0, 1, 2)
            for key, meaning in keys.items():
                place = layout.rowCount()
                layout.addWidget(QLabel(key, self), place, 0)
                layout.addWidget(_words(meaning, self), place, 1)


def show_keys(parent: QWidget) -> None:
    """Open the window."""
    window = KeysWindow(parent)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    window.show()


def _words(text: str, parent: QWidget) -> QLabel:
    label = QuietLabel(text, parent)
    label.setWordWrap(False)
    return label
