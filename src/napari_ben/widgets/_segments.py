"""A few choices of which one holds, side by side."""

from collections.abc import Mapping

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget


class Segments(QWidget):
    """Exclusive buttons in a row.

    Parameters
    ----------
    choices
        Value → what is written on its button.

    Attributes
    ----------
    chosen
        Signal(str): the value, each time a person presses a button, also one that holds already.
    """

    chosen = Signal(str)

    def __init__(self, choices: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for value, title in choices.items():
            button = QPushButton(title, self)
            button.setCheckable(True)
            button.clicked.connect(lambda _checked=False, value=value: self.chosen.emit(value))
            self._group.addButton(button)
            self._buttons[value] = button
            layout.addWidget(button)

    def value(self) -> str:
        """Give the choice that holds, or an empty text."""
        return next((value for value, button in self._buttons.items() if button.isChecked()), "")

    def set_value(self, value: str) -> None:
        """Show a choice as the one that holds, without `chosen`; an empty text shows that none does."""
        self._group.setExclusive(bool(value))
        reached = value or next(iter(self._buttons))  # by Tab; arrows go on from there
        for name, button in self._buttons.items():
            button.setChecked(name == value)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if name == reached else Qt.FocusPolicy.ClickFocus)

    def button(self, value: str) -> QPushButton:
        """Give the button of a value."""
        return self._buttons[value]
