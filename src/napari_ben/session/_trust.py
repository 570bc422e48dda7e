"""What is known about how far a run can be trusted: kept by run, so that closing a window loses nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.methods import ContextStatistics
from napari_ben.results import Predictions

if TYPE_CHECKING:
    from napari_ben.plates import View
    from napari_ben.session._parts import RunPhase
    from napari_ben.session._state import SessionState
    from napari_ben.workflow import Progress

__all__ = ["Drift", "Found", "Stability", "Study", "Trust", "Trusting", "WellEffects", "run_key", "trust_of"]

RunKey = tuple[Path, "View", str]
Study = Literal["stability", "drift", "wells"]
STABILITY, CONTEXT_DRIFT = "stability", "context drift"
_MADE_BY = ("model", "method_title", "context", "control_weight", "config", "pixels_sha256")


@dataclass(frozen=True, eq=False)
class Stability:
    """How firmly the wells hold their class when the context's wells are drawn anew.

    Parameters
    ----------
    table
        From `napari_ben.workflow.run_stability`.
    n_resamples
        Contexts drawn so far.
    """

    table: pd.DataFrame
    n_resamples: int


@dataclass(frozen=True, eq=False)
class Drift:
    """How far the run's statistics lie from those of the training, and from other plates.

    Parameters
    ----------
    layers
        From `napari_ben.evaluation.drift_from`; empty when there is nothing to compare with.
    plates
        Index ``plate``, this one first: ``from_training`` and ``from_this`` (pooled standard deviations, over all
        layers), ``is_of_training``.
    note
        Why there is nothing to compare with, in words.
    """

    layers: pd.DataFrame
    plates: pd.DataFrame
    note: str = ""


@dataclass(frozen=True, eq=False)
class WellEffects:
    """What single wells do to the statistics.

    Parameters
    ----------
    influence
        From `napari_ben.evaluation.well_influence`.
    edge
        Edge wells against inner ones, index ``layer``; None when one of the two is missing.
    chance
        (n,) distances over all layers of as many wells drawn at random from the others; none without `edge`.
    """

    influence: pd.DataFrame
    edge: pd.DataFrame | None
    chance: NDArray[np.float64]


@dataclass(frozen=True)
class Trust:
    """All that is known about one run; None where nobody asked yet."""

    stability: Stability | None = None
    drift: Drift | None = None
    wells: WellEffects | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """A part of the trust in a run, as work brings it back."""

    key: RunKey
    part: Stability | Drift | WellEffects


@dataclass(frozen=True)
class Trusting:
    """How far a study of trust is.

    Parameters
    ----------
    study
        Which one; None when there is none.
    phase
        ``idle`` before and after.
    share
        How much is done, 0–1.
    lap, n_laps
        Which of several runs it is.
    started
        Seconds of a monotonic clock.
    """

    study: Study | None = None
    phase: "RunPhase" = "idle"
    share: float = 0.0
    lap: int = 0
    n_laps: int = 1
    started: float = 0.0


def run_key(path: Path, view: "View", predictions: Predictions) -> RunKey:
    """Say which run it is by all that it was made from: the same run laid out or reduced otherwise has the same key."""
    run = predictions.run
    wells = run.get("plate", {}).get("wells", {}).get("columns", {})
    return path, view, repr([*(run.get(name) for name in _MADE_BY), wells.get("role"), wells.get("excluded")])


def trust_of(state: "SessionState") -> Trust:
    """Give what is known about the run that is shown."""
    if state.plate is None or state.predictions is None:
        return Trust()
    return state.trust.get(run_key(state.plate.path, state.plate.view, state.predictions), Trust())


def measured(state: "SessionState") -> Mapping[str, pd.Series]:
    """Give the numbers by well that can colour the plate, by the name of their column."""
    trust = trust_of(state)
    columns = {}
    if trust.stability is not None:
        columns[STABILITY] = trust.stability.table["stability"]
    if trust.wells is not None:
        columns[CONTEXT_DRIFT] = trust.wells.influence["influence"]
    return columns


def comparable(state: "SessionState") -> dict[str, ContextStatistics]:
    """Give the statistics of all plates run like the one that is shown, with its model and method; that plate first."""
    shown = state.predictions
    if state.plate is None or shown is None:
        return {}
    others = [run for key, run in state.results.items() if key[0] != state.plate.path and run.complete]
    alike = [run for run in (shown, *others) if _kind(run) == _kind(shown)]
    return {run.plate_name: run.statistics for run in alike if isinstance(run.statistics, ContextStatistics)}


def _kind(run: Predictions) -> tuple[object, object]:
    return run.run.get("model", {}).get("sha256"), run.run.get("method_title")


def on_trust_step(state: "SessionState", value: "Progress | Found") -> "SessionState":
    """Take how far a study is, or a part that is known already."""
    if isinstance(value, Found):
        return with_found(state, value)
    return replace(
        state,
        trusting=replace(state.trusting, share=_share(value), lap=value.lap, n_laps=value.n_laps),
    )


def with_found(state: "SessionState", found: Found | None) -> "SessionState":
    """Keep what a study found; None when it was stopped before it found anything."""
    if found is None:
        return state
    known = state.trust.get(found.key, Trust())
    parts: dict[type, str] = {Stability: "stability", Drift: "drift", WellEffects: "wells"}
    changes: dict[str, Any] = {parts[type(found.part)]: found.part}
    return replace(state, trust=MappingProxyType({**state.trust, found.key: replace(known, **changes)}))


def begun(study: Study, n_laps: int = 1) -> Trusting:
    """Give the state of a study that begins now."""
    return Trusting(study, "running", n_laps=n_laps, started=monotonic())


_STAGES: Sequence[str] = ("statistics", "prediction")


def _share(progress: "Progress") -> float:
    """How much of all laps is done; reading costs little beside measuring and answering, which count alike."""
    part = progress.done / progress.total if progress.total else 0.0
    stage = (_STAGES.index(progress.stage) + part) / len(_STAGES) if progress.stage in _STAGES else 0.0
    return (progress.lap + stage) / progress.n_laps
