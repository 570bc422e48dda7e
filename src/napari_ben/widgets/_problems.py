"""What is wrong with a plate: the first problem in words, and all of them on request."""

from collections.abc import Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from napari_ben.widgets._step import GAP, NoticeLabel


class ProblemsList(QWidget):
    """One line for the first problem, a button for the others; hidden when there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._problems: tuple[str, ...] = ()
        self.words = NoticeLabel(self)
        self.toggle = QPushButton(self)
        self.toggle.setFlat(True)
        self.toggle.setCheckable(True)
        self.toggle.toggled.connect(lambda is_unfolded: self._say(is_unfolded=is_unfolded))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(self.words)
        layout.addWidget(self.toggle, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def show_problems(self, problems: Sequence[str]) -> None:
        """Show these problems, folded."""
        self._problems = tuple(problems)
        self.toggle.setVisible(len(self._problems) > 1)
        self.toggle.setChecked(False)
        self._say(is_unfolded=False)
        self.setVisible(bool(self._problems))

    def _say(self, *, is_unfolded: bool) -> None:
        shown = self._problems if is_unfolded else self._problems[:1]
        bullet = "• " if len(shown) > 1 else ""
        self.words.say("\n".join(f"{bullet}{problem}" for problem in shown), "bad")
        self.toggle.setText("Show the first only" if is_unfolded else f"Show all {len(self._problems)} problems")
