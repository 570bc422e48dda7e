"""Widgets with a colour of their own that still follow the window's theme."""

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QFrame, QLabel, QProgressBar, QPushButton, QSizePolicy, QWidget
from superqt import QElidingLabel

from napari_ben.widgets._palette import mix
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
        return f"color: {theme.quiet}; background: transparent; padding: 0px;"

    def tint(self) -> None:
        """Write the style sheet if it is another one now, by the parent's colours: its own are written here."""
        parent = self.parentWidget()
        if parent is None:
            return
        sheet = self.sheet(Theme.of(parent))
        if sheet != self._sheet:
            self._sheet = sheet
            self.setStyleSheet(sheet)

    def changeEvent(self, event: QEvent | None) -> None:
        """Take on the window's new theme."""
        if event is not None and event.type() in THEME_EVENTS:
            self.tint()
        super().changeEvent(event)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Take on the colours of a window that has only now got its own."""
        self.tint()
        super().showEvent(event)


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


class Line(Tinted, QFrame):
    """A hairline between two steps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(1)
        self.tint()

    def sheet(self, theme: Theme) -> str:
        """Give the style sheet for a theme."""
        return f"background: {theme.faint}; padding: 0px;"


class HeadingButton(Tinted, QPushButton):
    """The heading of a step; a press folds the step away or out again."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setCheckable(True)
        self.setChecked(True)
        self.setToolTip("Fold this step")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.tint()

    def sheet(self, theme: Theme) -> str:
        """Give the style sheet for a theme."""
        plain = "background: transparent; border: 0px; padding: 0px; font-weight: bold; text-align: left;"
        return f"QPushButton {{ {plain} }} QPushButton:focus {{ color: {theme.accent}; text-decoration: underline; }}"


class RunBar(Tinted, QProgressBar):
    """Progress with its words written in it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextVisible(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.tint()

    def sheet(self, theme: Theme) -> str:
        """Give the style sheet for a theme."""
        done = mix(theme.accent, theme.background, 0.35)
        return (
            f"QProgressBar {{ background: {theme.faint}; color: {theme.text}; border: 0px; border-radius: 2px;"
            f" min-height: 20px; }} QProgressBar::chunk {{ background: {done}; border-radius: 2px; }}"
        )


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
            f"QPushButton:focus {{ background: {theme.accent}; border: 2px solid {theme.text}; padding: 2px 16px; }}"
            f"QPushButton:disabled {{ background: {theme.faint}; color: {theme.quiet}; border: 0px; }}"
        )
