"""How the state changes when predictions and their layouts come back."""

from dataclasses import replace
from time import monotonic
from types import MappingProxyType

from napari_ben.results import Predictions
from napari_ben.session._parts import RunState
from napari_ben.session._runs import add_run
from napari_ben.session._state import SessionState
from napari_ben.session._tasks import RunStep


def ran_on(state: SessionState, step: RunStep) -> SessionState:
    """Take a picture of a run: how far it is, and the wells that are finished."""
    progress, run = step.progress, state.run
    started = run.stage_started if run.stage == progress.stage else monotonic()
    run = RunState(run.phase, progress.stage, progress.done, progress.total, progress.unit, started)
    state = replace(state, run=run)
    return state if step.predictions is None else predicted(state, step.predictions)


def predicted(state: SessionState, predictions: Predictions) -> SessionState:
    """Show predictions of the plate that is shown."""
    if state.plate is None:
        return state
    shown = (state.plate.path, state.plate.view)
    return replace(state, results=MappingProxyType({**state.results, shown: predictions}))


def with_run(state: SessionState, predictions: Predictions) -> SessionState:
    """Keep a finished run to be compared."""
    if state.plate is None:
        return state
    runs = add_run(state.shown_runs, predictions)
    return replace(state, runs=MappingProxyType({**state.runs, (state.plate.path, state.plate.view): runs}))


def laid_out(state: SessionState, value: Predictions | str) -> SessionState:
    """Take layouts as far as they are there, or what is being waited for."""
    if isinstance(value, str) or state.plate is None:
        return replace(state, layout_note=str(value))
    key = (state.plate.path, state.plate.view)
    runs = tuple(value if run.logits is value.logits else run for run in state.shown_runs)
    return predicted(replace(state, runs=MappingProxyType({**state.runs, key: runs})), value)


def settled(state: SessionState, predictions: Predictions) -> SessionState:
    """Take the last layouts of a run; the next one starts from them."""
    if state.plate is None:
        return state
    key = (state.plate.path, state.plate.view)
    places = MappingProxyType({**state.places, key: predictions})
    return laid_out(replace(state, places=places), predictions)
