"""How firmly each well's class stands: the run repeated with contexts drawn anew, well by well."""

from collections.abc import Generator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.errors import MethodError
from napari_ben.evaluation import resample_wells, stability
from napari_ben.workflow._inputs import InputCache
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._progress import Progress
from napari_ben.workflow._run import run_prediction


def run_stability(
    plan: Plan, n_resamples: int = 10, seed: int = 0, cache: InputCache | None = None
) -> Generator[Progress, None, pd.DataFrame]:
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

    Yields
    ------
    Progress
        Of each run in turn.

    Returns
    -------
    pandas.DataFrame
        Index ``well``; ``pred_class``, ``stability`` (0–1) and ``alternative``; see `napari_ben.evaluation.stability`.

    Raises
    ------
    MethodError
        When the method has no context, or one for each of many sets.
    """
    if plan.context is None or plan.method.in_sets:
        raise MethodError(
            f"The method {plan.method.name!r} has no one context for the plate, so nothing can be drawn anew.",
            "Choose a method that takes its statistics from the plate.",
        )
    kept = InputCache(plan.config.cache_bytes) if cache is None else cache
    reference = yield from run_prediction(plan, kept)
    votes = []
    for draw in resample_wells(plan.context.wells, n_resamples, seed):
        resampled = yield from run_prediction(plan, kept, _multiplicity(plan, draw))
        votes.append(resampled.wells["pred_class"].to_numpy(dtype=object))
    return stability(reference.wells, votes)


def _multiplicity(plan: Plan, draw: Mapping[str, int]) -> NDArray[np.float64]:
    """Say for each image of the statistics how often its well was drawn; queries count once."""
    wells = plan.plate.fields["well"].iloc[plan.statistics_rows]
    return np.where(plan.in_context, [draw.get(well, 0) for well in wells], 1.0)
