"""The story while someone watches: one evented object that holds one frozen state.

A person's wish changes the state at once. What takes time leaves as a `Task`, which whoever watches drains (the dock
in a thread, a test in place) and hands back; a result whose generation is not the lane's latest is dropped, so a slow
answer never overwrites a newer question. The session knows no thread, no Qt and no torch.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from psygnal import Signal

from napari_ben.plates import Role
from napari_ben.session import _arrivals as arrivals
from napari_ben.session import _pairing as pairing
from napari_ben.session import _tasks as tasks
from napari_ben.session._picture import develop
from napari_ben.session._resolve import Resolution, resolve
from napari_ben.session._state import ContextKind, Notice, RunOptions, RunState, SessionState, StepName
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
}


class Session:
    """One person's work on one screen.

    Attributes
    ----------
    changed
        Emitted with the new and the old state.
    wanted
        Emitted with a `Task` to be drained.
    unwanted
        Emitted with the lane whose task should stop and give what it has.
    developed
        Emitted with the channel of which a piece of the overview is new.
    """

    changed = Signal(SessionState, SessionState)
    wanted = Signal(Task)
    unwanted = Signal(str)
    developed = Signal(int)

    def __init__(self, state: SessionState | None = None) -> None:
        self._state = state or SessionState()
        self._generations: Counter[Lane] = Counter()
        self._cache: InputCache | None = None
        self._resolved: tuple[tuple[object, ...], Resolution] | None = None

    @property
    def state(self) -> SessionState:
        """The state now."""
        return self._state

    @property
    def resolution(self) -> Resolution:
        """What follows from the state; computed when asked for, and kept until a wish or a fact changes."""
        state = self._state
        wish = (state.choice, state.overrides, state.method, state.weight, state.options)
        depends_on = (state.plate, state.model, *wish)
        if self._resolved is None or self._resolved[0] != depends_on:
            self._resolved = (depends_on, resolve(state))
        return self._resolved[1]

    def open(self, path: Path, platemap: Path | None = None) -> None:
        """Open a folder as a plate or a screen; refused while a run is in flight."""
        self._open(path, f"Opening {path.name}", tasks.open_work(path, platemap))

    def open_sample(self) -> None:
        """Open the sample screen, drawing it first where it is not yet in the cache."""
        self._open(Path("the sample screen"), "Drawing the sample screen", tasks.sample_work())

    def show_plate(self, name: str) -> None:
        """Show another plate of the screen."""
        screen, shown = self._state.screen, self._state.plate
        if screen is not None and not (shown and shown.name == name):
            plate = screen[name]
            self._open(plate.path, f"Opening {name}", tasks.show_work(plate))

    def develop(self) -> None:
        """Fill the overview of the plate; asked for once its layers are there, so that reading does not delay them."""
        if self._state.plate is not None and self._state.picture is not None:
            work = develop(self._state.plate, self._state.picture)
            self._want("picture", f"Showing {self._state.plate.name}", work)

    def set_role(self, wells: Iterable[str], role: Role) -> None:
        """Give wells another role, as a person who knows better than the platemap."""
        if self._state.plate is not None and not self._refuse_while_running("context"):
            self._become(arrivals.with_plate(self._state, self._state.plate.with_roles(dict.fromkeys(wells, role))))

    def select(self, wells: Iterable[str]) -> None:
        """Select wells, whichever view they were picked in."""
        plate = self._state.plate
        chosen = set(wells)
        kept = () if plate is None else tuple(well for well in plate.wells.index if well in chosen)
        self._become(pairing.with_selection(self._state, kept))

    def choose_context(self, kind: ContextKind) -> None:
        """Take the statistics from the whole plate, its controls, or the selected wells."""
        self._become(pairing.with_context(self._state, kind))

    def colour_by(self, column: str) -> None:
        """Fill the wells of the grid by another column."""
        self._set(colour_by=column)

    def colour_points_by(self, column: str) -> None:
        """Colour the points of the embedding by another column."""
        self._set(points_by=column)

    def load_model(self, name: str | Path) -> None:
        """Load a model by name or file."""
        title = Path(name).stem
        self._set(loading=title)
        self._want("model", f"Loading {title}", tasks.model_work(name))

    def map_channel(self, channel: str, plate_channel: str) -> None:
        """Correct the guess of which plate channel a model channel is."""
        self._set(overrides=MappingProxyType({**self._state.overrides, channel: plate_channel}))

    def choose_method(self, method: str) -> None:
        """Choose how the statistics follow the plate."""
        self._become(pairing.with_method(self._state, method))

    def set_weight(self, weight: float | None) -> None:
        """Choose the controls' share of the statistics, None for the model's own; what was predicted is run again."""
        if self._state.run.is_busy or weight == self._state.weight:
            return
        self._set(weight=weight)
        if self._state.predictions is not None:
            self.run()

    def set_options(self, options: RunOptions) -> None:
        """Take over the person's preferences."""
        self._set(options=options)

    def find_device(self) -> None:
        """Find out what the network would run on, without loading torch here."""
        self._want("device", "Looking for a GPU", tasks.device_work())

    def run(self) -> None:
        """Run the plan that the state resolves to; does nothing where it is refused."""
        plan = self.resolution.plan
        if plan is None or self._state.run.is_busy:
            return
        self._forget("method")
        self._drop("layout")
        choice = replace(self._state.choice, is_following=False)
        self._set(run=RunState("running"), choice=choice)
        self._cache = self._cache or InputCache()
        self._want("run", "Predicting", tasks.run_work(plan, self._cache))

    def cancel(self) -> None:
        """Ask the run to stop; its finished wells stay."""
        if self._state.run.phase == "running":
            self._set(run=replace(self._state.run, phase="cancelling"))
            self.unwanted.emit("run")

    def show_layout(self, name: str) -> None:
        """Show another layout of the embedding, as soon as it is there."""
        self._set(layout=name)

    def cancel_layout(self) -> None:
        """Stop computing a layout."""
        self.unwanted.emit("layout")

    def export(self, folder: Path, formats: Sequence[str]) -> None:
        """Write the predictions of the shown plate to a folder."""
        if self._state.predictions is not None:
            self._forget("results")
            self._want("export", "Saving", tasks.export_work(self._state.predictions, folder, formats))

    def dismiss(self, step: StepName) -> None:
        """Take a notice away."""
        self._forget(step)

    def receive(self, task: Task, value: object) -> None:
        """Take what a task yielded."""
        if not self._is_current(task):
            return
        if task.lane == "picture" and isinstance(value, int):
            self.developed.emit(value)
        self._become(arrivals.on_step(self._state, task.lane, value))

    def finish(self, task: Task, value: object) -> None:
        """Take what a task returned, and ask for what follows it."""
        if not self._is_current(task):
            return
        self._generations[task.lane] += 1  # it is over: a step that comes late is stale
        if task.lane == "plate":
            self._drop("picture")  # of the plate before, which may have been asked for meanwhile
        self._become(arrivals.on_result(self._state, task.lane, value))
        state = self._state
        if task.lane in {"run", "plate"} and state.predictions and "UMAP" not in state.predictions.layouts:
            self._want("layout", "Embedding", tasks.layouts_work(state.predictions))

    def fail(self, task: Task, error: BaseException) -> None:
        """Take what went wrong in a task."""
        if self._is_current(task):
            self._generations[task.lane] += 1
            step = _STEP_OF_LANE[task.lane]
            self._become(arrivals.with_notice(arrivals.at_rest(self._state, task.lane), Notice.of(step, error)))

    def _is_current(self, task: Task) -> bool:
        return task.generation == self._generations[task.lane]

    def _want(self, lane: Lane, title: str, work: Work) -> None:
        self._generations[lane] += 1
        self.wanted.emit(Task(lane, self._generations[lane], title, work))

    def _open(self, path: Path, title: str, work: Work) -> None:
        if self._refuse_while_running("plate"):
            return
        self._drop("layout")
        self._drop("picture")
        self._cache = None
        self._set(opening=path)
        self._want("plate", title, work)

    def _drop(self, lane: Lane) -> None:
        self._generations[lane] += 1
        self._become(arrivals.at_rest(self._state, lane))
        self.unwanted.emit(lane)

    def _refuse_while_running(self, step: StepName) -> bool:
        if self._state.run.is_busy:
            notice = Notice(step, "A run is in progress on this plate.", "Wait for it, or cancel it first.")
            self._become(arrivals.with_notice(self._state, notice))
        return self._state.run.is_busy

    def _forget(self, step: StepName) -> None:
        self._become(arrivals.without_notice(self._state, step))

    def _set(self, **changes: Any) -> None:
        self._become(replace(self._state, **changes))

    def _become(self, state: SessionState) -> None:
        old, self._state = self._state, state
        if state != old:
            self.changed.emit(state, old)
