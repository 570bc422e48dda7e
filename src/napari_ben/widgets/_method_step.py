"""Step 4: how the statistics follow the plate, and the one button."""

from qtpy.QtWidgets import QWidget

from napari_ben.methods import METHODS
from napari_ben.session import Notice, Resolution, Session, SessionState, run_line
from napari_ben.widgets._chooser import Chooser
from napari_ben.widgets._step import NoticeLabel, Step, row
from napari_ben.widgets._timers import timer
from napari_ben.widgets._tinted import ActionButton, QuietLabel, RunBar
from napari_ben.widgets._weight_row import WeightRow

_BETWEEN_CLOCK_TICKS = 500


class MethodStep(Step):
    """Chooses the method, runs and cancels."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(4, "Method", parent)
        self._session = session
        self.methods = Chooser("Method", self, fewest=12)
        for name, method in METHODS.items():
            self.methods.addItem(method.title, name)
        self.methods.activated.connect(lambda _place: session.choose_method(self.methods.currentData()))
        self.button = ActionButton("Run", self)
        self.button.clicked.connect(self._on_pressed)
        self.sentence = QuietLabel("", self)
        self.weight = WeightRow(self)
        self.weight.chosen.connect(session.set_weight)
        self.warnings = NoticeLabel(self)
        self.progress = RunBar(self)
        self.progress.hide()
        self._clock = timer(self, _BETWEEN_CLOCK_TICKS, self._tick)
        self.body.addLayout(row(self.methods, self.button, stretch=0))
        self.body.addWidget(self.sentence)
        self.body.addWidget(self.weight)
        self.body.addWidget(self.warnings)
        self.body.addWidget(self.progress)

    def show_state(self, state: SessionState, resolution: Resolution) -> None:
        """Show the method, and what Run would do or is doing."""
        self.methods.setCurrentIndex(self.methods.findData(state.method))
        self.methods.setEnabled(not state.run.is_busy)
        self.sentence.setText(METHODS[state.method].sentence)
        self.weight.show_state(state, resolution)
        self._show_button(state, resolution)
        self._show_progress(state)
        self.set_state(_readiness(state, resolution))
        self.warnings.say("\n".join(resolution.run_warnings), "bad")
        self.notice.show_notice(state.notices.get("method") or resolution.refusals.get("method"))

    def _show_button(self, state: SessionState, resolution: Resolution) -> None:
        self.button.setText({"idle": "Run", "running": "Cancel", "cancelling": "Cancelling…"}[state.run.phase])
        can_run = state.run.phase == "idle" and resolution.plan is not None
        self.button.setEnabled(can_run or state.run.phase == "running")

    def _show_progress(self, state: SessionState) -> None:
        run = state.run
        self.progress.setVisible(run.is_busy)
        if not run.is_busy:
            self._clock.stop()
            return
        self.progress.setRange(0, run.total)
        self.progress.setValue(run.done)
        self.progress.setFormat(run_line(run))
        if not self._clock.isActive():
            self._clock.start()

    def _tick(self) -> None:
        self._show_progress(self._session.state)

    def _on_pressed(self) -> None:
        if self._session.state.run.phase == "running":
            self._session.cancel()
        else:
            self._session.run()


def _readiness(state: SessionState, resolution: Resolution) -> str:
    if state.run.is_busy:
        return ""
    if state.plate is None:
        return "open a plate first"
    if state.model is None:
        return "choose a model first"
    refused: Notice | None = next(iter(resolution.refusals.values()), None)
    return f"see {refused.step.capitalize()}" if refused is not None else "ready"
