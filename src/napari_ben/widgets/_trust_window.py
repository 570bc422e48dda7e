"""How far the run that is shown can be trusted: steady classes, drifted statistics, wells that move them."""

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from napari_ben.session import Session, SessionState, run_name, trust_refusal, trusting_line
from napari_ben.widgets._reading_order import ReadInOrder
from napari_ben.widgets._segments import Segments
from napari_ben.widgets._step import GAP, MARGIN, NoticeLabel, row
from napari_ben.widgets._timers import timer
from napari_ben.widgets._tinted import QuietLine, RunBar
from napari_ben.widgets._trust_pages import DriftPage, Page, StabilityPage, WellsPage

_PARTS = {"stability": "Stability", "drift": "Drift", "wells": "Wells"}
_BAR_STEPS = 1000
_BETWEEN_CLOCK_TICKS = 500


class TrustWindow(ReadInOrder, QDialog):
    """Shows what is known about a run, and finds out more; what is selected here is selected everywhere.

    Parameters
    ----------
    session
        Whose run this is.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._asked: object = None
        self.setWindowTitle("Trust in a run")
        self.setWindowFlag(Qt.WindowType.Window)
        self.resize(940, 680)
        self.plate = QLabel("", self)
        self.plate.setStyleSheet("font-weight: bold;")
        self.run = QuietLine("", self)
        self.parts = Segments(_PARTS, self)
        self.pages: dict[str, Page] = {
            "stability": StabilityPage(session, self),
            "drift": DriftPage(session, self),
            "wells": WellsPage(session, self),
        }
        self.refusal = QLabel("", self)
        self.refusal.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.refusal.setWordWrap(True)
        self.stack = QStackedWidget(self)
        self.notice = NoticeLabel(self)
        self.progress = RunBar(self)
        self.cancel = QPushButton("Cancel", self)
        self.cancel.setAutoDefault(False)
        self._clock = timer(self, _BETWEEN_CLOCK_TICKS, self._show_progress)
        self._lay_out()
        self._connect()
        self._show(session.state)

    def _lay_out(self) -> None:
        for page in (*self.pages.values(), self.refusal):
            self.stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(GAP)
        layout.addLayout(row(self.plate, self.run, stretch=1))
        layout.addLayout(row(self.parts))
        layout.addWidget(self.stack, 1)
        layout.addWidget(self.notice)
        layout.addLayout(row(self.progress, self.cancel, stretch=0))

    def _connect(self) -> None:
        self.parts.chosen.connect(self.show_part)
        self.parts.set_value("stability")
        for page in self.pages.values():
            page.wells_selected.connect(self._session.select)
        self.cancel.clicked.connect(lambda _checked=False: self._session.stop_trusting())
        self._session.changed.connect(self._on_changed)
        self.finished.connect(self._leave)

    def show_part(self, name: str) -> None:
        """Show one of the parts: ``stability``, ``drift`` or ``wells``."""
        self.parts.set_value(name)
        self._show(self._session.state)

    def _leave(self, _result: int) -> None:
        self._clock.stop()
        self._session.changed.disconnect(self._on_changed)

    def _on_changed(self, state: SessionState, old: SessionState) -> None:
        if state.selected != old.selected:
            for page in self.pages.values():
                page.show_selection(state.selected)
        self._show(state)

    def _show(self, state: SessionState) -> None:
        refusal = trust_refusal(state)
        self.plate.setText("" if state.plate is None else state.plate.name)
        self.run.say("" if state.predictions is None else run_name(state.predictions))
        self.refusal.setText(refusal)
        for name in _PARTS:
            self.parts.button(name).setEnabled(not refusal)
        self.stack.setCurrentWidget(self.refusal if refusal else self.pages[self.parts.value()])
        self.notice.show_notice(state.notices.get("trust"))
        self._show_progress()
        if not refusal:
            for page in self.pages.values():
                page.show_state(state)
            self._compare(state)

    def _show_progress(self) -> None:
        trusting = self._session.state.trusting
        is_long = trusting.study in {"stability", "wells"}
        self.progress.setVisible(is_long)
        self.cancel.setVisible(is_long)
        self.cancel.setEnabled(trusting.phase == "running")
        if not is_long:
            self._clock.stop()
            return
        self.progress.setRange(0, _BAR_STEPS)
        self.progress.setValue(round(_BAR_STEPS * trusting.share))
        self.progress.setFormat(trusting_line(trusting))
        if not self._clock.isActive():
            self._clock.start()

    def _compare(self, state: SessionState) -> None:
        """Ask for what costs nothing; once for each set of runs, however that ends."""
        wish = (state.predictions, state.results)
        is_free = state.trusting.study is None and not state.run.is_busy
        if is_free and wish != self._asked and self._session.needs_drift():
            self._asked = wish
            self._session.measure_drift()
