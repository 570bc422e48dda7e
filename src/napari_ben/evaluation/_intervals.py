"""Intervals over what a figure should hold for: other plates with other wells, and other seeds.

Plates and seeds are drawn anew with replacement, each on its own (the pigeonhole bootstrap, A. B. Owen, Ann. Appl.
Stat. 1 (2007) 386), because every seed's model was tried on every plate; then the wells of each plate. Without the
wells, two plates that happen to agree would give an interval of nothing. Fields are never drawn: those of a well look
alike, so a plate's accuracy is as sure as its wells are many.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.evaluation._metrics import Estimate

__all__ = ["bootstrap_accuracy", "interval_unit"]

Float64 = NDArray[np.float64]
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
    grouped = judged.groupby(["seed", unit], sort=False)
    shares: Float64 = grouped["is_right"].mean().unstack(unit).to_numpy(dtype=np.float64)
    sizes: Float64 = grouped["well"].nunique().unstack(unit).to_numpy(dtype=np.float64)
    random = np.random.default_rng(seed)
    blocks = (min(_BLOCK, n_resamples - start) for start in range(0, n_resamples, _BLOCK))
    draws = [_resampled_means(shares, sizes if unit == "plate" else None, random, count) for count in blocks]
    low, high = np.nanquantile(np.concatenate(draws), [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(np.nanmean(shares)), float(low), float(high), shares.shape[1])


def interval_unit(judged: pd.DataFrame) -> str:
    """Say in words over what `bootstrap_accuracy` takes its interval.

    >>> interval_unit(pd.DataFrame({"plate": ["A", "B"], "seed": [0, 0]}))
    '2 plates and their wells'
    """
    n_plates, n_seeds = judged["plate"].nunique(), judged["seed"].nunique()
    unit = f"{n_plates} plates and their wells" if n_plates > 1 else "wells of 1 plate"
    return f"{unit}, {n_seeds} seeds" if n_seeds > 1 else unit


def _resampled_means(shares: Float64, sizes: Float64 | None, random: np.random.Generator, count: int) -> Float64:
    """Means of drawn plates; drawing n wells of a plate anew gives a binomial number of right ones."""
    n_seeds, n_units = shares.shape
    seeds = random.integers(0, n_seeds, size=(count, n_seeds, 1))
    units = random.integers(0, n_units, size=(count, 1, n_units))
    drawn = shares[seeds, units].reshape(count, -1)
    known = np.isfinite(drawn)
    if sizes is not None:
        n_wells = np.where(known, sizes[seeds, units].reshape(count, -1), 1).astype(np.int64)
        drawn = random.binomial(n_wells, np.where(known, drawn, 0)) / n_wells
    sums = np.where(known, drawn, 0).sum(axis=1)
    return np.where(known.any(axis=1), sums / np.maximum(known.sum(axis=1), 1), np.nan)
