"""The scatter's keyboard."""

from collections.abc import Callable
from operator import methodcaller
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeyEvent, QKeySequence

if TYPE_CHECKING:
    from napari_ben.widgets._embedding_canvas import EmbeddingCanvas

Command = Callable[["EmbeddingCanvas"], object]
_STEP = 30
_KEYS: dict[int, Command] = {
    Qt.Key.Key_Escape: methodcaller("escape"),
    Qt.Key.Key_Left: methodcaller("pan", _STEP, 0),
    Qt.Key.Key_Right: methodcaller("pan", -_STEP, 0),
    Qt.Key.Key_Up: methodcaller("pan", 0, _STEP),
    Qt.Key.Key_Down: methodcaller("pan", 0, -_STEP),
    Qt.Key.Key_Plus: methodcaller("zoom", 1.25),
    Qt.Key.Key_Equal: methodcaller("zoom", 1.25),
    Qt.Key.Key_Minus: methodcaller("zoom", 0.8),
    Qt.Key.Key_0: methodcaller("reset_view"),
    Qt.Key.Key_Home: methodcaller("reset_view"),
}


def command_for(event: QKeyEvent) -> Command | None:
    """Command of a key in the scatter; None leaves it to the window."""
    if event.matches(QKeySequence.StandardKey.SelectAll):
        return methodcaller("select_all")
    held = event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
    if event.key() == Qt.Key.Key_I and held == Qt.KeyboardModifier.ControlModifier:
        return methodcaller("invert")
    return _KEYS.get(event.key()) if held == Qt.KeyboardModifier.NoModifier else None
