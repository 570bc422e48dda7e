"""All runs of a plate in a table, and embeddings aligned on its controls as runs beside them."""

from collections.abc import Sequence

import pandas as pd
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from napari_ben.embedding import ALIGNMENTS
from napari_ben.evaluation import Estimate
from napari_ben.session import Session, SessionState
from napari_ben.widgets._chooser import Chooser
from napari_ben.widgets._step import GAP, NoticeLabel, row
from napari_ben.widgets._tinted import QuietLabel
from napari_ben.widgets._trust_ranking import fill_table, ranked_table

_USUAL = "tvn-csarmbn"
_ROWS_IN_SIGHT, _SCROLL_BAR = 5, 20
_MEANING = (
    "Instead of adapting the network, its embeddings can be aligned on the negative controls. Other plates of the "
    "screen whose classes are known then say what the classes look like."
)


class RunsTable(QWidget):
    """One row a run: how right it is, with an interval, and how many wells it gives each class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = ranked_table("Runs", ("Run",), self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)

    def show_runs(self, runs: pd.DataFrame) -> None:
        """Show a table of runs."""
        classes = [str(name) for name in runs.columns if name not in {"name", "right"}]
        self.table.setColumnCount(2 + len(classes))
        self.table.setHorizontalHeaderLabels(["Run", "Right (95 %)", *classes])
        fill_table(self.table, table_rows(runs, classes))
        self._make_room(len(runs))

    def _make_room(self, n_runs: int) -> None:
        """Ask for the height of the header, some rows and a scroll bar."""
        header, side = self.table.horizontalHeader(), self.table.verticalHeader()
        if header is not None and side is not None:
            rows = min(n_runs, _ROWS_IN_SIGHT) * side.defaultSectionSize()
            self.table.setMinimumHeight(header.sizeHint().height() + rows + _SCROLL_BAR)


def table_rows(runs: pd.DataFrame, classes: Sequence[str]) -> list[tuple[str, ...]]:
    """Write a table of runs in words."""
    return [
        (str(name), right_words(right), *(f"{number:,}" for number in counts))
        for name, right, counts in zip(runs["name"], runs["right"], runs[list(classes)].to_numpy(), strict=True)
    ]


def right_words(right: Estimate) -> str:
    """Say how right a run is.

    Examples
    --------
    >>> right_words(Estimate(0.9, 0.82, 0.95, 72))
    '90 % (82–95), 72 wells'
    """
    if not right.n:
        return "unknown"
    return f"{100 * right.value:.0f} % ({100 * right.low:.0f}–{100 * right.high:.0f}), {right.n} wells"


class AlignRow(QWidget):
    """Asks for aligned embeddings, and says what they are from."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.meaning = QuietLabel(_MEANING, self)
        self.names = Chooser("Alignment", self)
        for name, recipe in ALIGNMENTS.items():
            self.names.addItem(recipe.title, name)
        self.names.setCurrentIndex(self.names.findData(_USUAL))
        self.button = QPushButton("Align", self)
        self.button.setAutoDefault(False)
        self.button.clicked.connect(lambda _checked=False: self._on_pressed())
        self.busy = QuietLabel("", self)
        self.notice = NoticeLabel(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addWidget(self.meaning)
        layout.addLayout(row(self.names, self.button, stretch=0))
        for widget in (self.busy, self.notice):
            layout.addWidget(widget)
        layout.addStretch(1)

    def show_state(self, state: SessionState) -> None:
        """Show what is being aligned, or what came of it."""
        self.button.setText("Stop" if state.aligning else "Align")
        self.button.setEnabled(bool(state.aligning) or (state.model is not None and not state.run.is_busy))
        self.names.setEnabled(not state.aligning)
        self.busy.setText(state.aligning)
        self.busy.setVisible(bool(state.aligning))
        notice = state.notices.get("compare")
        if notice is None or notice.remedy:
            self.notice.show_notice(notice)
        else:
            self.notice.say(notice.problem)  # neither good nor bad: what the classes are from

    def _on_pressed(self) -> None:
        if self._session.state.aligning:
            self._session.stop_aligning()
        else:
            self._session.align(self.names.currentData())
