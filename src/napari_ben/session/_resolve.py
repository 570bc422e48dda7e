"""From wish and facts to what can be done: one pure function, which refuses in words before any pixel is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from napari_ben.errors import ChannelError, NapariBenError
from napari_ben.methods import METHODS
from napari_ben.models import map_channels
from napari_ben.plates import Context, context_warnings, resolve_context
from napari_ben.session._parts import ContextChoice, ContextKind, Notice, StepName
from napari_ben.session._state import SessionState
from napari_ben.workflow import PredictConfig, plan_prediction

if TYPE_CHECKING:
    from napari_ben.workflow import Plan

NO_WELLS_YET = Notice("context", "No wells are picked yet.", "Pick wells on the grid, or type them below.")


@dataclass(frozen=True)
class Resolution:
    """What follows from a state.

    Parameters
    ----------
    context
        The wells whose images give the statistics; None when refused, not needed, or no plate is open.
    channels
        For each of the model's channels its index on the plate; None when they are incomplete.
    plan
        What Run will do; None when something is missing or refused.
    context_warnings, run_warnings
        Guard rails, in words: about the wells chosen, and about model and method.
    refusals
        Why there is no plan, at the step where it can be mended.
    """

    context: Context | None = None
    channels: tuple[int, ...] | None = None
    plan: "Plan | None" = None
    context_warnings: tuple[str, ...] = ()
    run_warnings: tuple[str, ...] = ()
    refusals: Mapping[StepName, Notice] = field(default_factory=lambda: MappingProxyType({}))


def resolve(state: SessionState) -> Resolution:
    """Derive context, channels and plan; each part that fails leaves a refusal instead."""
    refusals: dict[StepName, Notice] = {}
    context, warnings = _context(state, refusals)
    channels = _channels(state, refusals)
    plan = _plan(state, context, channels, refusals)
    about_run = tuple(words for words in plan.warnings + plan.problems if words not in warnings) if plan else ()
    return Resolution(context, channels, plan, warnings, about_run, MappingProxyType(refusals))


def _context(state: SessionState, refusals: dict[StepName, Notice]) -> tuple[Context | None, tuple[str, ...]]:
    if state.plate is None or state.method == "none":
        return None, ()
    choice = state.choice
    if choice.kind == "wells" and not choice.wells:
        refusals["context"] = NO_WELLS_YET
        return None, ()
    try:
        context = resolve_context(state.plate, _wish(choice))
        return context, context_warnings(state.plate, context)
    except NapariBenError as error:
        refusals["context"] = Notice.of("context", error)
        return None, ()


def _channels(state: SessionState, refusals: dict[StepName, Notice]) -> tuple[int, ...] | None:
    if state.plate is None or state.model is None:
        return None
    try:
        return map_channels(state.model.card.channels, state.plate.channels, state.overrides)
    except ChannelError as error:
        refusals["model"] = Notice.of("model", error)
        return None


def _plan(
    state: SessionState,
    context: Context | None,
    channels: tuple[int, ...] | None,
    refusals: dict[StepName, Notice],
) -> "Plan | None":
    if state.plate is None or state.model is None or channels is None or "context" in refusals:
        return None
    try:
        return plan_prediction(state.plate, state.model, predict_config(state, context))
    except NapariBenError as error:
        refusals["method"] = Notice.of("method", error)
        return None


def predict_config(state: SessionState, context: Context | None) -> PredictConfig:
    """Write the wish down as the config that the command line and the run file use too."""
    return _config(state, context.text if context else None)


def screen_config(state: SessionState) -> PredictConfig:
    """Write the wish down for all plates of the screen: what was chosen, not what it came to on the plate shown."""
    return _config(state, None if state.method == "none" else _wish(state.choice))


def _wish(choice: ContextChoice) -> str | tuple[str, ...]:
    wishes: dict[ContextKind, str | tuple[str, ...]] = {
        "plate": "plate",
        "controls": choice.controls,
        "wells": choice.wells,
    }
    return wishes[choice.kind]


def _config(state: SessionState, context: str | tuple[str, ...] | None) -> PredictConfig:
    return PredictConfig(
        method=state.method,
        context=context,
        weight=state.weight if METHODS[state.method].uses_queries else None,
        channels=dict(state.overrides),
        device=state.options.device,
        memory_budget=state.options.memory_budget,
        threads=state.options.threads,
    )
