"""Widgets with a colour of their own that still follow the window's theme."""

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget
from superqt import QElidingLabel

from napari_ben.widgets._theme import THEME_EVENTS, Theme

if TYPE_CHECKING:
    _Widget = QWidget
else:
    _Widget = object


class Tinted(_Widget):
    """Mixin that writes `sheet` for the theme of the parent, and writes it again when the theme changes."""

    _sheet = ""

    def sheet(self, theme: Theme) -> str:
        """Give the style sheet for a theme."""
        return f"color: {theme.quiet}; background: transparent;"

    def tint(self) -> None:
        """Write the style sheet if it is another one now."""
        parent = self.parentWidget()
        sheet = self.sheet(Theme.of(parent if parent is not None else self))
        if sheet != self._sheet:
            self._sheet = sheet
            self.setStyleSheet(sheet)

    def changeEvent(self, event: QEvent | None) -> None:
        """Take on the window's new theme."""
        if event is not None and event.type() in THEME_EVENTS:
            self.tint()
        super().changeEvent(event)


class QuietLabel(Tinted, QLabel):
    """Text that steps back; wraps."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setWordWrap(True)
        self.tint()


class QuietLine(Tinted, QElidingLabel):
    """One line that steps back, elided where there is no room; the whole of it is its tooltip."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.tint()

    def say(self, text: str) -> None:
        """Show another text."""
        if text != self.text():
            self.setText(text)
            self.setToolTip(text)


class ActionButton(Tinted, QPushButton):
    """The one button that a step is about."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.tint()

    def sheet(self, theme: Theme) -> str:
        """Give the style sheet for a theme."""
        return (
            f"QPushButton {{ background: {theme.accent}; color: #ffffff; font-weight: bold; padding: 4px 18px; }}"
            f"QPushButton:hover {{ background: {theme.accent}; border: 1px solid {theme.text}; padding: 3px 17px; }}"
            f"QPushButton:disabled {{ background: {theme.faint}; color: {theme.quiet}; border: 0px; }}"
        )
