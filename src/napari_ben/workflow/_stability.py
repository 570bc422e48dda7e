"""How firmly each well's class stands: the run repeated with contexts drawn anew, well by well."""

from collections.abc import Generator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.evaluation import resample_wells, stability
from napari_ben.results import Predictions
from napari_ben.workflow._inputs import InputCache
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._progress import Progress
from napari_ben.workflow._run import run_prediction


def run_stability(
    plan: Plan,
    n_resamples: int = 10,
    seed: int = 0,
    cache: InputCache | None = None,
    reference: Predictions | None = None,
) -> Generator[Progress | pd.DataFrame, None, pd.DataFrame]:
    """Repeat a run with resampled contexts, images decoded once.

    Parameters
    ----------
    plan
        From `plan_prediction`; of a method with a context.
    n_resamples
        How often the context's wells are drawn anew, with replacement.
    seed
        Of the draws.
    cache
        Decoded images to share with other runs.
    reference
        What the plan predicts, where that is known; predicted first when None.

    Yields
    ------
    Progress or pandas.DataFrame
        How far the runs are; after each of them the table that is known so far.

    Returns
    -------
    pandas.DataFrame
        Index ``well``; ``pred_class``, ``stability`` (0–1) and ``alternative``; see `napari_ben.evaluation.stability`.

    Raises
    ------
    MethodError
        When the method has no context, or one for each of many sets.
    """
    context = plan.require_context()
    kept = InputCache(plan.config.cache_bytes) if cache is None else cache
    known = reference if reference is not None else (yield from run_prediction(plan, kept))
    votes: list[NDArray[np.object_]] = []
    for lap, draw in enumerate(resample_wells(context, n_resamples, seed)):
        run = run_prediction(plan, kept, _multiplicity(plan, draw))
        resampled = yield from _as_lap(run, lap, n_resamples)
        votes.append(resampled.wells["pred_class"].reindex(known.wells.index).to_numpy(dtype=object))
        yield stability(known.wells, votes)
    return stability(known.wells, votes)


def _as_lap(
    run: Generator[Progress, None, Predictions], lap: int, n_laps: int
) -> Generator[Progress, None, Predictions]:
    while True:
        try:
            progress = next(run)
        except StopIteration as finished:
            predictions: Predictions = finished.value
            return predictions
        yield replace(progress, finished=None, lap=lap, n_laps=n_laps)


def _multiplicity(plan: Plan, draw: Mapping[str, int]) -> NDArray[np.float64]:
    """Say for each image of the statistics how often its well was drawn; queries count once."""
    wells = plan.plate.fields["well"].iloc[plan.statistics_rows]
    return np.where(plan.in_context, [draw.get(well, 0) for well in wells], 1.0)
