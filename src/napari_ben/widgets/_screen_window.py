"""The whole screen: where its results go, who predicts it, and a row for each plate."""

from pathlib import Path

from platformdirs import user_documents_path
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from napari_ben.methods import METHODS
from napari_ben.session import Session, SessionState, Workforce, screen_line, screen_rows, usual_workers
from napari_ben.widgets._chooser import Chooser
from napari_ben.widgets._reading_order import ReadInOrder
from napari_ben.widgets._screen_table import PlatesTable
from napari_ben.widgets._step import GAP, MARGIN, NoticeLabel, row
from napari_ben.widgets._timers import timer
from napari_ben.widgets._tinted import ActionButton, QuietLabel, RunBar

_UNTIL_SURVEYED = 400  # ms without another wish
_TICK = 500
_ADDRESS_WIDTH = 180
_RESAMPLES_HELP = (
    "How often the context's wells are drawn anew to say how stable the classes are.\n"
    "Each draw is one more run of every plate; 10 are usual."
)
_WISHES = ("screen", "model", "method", "choice", "weight", "overrides", "plate")


class WorkforceRow(QWidget):
    """Chooses who predicts: this process, processes on this machine, or the workers of a scheduler."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = Chooser("Who predicts the plates", self, fewest=14)
        for title, key in (("in this process", ""), ("processes here:", "workers"), ("dask scheduler:", "scheduler")):
            self.kind.addItem(title, key)
        self.workers = QSpinBox(self)
        self.workers.setRange(1, 64)
        self.workers.setValue(2)
        self.workers.setAccessibleName("How many processes")
        self.workers.setToolTip("They share the cores and the free memory; each takes one plate at a time.")
        self.scheduler = QLineEdit(self)
        self.scheduler.setPlaceholderText("tcp://head:8786")
        self.scheduler.setAccessibleName("Address of the scheduler")
        self.scheduler.setMinimumWidth(_ADDRESS_WIDTH)
        self.scheduler.setToolTip("Its workers must see images and results under the same paths.")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        for widget in (self.kind, self.workers, self.scheduler):
            layout.addWidget(widget)
        self.kind.currentIndexChanged.connect(lambda _place: self._show_kind())
        self._show_kind()

    def offer(self, workers: int | None) -> None:
        """Choose this many processes, or this process alone."""
        self.kind.setCurrentIndex(self.kind.findData("" if workers is None else "workers"))
        self.workers.setValue(workers or self.workers.value())

    def value(self) -> Workforce:
        """Give what is chosen."""
        match self.kind.currentData():
            case "workers":
                return Workforce(workers=self.workers.value())
            case "scheduler":
                return Workforce(scheduler=self.scheduler.text().strip())
        return Workforce()

    def _show_kind(self) -> None:
        self.workers.setVisible(self.kind.currentData() == "workers")
        self.scheduler.setVisible(self.kind.currentData() == "scheduler")


class ScreenWindow(ReadInOrder, QDialog):
    """Predicts all plates of the screen, and shows how good each is; closing it does not stop the run.

    Parameters
    ----------
    session
        Whose screen this is.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setWindowTitle("Screen")
        self.setWindowFlag(Qt.WindowType.Window)
        self.resize(920, 560)
        self.wish = QuietLabel("", self)
        self.folder = QLineEdit(self)
        self.folder.setAccessibleName("Folder of the results")
        self.folder.textChanged.connect(self.folder.setToolTip)  # which shows the whole of a long one
        self.choose = QPushButton("Choose…", self)
        self.workforce = WorkforceRow(self)
        self.resamples = QSpinBox(self)
        self.resamples.setRange(0, 100)
        self.resamples.setSpecialValueText("no")
        self.resamples.setAccessibleName("Stability draws")
        self.resamples.setToolTip(_RESAMPLES_HELP)
        self.table = PlatesTable(self)
        self.progress = RunBar(self)
        self.notice = NoticeLabel(self)
        self.button = ActionButton("Run all", self)
        self._survey = timer(self, _UNTIL_SURVEYED, self._look, once=True)
        self._clock = timer(self, _TICK, self._show_progress)
        self._lay_out()
        self._connect()
        state = session.state
        self.folder.setText(str(state.screen_run.folder or _usual_folder(state)))
        self.workforce.offer(usual_workers(len(state.screen or ()), state.device))
        self._show(state)
        if not state.screen_run.outcomes:
            self._survey.start()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(GAP)
        layout.addWidget(self.wish)
        layout.addLayout(row(QLabel("Results in", self), self.folder, self.choose, stretch=1))
        layout.addLayout(
            row(QLabel("Predicted", self), self.workforce, QLabel("Stability draws", self), self.resamples)
        )
        layout.addWidget(self.table, 1)
        layout.addWidget(self.notice)
        layout.addLayout(row(self.progress, self.button, stretch=0))

    def _connect(self) -> None:
        self._session.changed.connect(self._on_changed)
        self.finished.connect(self._leave)
        self.choose.clicked.connect(self.ask_for_folder)
        self.button.clicked.connect(self._on_pressed)
        self.folder.textEdited.connect(lambda _text: self._survey.start())
        self.resamples.valueChanged.connect(lambda _value: self._survey.start())
        self.table.plate_activated.connect(self._session.show_plate)
        self.button.setAutoDefault(False)
        self.choose.setAutoDefault(False)

    def _leave(self, _result: int) -> None:
        self._session.changed.disconnect(self._on_changed)

    def _on_changed(self, state: SessionState, old: SessionState) -> None:
        if state.screen_run is not old.screen_run or state.notices is not old.notices:
            self._show(state)
        if any(getattr(state, name) is not getattr(old, name) for name in _WISHES):
            self._show(state)
            if state.plate is old.plate or state.screen is not old.screen:
                self._survey.start()

    def _look(self) -> None:
        if self.folder.text().strip():
            self._session.survey_screen(self._folder(), self.resamples.value())

    def _folder(self) -> Path:
        return Path(self.folder.text().strip()).expanduser()

    def _show(self, state: SessionState) -> None:
        self.setWindowTitle("Screen" if state.screen is None else f"Screen {state.screen.name}")
        self.wish.setText(_wish_words(state))
        self.table.plates.show_rows(screen_rows(state))
        self.notice.show_notice(state.notices.get("screen"))
        phase = state.screen_run.phase
        self.button.setText({"idle": "Run all", "running": "Cancel", "cancelling": "Cancelling…"}[phase])
        self.button.setEnabled(phase != "cancelling" and state.screen is not None)
        for widget in (self.folder, self.choose, self.workforce, self.resamples):
            widget.setEnabled(phase == "idle")
        self._show_progress()

    def _show_progress(self) -> None:
        run, n_plates = self._session.state.screen_run, len(self._session.state.screen or ())
        self.progress.setRange(0, max(n_plates, 1))
        self.progress.setValue(len(run.outcomes))
        self.progress.setFormat(screen_line(run, n_plates))
        if run.is_busy and not self._clock.isActive():
            self._clock.start()
        elif not run.is_busy:
            self._clock.stop()

    def _on_pressed(self) -> None:
        if self._session.state.screen_run.phase == "running":
            self._session.stop_screen()
        elif self.folder.text().strip():
            self._survey.stop()
            self._session.run_screen(self._folder(), self.workforce.value(), self.resamples.value())

    def ask_for_folder(self) -> None:
        """Ask for the folder of the results."""
        folder = QFileDialog.getExistingDirectory(self, "A folder for the results of the screen", self.folder.text())
        if folder:
            self.folder.setText(folder)
            self._look()


def _usual_folder(state: SessionState) -> Path:
    name = "screen" if state.screen is None else state.screen.name
    return user_documents_path() / "napari-ben" / name


def _wish_words(state: SessionState) -> str:
    """Say how the plates will be predicted: as the dock says for the one that is shown."""
    parts = [METHODS[state.method].title]
    if state.method != "none":
        choice = state.choice
        parts.append({"plate": "whole plate", "controls": choice.controls, "wells": "picked wells"}[choice.kind])
    parts.append("no model yet" if state.model is None else state.model.card.name)
    return f"Every plate with statistics of its own, as chosen in the dock: {' · '.join(parts)}"
