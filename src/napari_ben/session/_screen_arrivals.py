"""How the state changes when there is word of a run over the screen."""

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from napari_ben.session._state import SessionState
from napari_ben.workflow import PlateOutcome, ScreenStep


def with_screen_step(state: SessionState, step: ScreenStep) -> SessionState:
    """Take a word about a plate; results that it had before its new ones are forgotten."""
    run = replace(state.screen_run, steps=MappingProxyType({**state.screen_run.steps, step.plate: step}))
    state = replace(state, screen_run=run)
    if step.outcome is None or step.outcome.status == "failed" or state.screen is None:
        return state
    paths = {plate.path for plate in state.screen if plate.name == step.plate}
    left = {shown: predictions for shown, predictions in state.results.items() if shown[0] not in paths}
    return replace(state, results=MappingProxyType(left))


def with_known(state: SessionState, known: Sequence[PlateOutcome]) -> SessionState:
    """Show what was found out about plates without a run."""
    steps = {outcome.plate: ScreenStep(0, len(known), outcome.plate, outcome=outcome) for outcome in known}
    return replace(state, screen_run=replace(state.screen_run, steps=MappingProxyType(steps)))


def screen_at_rest(state: SessionState) -> SessionState:
    """End a run: plates that have not ended are as before it."""
    run = state.screen_run
    ended = {name: step for name, step in run.steps.items() if step.outcome is not None}
    return replace(state, screen_run=replace(run, phase="idle", steps=MappingProxyType(ended)))
