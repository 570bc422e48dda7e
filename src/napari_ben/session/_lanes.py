"""Work in flight: who asked, what comes back, and what comes too late.

What takes time leaves as a `Task`, which whoever watches drains (the dock in a thread, a test in place) and hands back;
a result whose generation is not the lane's latest is dropped, so a slow answer never overwrites a newer question.
"""

from collections import Counter
from dataclasses import replace
from typing import Any

from psygnal import Signal

from napari_ben.session import _arrivals as arrivals
from napari_ben.session import _layouts as layouts
from napari_ben.session._changes import with_notice, without_notice
from napari_ben.session._parts import Notice, StepName
from napari_ben.session._state import SessionState
from napari_ben.session._tasks import Lane, Task, Work
from napari_ben.workflow import InputCache

_STEP_OF_LANE: dict[Lane, StepName] = {
    "plate": "plate",
    "model": "model",
    "run": "method",
    "layout": "results",
    "export": "results",
    "device": "model",
    "picture": "plate",
    "details": "plate",
    "preview": "plate",
    "teach": "teach",
    "save": "teach",
    "compare": "results",
    "quality": "plate",
    "train": "train",
    "split": "train",
    "session": "plate",
    "keep": "method",
    "kept": "plate",
    "trust": "trust",
    "align": "compare",
    "screen": "screen",
    "survey": "screen",
    "recall": "results",
}

_WITH_RESULTS: frozenset[Lane] = frozenset({"run", "plate", "teach", "recall"})


class Lanes:
    """One state, and a lane for each kind of work that changes it.

    Attributes
    ----------
    changed
        Emitted with the new and the old state.
    wanted
        Emitted with a `Task` to be drained.
    unwanted
        Emitted with the lane whose task should stop and give what it has.
    developed
        Emitted with the channels of which something new can be shown.
    """

    changed = Signal(SessionState, SessionState)
    wanted = Signal(Task)
    unwanted = Signal(str)
    developed = Signal(tuple)

    def __init__(self, state: SessionState | None = None) -> None:
        self._state = state or SessionState()
        self._generations: Counter[Lane] = Counter()
        self._cache: InputCache | None = None

    @property
    def state(self) -> SessionState:
        """The state now."""
        return self._state

    def receive(self, task: Task, value: object) -> None:
        """Take what a task yielded."""
        if not self._is_current(task):
            return
        if task.lane in {"picture", "details"} and isinstance(value, tuple):
            self.developed.emit(value)
        self._become(arrivals.on_step(self._state, task.lane, value))

    def finish(self, task: Task, value: object) -> None:
        """Take what a task returned, and ask for what follows it."""
        if not self._is_current(task):
            return
        self._generations[task.lane] += 1  # it is over: a step that comes late is stale
        if task.lane == "plate":
            self._drop("picture")  # of the plate before, which may have been asked for meanwhile
            self._drop("details")
        self._become(arrivals.on_result(self._state, task.lane, value))
        state = self._state
        if task.lane in _WITH_RESULTS and state.predictions and "UMAP" not in state.predictions.layouts:
            self._set(layout_note="Laying the points out")
            self._want("layout", "Embedding", layouts.layouts_work(state.predictions, state.placed))

    def fail(self, task: Task, error: BaseException) -> None:
        """Take what went wrong in a task."""
        if self._is_current(task):
            self._generations[task.lane] += 1
            step = _STEP_OF_LANE[task.lane]
            self._become(with_notice(arrivals.at_rest(self._state, task.lane), Notice.of(step, error)))

    def _shared_cache(self) -> InputCache:
        """Give the decoded images of the plate, which all its runs share."""
        self._cache = self._cache or InputCache()
        return self._cache

    def _is_current(self, task: Task) -> bool:
        return task.generation == self._generations[task.lane]

    def _want(self, lane: Lane, title: str, work: Work) -> None:
        self._generations[lane] += 1
        self.wanted.emit(Task(lane, self._generations[lane], title, work))

    def _drop(self, lane: Lane) -> None:
        self._generations[lane] += 1
        self._become(arrivals.at_rest(self._state, lane))
        self.unwanted.emit(lane)

    def _refuse_while_running(self, step: StepName) -> bool:
        if self._state.run.is_busy:
            notice = Notice(step, "A run is in progress on this plate.", "Wait for it, or cancel it first.")
            self._become(with_notice(self._state, notice))
        return self._state.run.is_busy

    def _forget(self, step: StepName) -> None:
        self._become(without_notice(self._state, step))

    def _set(self, **changes: Any) -> None:
        self._become(replace(self._state, **changes))

    def _become(self, state: SessionState) -> None:
        old, self._state = self._state, state
        if state != old:
            self.changed.emit(state, old)
