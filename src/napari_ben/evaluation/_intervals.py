"""Intervals over what a figure should hold for: other plates and other seeds, or other wells of the one plate there is.

Plates and seeds are drawn anew with replacement, each on its own (the pigeonhole bootstrap, A. B. Owen, Ann. Appl.
Stat. 1 (2007) 386), because every seed's model was tried on every plate. Fields are never drawn: those of a well look
alike.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.evaluation._metrics import Estimate

__all__ = ["bootstrap_accuracy", "interval_unit"]

_BLOCK = 500


def bootstrap_accuracy(
    judged: pd.DataFrame, *, seed: int = 0, n_resamples: int = 2000, level: float = 0.95
) -> Estimate:
    """Give an accuracy with its interval over plates and seeds, or over wells where there is one plate.

    Parameters
    ----------
    judged
        One row a well (or field) and model: ``plate``, ``seed``, ``well``, ``is_right``.
    seed
        Of the resamples.
    n_resamples
        How many.
    level
        Coverage, 0–1.

    Returns
    -------
    Estimate
        Each plate counts alike. ``n`` is the number of plates, or of wells.
    """
    if judged.empty:
        return Estimate(np.nan, np.nan, np.nan, 0)
    unit = "plate" if judged["plate"].nunique() > 1 else "well"
    cells = judged.groupby(["seed", unit], sort=False)["is_right"].mean().unstack(unit)
    values: NDArray[np.float64] = cells.to_numpy(dtype=np.float64)
    random = np.random.default_rng(seed)
    draws = [
        _resampled_means(values, random, min(_BLOCK, n_resamples - start)) for start in range(0, n_resamples, _BLOCK)
    ]
    low, high = np.nanquantile(np.concatenate(draws), [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(np.nanmean(values)), float(low), float(high), values.shape[1])


def interval_unit(judged: pd.DataFrame) -> str:
    """Say in words over what `bootstrap_accuracy` takes its interval.

    >>> interval_unit(pd.DataFrame({"plate": ["A", "B"], "seed": [0, 0]}))
    '2 plates'
    """
    n_plates, n_seeds = judged["plate"].nunique(), judged["seed"].nunique()
    unit = f"{n_plates} plates" if n_plates > 1 else "wells of 1 plate"
    return f"{unit} and {n_seeds} seeds" if n_seeds > 1 else unit


def _resampled_means(values: NDArray[np.float64], random: np.random.Generator, count: int) -> NDArray[np.float64]:
    n_seeds, n_units = values.shape
    seeds = random.integers(0, n_seeds, size=(count, n_seeds, 1))
    units = random.integers(0, n_units, size=(count, 1, n_units))
    drawn = values[seeds, units].reshape(count, -1)
    known = np.isfinite(drawn)
    sums = np.where(known, drawn, 0).sum(axis=1)
    return np.where(known.any(axis=1), sums / np.maximum(known.sum(axis=1), 1), np.nan)
