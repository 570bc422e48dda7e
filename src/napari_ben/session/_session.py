"""The story while someone watches: one evented object that holds one frozen state.

What a person may wish, each wish a method. It changes the state at once, or asks for the work that will (see `_lanes`).
The session knows no thread, no Qt and no torch.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from napari_ben.errors import NapariBenError
from napari_ben.plates import Role, View, ZChoice
from napari_ben.session import _pairing as pairing
from napari_ben.session import _tasks as tasks
from napari_ben.session._align import AlignWishes
from napari_ben.session._changes import with_notice, with_plate, without_notice
from napari_ben.session._parts import ContextKind, Notice, RunOptions, RunState, StepName
from napari_ben.session._picture import develop
from napari_ben.session._reopening import reopen_work
from napari_ben.session._resolve import Resolution, resolve
from napari_ben.session._safekeeping import Safekeeping
from napari_ben.session._screen_wishes import ScreenWishes
from napari_ben.session._session_file import is_session_file
from napari_ben.session._state import SessionState
from napari_ben.session._studies import Studies
from napari_ben.session._tasks import Work
from napari_ben.session._training import TrainingWishes
from napari_ben.session._trust_wishes import TrustWishes


class Session(Studies, TrainingWishes, TrustWishes, AlignWishes, ScreenWishes, Safekeeping):
    """One person's work on one screen."""

    def __init__(self, state: SessionState | None = None) -> None:
        super().__init__(state)
        self._resolved: tuple[tuple[object, ...], Resolution] | None = None

    @property
    def resolution(self) -> Resolution:
        """What follows from the state; computed when asked for, and kept until a wish or a fact changes."""
        state = self._state
        wish = (state.choice, state.overrides, state.method, state.weight, state.options)
        depends_on = (state.plate, state.model, *wish)
        if self._resolved is None or self._resolved[0] != depends_on:
            self._resolved = (depends_on, resolve(state))
        return self._resolved[1]

    def open(
        self,
        path: Path,
        platemap: Path | None = None,
        *,
        layout: str | None = None,
        pattern: str | None = None,
        view: View | None = None,
    ) -> None:
        """Open a folder as a plate or a screen, or a session file; refused while a run is in flight."""
        if self._refuse_while_screen_runs():
            return
        if is_session_file(path):
            self.open_session(path)
            return
        self._open(path, f"Opening {path.name}", tasks.open_work(path, platemap, layout, pattern, view))

    def open_session(self, file: Path, source: Path | None = None) -> None:
        """Go on where a session was saved.

        Parameters
        ----------
        file
            The session file.
        source
            Where its plate lies now, when it has moved.
        """
        self._open(file, f"Opening {file.name}", reopen_work(file, source))

    def bring_back(self) -> None:
        """Show the runs that an earlier program left unsaved."""
        if self._state.kept is not None:
            self.open_session(self._state.kept.file)

    def preview_pattern(self, path: Path, pattern: str) -> None:
        """Find out what a pattern makes of the names in a folder."""
        self._want("preview", f"Trying a pattern on {path.name}", tasks.preview_work(path, pattern))

    def open_sample(self) -> None:
        """Open the sample screen, drawing it first where it is not yet in the cache."""
        if self._refuse_while_screen_runs():
            return
        self._open(Path("the sample screen"), "Drawing the sample screen", tasks.sample_work())

    def show_plate(self, name: str) -> None:
        """Show another plate of the screen."""
        screen, shown = self._state.screen, self._state.plate
        if screen is not None and not (shown and shown.name == name):
            plate = screen[name]
            self._open(plate.path, f"Opening {name}", tasks.show_work(plate))

    def show_view(self, *, z: ZChoice | None = None, time: int | None = None, acquisition: str | None = None) -> None:
        """Show another z plane, time point or acquisition of the plate."""
        if (plate := self._state.plate) is not None:
            self._open(plate.path, f"Showing {plate.name}", tasks.view_work(plate, z, time, acquisition))

    def develop(self) -> None:
        """Fill the overview of the plate; asked for once its layers are there, so that reading does not delay them."""
        if self._state.plate is not None and self._state.picture is not None:
            work = develop(self._state.plate, self._state.picture)
            self._want("picture", f"Showing {self._state.plate.name}", work)

    def look_closer(self) -> None:
        """Read what the canvas shows coarsely because it is not in memory."""
        if self._state.picture is not None:
            self._want("details", "Looking closer", self._state.picture.details.look_closer())

    def set_role(self, wells: Iterable[str], role: Role) -> None:
        """Give wells another role, as a person who knows better than the platemap."""
        if self._state.plate is not None and not self._refuse_while_running("context"):
            self._become(with_plate(self._state, self._state.plate.with_roles(dict.fromkeys(wells, role))))

    def confirm_suggestions(self) -> None:
        """Give the wells the roles that the platemap's words suggest."""
        if self._state.plate is not None and not self._refuse_while_running("plate"):
            plate = self._state.plate.with_suggested_roles()
            self._become(with_plate(self._state, plate))

    def select(self, wells: Iterable[str]) -> None:
        """Select wells, whichever view they were picked in."""
        plate = self._state.plate
        chosen = set(wells)
        kept = () if plate is None else tuple(well for well in plate.wells.index if well in chosen)
        self._become(pairing.with_selection(self._state, kept))

    def choose_context(self, kind: ContextKind) -> None:
        """Take the statistics from the whole plate, its controls, or the selected wells."""
        self._become(pairing.with_context(self._state, kind))

    def choose_controls(self, controls: str) -> None:
        """Take the statistics from another set of controls, such as ``controls:positive`` or ``controls:shared``."""
        state = self._state
        if state.screen is None or state.plate is None or self._refuse_while_running("context"):
            return
        try:
            screen = state.screen.ready_for(controls)
        except NapariBenError as error:
            self._become(with_notice(state, Notice.of("context", error)))
            return
        state = replace(without_notice(state, "context"), screen=screen, plate=screen[state.plate.name])
        state = pairing.with_context(state, "controls")
        self._become(replace(state, choice=replace(state.choice, controls=controls)))

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
        self._drop("trust")  # of the run before
        self._drop("align")
        choice = replace(self._state.choice, is_following=False)
        self._set(run=RunState("running"), choice=choice)
        self._want("run", "Predicting", tasks.run_work(plan, self._shared_cache()))

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

    def dismiss(self, step: StepName) -> None:
        """Take a notice away."""
        self._forget(step)

    def _open(self, path: Path, title: str, work: Work) -> None:
        if self._refuse_while_running("plate"):
            return
        self._drop("layout")
        self._drop("picture")
        self._drop("details")
        self._drop("quality")
        self._drop("trust")
        self._drop("align")
        self._cache = None
        self._set(opening=path)
        self._want("plate", title, work)
