"""One step of the dock: a number and a name on the left, how it stands on the right, and its controls below."""

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from napari_ben.session import Notice
from napari_ben.widgets._theme import Theme
from napari_ben.widgets._tinted import HeadingButton, QuietLabel, QuietLine

MARGIN = 10
GAP = 6


class NoticeLabel(QuietLabel):
    """A guard rail, a refusal or a confirmation, in words; hidden when there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._tone = "quiet"
        super().__init__("", parent)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hide()

    def sheet(self, theme: Theme) -> str:
        """Give the style sheet for a theme."""
        ink = {"quiet": theme.quiet, "good": theme.good, "bad": theme.bad}[self._tone]
        return f"color: {ink}; background: transparent; padding: 0px;"

    def say(self, text: str, tone: str = "quiet") -> None:
        """Show a text in a tone: ``quiet``, ``good`` or ``bad``."""
        self._tone = tone
        self.tint()
        if text != self.text():
            self.setText(text)
        self.setVisible(bool(text))

    def show_notice(self, notice: Notice | None) -> None:
        """Show what went wrong and what to do; a notice without a remedy confirms."""
        if notice is None:
            self.say("")
        elif notice.remedy:
            self.say(f"{notice.problem} {notice.remedy}", "bad")
        else:
            self.say(notice.problem, "good")


class Step(QWidget):
    """One step of the dock.

    Parameters
    ----------
    number, title
        Its heading.
    """

    def __init__(self, number: int, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = HeadingButton(f"{number}   {title}", self)
        self.state = QuietLine("", self)
        self.state.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.content = QWidget(self)
        self.notice = NoticeLabel(self)
        self.heading.toggled.connect(self.content.setVisible)
        header = QHBoxLayout()
        header.setSpacing(MARGIN)
        header.addWidget(self.heading)
        header.addWidget(self.state, 1)
        self.body = QVBoxLayout(self.content)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(GAP)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(GAP)
        layout.addLayout(header)
        layout.addWidget(self.content)
        layout.addWidget(self.notice)

    def set_state(self, text: str) -> None:
        """Say in one line how the step stands."""
        self.state.say(text)


def row(*widgets: QWidget, stretch: int | None = None) -> QHBoxLayout:
    """Lay widgets side by side; the one at `stretch` takes the room that is left, otherwise a gap at the end does."""
    layout = QHBoxLayout()
    layout.setSpacing(GAP)
    for place, widget in enumerate(widgets):
        layout.addWidget(widget, int(place == stretch))
    if stretch is None:
        layout.addStretch(1)
    return layout
