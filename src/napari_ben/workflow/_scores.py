"""How good the run of a plate is, in a few numbers: kept in its run file, and the same for tables and windows."""

from dataclasses import replace
from math import isnan

import pandas as pd
from pydantic import BaseModel, ConfigDict

from napari_ben.evaluation import control_separation, judge, overall_drift
from napari_ben.methods import ContextStatistics
from napari_ben.models import Model
from napari_ben.results import Predictions

__all__ = ["Scores", "score_run"]


class Scores(BaseModel):
    """What can be said of a run; None for what is not known.

    Parameters
    ----------
    accuracy, accuracy_low, accuracy_high
        Share of wells whose known class was found, with Wilson's 95 % interval.
    n_labelled
        Wells whose class is known.
    separation
        How well class probabilities tell controls from other wells, 0.5 (chance) to 1; see `control_separation`.
    separation_between
        The two kinds, in words.
    drift
        How far the context's statistics lie from the training's: pooled standard deviations, root mean square over
        channels and layers.
    stability
        Share of classes that stay when the context's wells are drawn anew, mean over wells.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    accuracy: float | None = None
    accuracy_low: float | None = None
    accuracy_high: float | None = None
    n_labelled: int = 0
    separation: float | None = None
    separation_between: str = ""
    drift: float | None = None
    stability: float | None = None


def score_run(predictions: Predictions, model: Model, resampled: pd.DataFrame | None = None) -> Predictions:
    """Write scores into a run.

    Parameters
    ----------
    predictions
        Of one plate.
    model
        Whose training the statistics are compared with.
    resampled
        From `run_stability`.
    """
    estimate, _ = judge(predictions)
    separation = control_separation(predictions)
    statistics = predictions.statistics
    scores = Scores(
        accuracy=_known(estimate.value),
        accuracy_low=_known(estimate.low),
        accuracy_high=_known(estimate.high),
        n_labelled=estimate.n,
        separation=_known(separation.value),
        separation_between=separation.between,
        drift=overall_drift(model.network(), statistics) if isinstance(statistics, ContextStatistics) else None,
        stability=None if resampled is None else float(resampled["stability"].mean()),
    )
    return replace(predictions, run={**predictions.run, "scores": scores.model_dump(mode="json")})


def _known(value: float) -> float | None:
    return None if isnan(value) else value
