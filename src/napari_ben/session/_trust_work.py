"""Studies of trust as tasks: a run repeated with other contexts, its wells one by one, its statistics beside others."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_ben.evaluation import chance_drift, drift_between, drift_from, edge_wells, region_drift, well_influence
from napari_ben.methods import ContextStatistics
from napari_ben.models import Model
from napari_ben.plates import Plate
from napari_ben.results import Predictions
from napari_ben.session._tasks import BETWEEN_STEPS
from napari_ben.session._torch import load_torch_library
from napari_ben.session._trust import Drift, Found, RunKey, Stability, WellEffects
from napari_ben.workflow import Progress

if TYPE_CHECKING:
    from napari_ben.workflow import InputCache, Plan

_NO_TRAINING = "The model {!r} carries no statistics of a training, so there is nothing to compare the plate with."
_NO_LAYERS = pd.DataFrame(columns=["plate", "layer", "depth", "distance"])


@dataclass(frozen=True, eq=False)
class Studied:
    """The run that a study is about, and what it was made from."""

    key: RunKey
    predictions: Predictions
    plate: Plate
    model: Model

    def plan(self) -> "Plan":
        """Plan the run again, with roles and wells as they were in it."""
        from napari_ben.workflow import RunRecord, plan_rerun

        record = RunRecord.model_validate(dict(self.predictions.run))
        return plan_rerun(record, plate=self.plate, model=self.model)


def stability_work(
    studied: Studied, n_resamples: int, cache: "InputCache"
) -> Generator[Progress | Found, "bool | None", Found | None]:
    """Repeat the run with contexts drawn anew; when asked to stop, what the draws so far say is kept."""
    from napari_ben.workflow import run_stability

    load_torch_library()
    steps = run_stability(studied.plan(), n_resamples, cache=cache, reference=studied.predictions)
    found, drawn, due = None, 0, monotonic()
    try:
        for step in steps:
            if isinstance(step, pd.DataFrame):
                drawn += 1
                found = Found(studied.key, Stability(step, drawn))
                if (yield found):
                    break
            elif monotonic() >= due:
                due = monotonic() + BETWEEN_STEPS
                if (yield step):
                    break
    finally:
        steps.close()
    return found


def wells_work(studied: Studied, cache: "InputCache") -> Generator["Progress", "bool | None", Found | None]:
    """Measure what each well contributes to the statistics, and how the edge differs from the inside."""
    from napari_ben.workflow import run_well_moments

    load_torch_library()
    steps = run_well_moments(studied.plan(), cache)
    due = monotonic()
    try:
        while True:
            step = next(steps)
            if monotonic() >= due:
                due = monotonic() + BETWEEN_STEPS
                if (yield step):
                    return None
    except StopIteration as finished:
        moments = finished.value
    finally:
        steps.close()
    edge = set(edge_wells(studied.plate)) & set(moments.wells)
    influence = well_influence(moments)
    if len(edge) in {0, len(moments.wells)}:
        return Found(studied.key, WellEffects(influence, None, np.zeros(0)))
    apart = region_drift(moments, tuple(edge))
    return Found(studied.key, WellEffects(influence, apart, chance_drift(moments, len(edge))))


def drift_work(
    key: RunKey, model: Model, by_plate: Mapping[str, ContextStatistics]
) -> Generator[Progress, "bool | None", Found]:
    """Compare the statistics of plates, the studied one first, with those that the model carries from its training."""
    yield Progress(0, 1, "steps", "statistics")
    load_torch_library()
    trained = ContextStatistics.from_network(model.network())
    between = drift_between(by_plate)
    plates = pd.DataFrame({"from_training": np.nan, "from_this": between[next(iter(by_plate))]})
    plates["is_of_training"] = plates.index.isin(model.card.training.plates)
    if not _is_trained(trained):
        return Found(key, Drift(_NO_LAYERS, plates, _NO_TRAINING.format(model.card.name)))
    layers = drift_from(trained, by_plate)
    plates["from_training"] = np.sqrt((layers["distance"] ** 2).groupby(layers["plate"]).mean())
    return Found(key, Drift(layers, plates))


def _is_trained(statistics: ContextStatistics) -> bool:
    """Whether any layer has seen data: running statistics start at mean 0 and variance 1."""
    return any(layer.mean.any() or (layer.variance != 1).any() for layer in statistics.layers.values())
