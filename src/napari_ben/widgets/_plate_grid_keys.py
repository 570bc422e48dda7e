"""The plate grid's keyboard.

napari binds Ctrl+A and others to its window; a focused grid takes its own keys first (`ShortcutOverride`).
"""

from collections.abc import Callable
from operator import methodcaller
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeyEvent, QKeySequence

if TYPE_CHECKING:
    from napari_ben.widgets._plate_grid import PlateGrid

Command = Callable[["PlateGrid"], object]
_ARROWS = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}
_KEYS: dict[int, Command] = {
    Qt.Key.Key_Escape: methodcaller("escape"),
    Qt.Key.Key_Space: methodcaller("toggle_cursor"),
    Qt.Key.Key_Return: methodcaller("activate_cursor"),
    Qt.Key.Key_Enter: methodcaller("activate_cursor"),
}
_STANDARD: dict[QKeySequence.StandardKey, Command] = {
    QKeySequence.StandardKey.SelectAll: methodcaller("select_all"),
    QKeySequence.StandardKey.Undo: methodcaller("undo"),
    QKeySequence.StandardKey.Redo: methodcaller("redo"),
    QKeySequence.StandardKey.Copy: methodcaller("copy_selection"),
}


def command_for(event: QKeyEvent) -> Command | None:
    """Command of a key in the grid; None leaves it to the window."""
    for standard, command in _STANDARD.items():
        if event.matches(standard):
            return command
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if event.key() == Qt.Key.Key_I and held == Qt.KeyboardModifier.ControlModifier:
        return methodcaller("invert")
    if event.key() in _ARROWS and held == Qt.KeyboardModifier.ControlModifier:
        return methodcaller("walk_cursor", *_ARROWS[Qt.Key(event.key())])
    if event.key() in _ARROWS and held in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
        rows, columns = _ARROWS[Qt.Key(event.key())]
        return methodcaller("move_cursor", rows, columns, extend=held == Qt.KeyboardModifier.ShiftModifier)
    return _KEYS.get(event.key()) if held == Qt.KeyboardModifier.NoModifier else None
