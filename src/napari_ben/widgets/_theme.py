"""The colours of the window that a widget is in, whatever its theme.

napari themes its window with a style sheet, and Qt writes the result into every widget's palette; a widget that paints
itself reads its palette when it is polished and on every `StyleChange`. So no colour is written against a theme, and
there is no second switch for dark and light that could disagree with the first.
"""

from dataclasses import dataclass

from qtpy.QtCore import QEvent
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QWidget

from napari_ben.widgets._palette import is_bright, mix

THEME_EVENTS = (QEvent.Type.StyleChange, QEvent.Type.PaletteChange, QEvent.Type.FontChange)


@dataclass(frozen=True)
class Theme:
    """What a painted widget draws with, as ``#rrggbb``.

    Parameters
    ----------
    background, text
        Of the window.
    """

    background: str
    text: str

    @classmethod
    def of(cls, widget: QWidget) -> "Theme":
        """Colours of the window that the widget is in."""
        palette = widget.palette()
        return cls(
            background=palette.color(QPalette.ColorRole.Window).name(),
            text=palette.color(QPalette.ColorRole.WindowText).name(),
        )

    @property
    def is_dark(self) -> bool:
        """Whether the window is dark."""
        return not is_bright(self.background)

    @property
    def quiet(self) -> str:
        """Text that steps back: headers, counts."""
        return mix(self.text, self.background, 0.38)

    @property
    def faint(self) -> str:
        """Lines that are barely there: wells without images, frames."""
        return mix(self.background, self.text, 0.16)

    @property
    def plane(self) -> str:
        """A thing that lies in the window and says nothing by its colour: a well without a fill."""
        return mix(self.background, self.text, 0.15)

    @property
    def surface(self) -> str:
        """A plane that lies in the window: a canvas, the ground of a disc."""
        return mix(self.background, "#000000", 0.18) if self.is_dark else mix(self.background, "#ffffff", 0.6)

    @property
    def accent(self) -> str:
        """Where the keyboard is, and what is on."""
        return "#4c9be8" if self.is_dark else "#0b63b5"

    @property
    def good(self) -> str:
        """Words that confirm."""
        return "#6fd08c" if self.is_dark else "#1b7a3d"

    @property
    def bad(self) -> str:
        """Words that refuse."""
        return "#ff8a70" if self.is_dark else "#b3261e"
