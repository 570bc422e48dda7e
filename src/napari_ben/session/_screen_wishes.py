"""What a person may wish of a whole screen."""

import os
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from time import monotonic

from napari_ben.session._changes import with_notice
from napari_ben.session._lanes import Lanes
from napari_ben.session._parts import Notice
from napari_ben.session._resolve import screen_config
from napari_ben.session._screen_state import ScreenRun, Workforce
from napari_ben.session._screen_work import ScreenNews, ScreenWish, recall_work, screen_work, survey_work
from napari_ben.session._tasks import Task
from napari_ben.workflow import Extras

_ENOUGH_CORES = 4
_CORES_A_WORKER = 4


def usual_workers(n_plates: int, device: str, cores: int | None = None) -> int | None:
    """Give how many processes to offer for a screen; None is this process alone.

    Parameters
    ----------
    n_plates
        Of the screen.
    device
        In words; a GPU serves one plate at a time.
    cores
        Of this machine; counted when None.

    Examples
    --------
    >>> usual_workers(24, "CPU", cores=2), usual_workers(24, "GPU: NVIDIA", cores=16)
    (None, None)
    """
    known = cores or os.cpu_count() or 1
    if known < _ENOUGH_CORES or device.startswith("GPU") or find_spec("distributed") is None:
        return None
    return min(max(2, known // _CORES_A_WORKER), n_plates)


class ScreenWishes(Lanes):
    """Wishes about all plates of the screen."""

    def run_screen(self, folder: Path, workforce: Workforce | None = None, n_resamples: int = 0) -> None:
        """Predict every plate into a folder, as the dock says; plates that are finished there are skipped."""
        wish = self._wish(folder, n_resamples)
        if wish is None or self._state.screen_run.is_busy:
            return
        self._forget("screen")
        steps = self._state.screen_run.steps if self._state.screen_run.folder == folder else {}
        self._set(screen_run=ScreenRun("running", folder, steps, monotonic()))
        title = f"Predicting {len(wish.screen)} plates of {wish.screen.name}"
        self._want("screen", title, screen_work(wish, workforce or Workforce()))

    def stop_screen(self) -> None:
        """Ask the run over the screen to stop; finished plates stay."""
        if self._state.screen_run.phase == "running":
            self._set(screen_run=replace(self._state.screen_run, phase="cancelling"))
            self.unwanted.emit("screen")

    def survey_screen(self, folder: Path, n_resamples: int = 0) -> None:
        """Find out which plates are finished in a folder already, and which would be refused."""
        wish = self._wish(folder, n_resamples)
        if wish is not None and not self._state.screen_run.is_busy:
            self._forget("screen")
            self._set(screen_run=ScreenRun(folder=folder))
            self._want("survey", f"Looking into {folder.name}", survey_work(wish))

    def receive(self, task: Task, value: object) -> None:
        """Take what a task yielded; results of the plate that is shown are shown as they are written."""
        super().receive(task, value)
        shown = self._state.plate
        if isinstance(value, ScreenNews) and value.step.outcome and shown and shown.name == value.step.plate:
            self._recall()

    def finish(self, task: Task, value: object) -> None:
        """Take what a task returned; a plate that was predicted with its screen is shown with its results."""
        super().finish(task, value)
        if task.lane in {"plate", "survey"}:
            self._recall()

    def _recall(self) -> None:
        state = self._state
        if state.plate is None or state.predictions is not None:
            return
        folder = state.screen_run.finished_in(state.plate.name)
        if folder is not None:
            self._want("recall", f"Reading the results of {state.plate.name}", recall_work(folder))

    def _refuse_while_screen_runs(self) -> bool:
        if self._state.screen_run.is_busy:
            notice = Notice("plate", "The plates of the screen are being predicted.", "Wait for them, or cancel first.")
            self._become(with_notice(self._state, notice))
        return self._state.screen_run.is_busy

    def _wish(self, folder: Path, n_resamples: int) -> ScreenWish | None:
        state = self._state
        if state.screen is None:
            return None
        if state.model is None:
            notice = Notice("screen", "No model is chosen yet.", "Choose one in the dock's Model step.")
            self._become(with_notice(state, notice))
            return None
        extras = Extras(n_resamples=n_resamples)
        return ScreenWish(state.screen, state.model, screen_config(state), folder, extras)
