"""What a person wishes of a session as a whole, and what is kept without being asked."""

from pathlib import Path
from time import monotonic
from uuid import uuid4

from napari_ben.session._kept import can_be_kept, find_kept_work, keep_work, kept_file, save_session_work
from napari_ben.session._lanes import Lanes
from napari_ben.session._parts import Look
from napari_ben.session._reopening import Reopened
from napari_ben.session._session_file import SUFFIX, is_session_file
from napari_ben.session._state import SessionState
from napari_ben.session._tasks import RunStep, Task

BETWEEN_KEEPS = 30.0
"""Seconds between two times at which the finished wells of a run are written."""


class Safekeeping(Lanes):
    """Saves sessions, and keeps runs safe from a crash."""

    def __init__(self, state: SessionState | None = None) -> None:
        super().__init__(state)
        self._program = uuid4().hex[:12]
        self._due = 0.0

    def save_session(self, path: Path, look: Look | None = None) -> None:
        """Save everything that is open to one file.

        Parameters
        ----------
        path
            Of the file; its ending is added where it is missing.
        look
            What is seen on the canvas.
        """
        file = path if is_session_file(path) else path.with_name(path.name + SUFFIX)
        self._forget("plate")
        self._want("session", f"Saving {file.name}", save_session_work(self._state, file, look, self._program))

    def receive(self, task: Task, value: object) -> None:
        """Take what a task yielded, and write finished wells down now and then."""
        super().receive(task, value)
        if isinstance(value, RunStep) and value.predictions is not None and monotonic() >= self._due:
            self._keep()

    def finish(self, task: Task, value: object) -> None:
        """Take what a task returned; runs that ended are kept, and a plate that was opened may have kept ones."""
        if isinstance(value, Reopened) and self._is_current(task):
            self._drop("model")  # asked for before: the session has its own
        super().finish(task, value)
        if task.lane in {"run", "layout", "teach"}:
            self._keep()
        elif task.lane == "plate" and (plate := self._state.plate) is not None and can_be_kept(plate):
            self._want("kept", f"Looking for unsaved runs of {plate.name}", find_kept_work(plate, self._program))

    def _keep(self) -> None:
        state = self._state
        if state.plate is None or state.predictions is None or not can_be_kept(state.plate):
            return
        self._due = monotonic() + BETWEEN_KEEPS
        self._drop("keep")
        work = keep_work(state, kept_file(state.plate, self._program))
        self._want("keep", f"Keeping the runs of {state.plate.name} safe", work)
