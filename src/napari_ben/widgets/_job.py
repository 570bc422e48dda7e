"""The one place that knows a thread: drains the session's tasks and hands back what comes out, in the window's thread.

napari's own worker does it, so that a run shows in the activity dock and napari asks before it closes the window. Four
of its habits are worked around. It swallows every `RuntimeError`, so errors travel as values. All workers share one
small pool, so each of ours gives its place back: a UMAP that waits for its process must not hold up a run. It catches
the warnings of the whole process while it works, and where two workers overlap never lets go of them again. And
napari keeps, as long as the window, what would make it quit: that must keep neither it nor what a plate since closed
showed.

Drawing the canvas is thousands of calls, after each of which the window waits for the interpreter, by default up to
5 ms: beside a computing thread a frame took seconds. While a task runs, the interpreter is handed over more often.
"""

import sys
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Any
from weakref import ref

from napari.qt.threading import GeneratorWorker, create_worker
from napari.utils.notifications import notification_manager, show_error
from qtpy.QtCore import QThreadPool

from napari_ben.errors import NapariBenError
from napari_ben.session import STOP, RunStep, ScreenNews, Session, Task
from napari_ben.widgets._first_layers import prepare_layers

_USUAL, _BRISK = 5e-3, 5e-4
"""Seconds after which a thread hands the interpreter over: Python's own choice, and while a task runs."""
_QUIET = frozenset(
    {
        "device",
        "model",
        "export",
        "preview",
        "teach",
        "split",
        "save",
        "compare",
        "details",
        "session",
        "keep",
        "kept",
        "survey",
        "recall",
    }
)
"""Lanes that are over before a bar in the activity dock could be read."""


@dataclass(frozen=True)
class _Outcome:
    value: object = None
    error: Exception | None = None


def _drainer(task: Task, stop: Event) -> Callable[[], Generator[object, None, _Outcome]]:
    """Make the generator function that napari runs; its name is what napari says when asked to close meanwhile."""

    def drain() -> Generator[object, None, _Outcome]:
        answer = None
        if task.lane == "plate":
            prepare_layers()
        try:
            with closing(task.work):
                while True:
                    yield task.work.send(answer)
                    answer = STOP if stop.is_set() else None
        except StopIteration as finished:
            return _Outcome(finished.value)
        except Exception as error:  # noqa: BLE001  the one boundary that reports to the person
            return _Outcome(error=error)

    drain.__qualname__ = task.title
    return drain


class _Worker(GeneratorWorker):
    """Ends in silence when the window, and with it Qt, ended first: nobody is left to tell."""

    def run(self) -> None:
        """Work, in a thread of Qt's pool."""
        with suppress(RuntimeError):  # what a signal raises whose object is gone
            self.started.emit()
            with closing(self._gen):  # here, because a window that closes does not come to it
                outcome = self.work()
            if not self.abort_requested:
                self.returned.emit(outcome)
            self.finished.emit()
            self._finished.emit(self)

    @property
    def quit(self) -> Callable[[], None]:
        """What makes it give up; it leads back to a living worker only."""
        return partial(_give_up, ref(self))


def _give_up(worker: "ref[_Worker]") -> None:
    if (living := worker()) is not None:
        GeneratorWorker.quit(living)


class JobRunner:
    """Drains what the session wants done.

    Parameters
    ----------
    session
        Whose tasks these are; it gets back what they yield, return or raise.
    """

    def __init__(self, session: Session) -> None:
        self._session = ref(session)
        self._workers: dict[Task, tuple[Any, Event]] = {}
        session.wanted.connect(self.start)
        session.unwanted.connect(self.stop)

    def start(self, task: Task) -> None:
        """Drain a task in a thread."""
        stop = Event()
        worker = create_worker(
            _drainer(task, stop),
            _start_thread=False,
            _progress=None if task.lane in _QUIET else {"desc": task.title},
            _worker_class=_Worker,
            _connect={
                "yielded": lambda value: self._on_yielded(task, value),
                "returned": lambda outcome: self._on_returned(task, outcome),
                "finished": lambda: self._on_finished(task),
            },
        )
        self._workers[task] = worker, stop
        sys.setswitchinterval(_BRISK)
        if (pool := QThreadPool.globalInstance()) is not None:
            pool.releaseThread()
        worker.start()

    def stop(self, lane: str) -> None:
        """Ask the tasks of a lane to stop and to return what they have."""
        for task, (_, stop) in self._workers.items():
            if task.lane == lane:
                stop.set()

    def stop_all(self) -> None:
        """Stop everything and listen no longer: the dock is closing."""
        if (session := self._session()) is not None:
            session.wanted.disconnect(self.start)
            session.unwanted.disconnect(self.stop)
        for _, stop in self._workers.values():
            stop.set()

    def _on_yielded(self, task: Task, value: object) -> None:
        if (session := self._session()) is not None:
            session.receive(task, value)  # first: napari's bar lets other events in, even the end of this task
        bar = self._workers[task][0].pbar if task in self._workers else None
        if isinstance(value, RunStep | ScreenNews) and bar is not None:
            bar.total = value.progress.total
            bar.update(value.progress.done - bar.n)

    def _on_returned(self, task: Task, outcome: _Outcome) -> None:
        session = self._session()
        if session is None:
            return
        if outcome.error is None:
            session.finish(task, outcome.value)
            return
        session.fail(task, outcome.error)
        if isinstance(outcome.error, NapariBenError):
            show_error(str(outcome.error))
        else:
            notification_manager.receive_error(type(outcome.error), outcome.error, outcome.error.__traceback__)

    def _on_finished(self, task: Task) -> None:
        self._workers.pop(task, None)
        if not self._workers:
            sys.setswitchinterval(_USUAL)
        if (pool := QThreadPool.globalInstance()) is not None:
            pool.reserveThread()
