"""Figures of merit, each with the interval that belongs to it.

Fields of a well look alike and wells of a plate share its batch, so an interval is taken over wells when one plate is
judged (Wilson) and over plates when several are (bootstrap), never over fields.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_ben.errors import ArgumentError


@dataclass(frozen=True)
class Estimate:
    """A figure and its interval.

    Parameters
    ----------
    value
        The figure; NaN when there was nothing to count.
    low, high
        Ends of the interval.
    n
        What was counted: wells, or plates for a bootstrap.
    """

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f}–{self.high:.3f})"


def wilson_interval(successes: int, n: int, level: float = 0.95) -> Estimate:
    """Give a share with Wilson's score interval.

    Parameters
    ----------
    successes, n
        Counts, 0 ≤ successes ≤ n.
    level
        Coverage, 0–1.

    Notes
    -----
    E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209. Unlike the normal interval it stays within 0–1 and does not shrink
    to a point at 0 or n successes.

    Examples
    --------
    >>> str(wilson_interval(9, 10))
    '0.900 (0.596–0.982)'
    """
    if n == 0:
        return Estimate(nan, nan, nan, 0)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Estimate(share, min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half)), n)


def accuracy(truth: Sequence[str], predicted: Sequence[str], level: float = 0.95) -> Estimate:
    """Give the share of wells (or fields) whose class was predicted, with Wilson's interval."""
    hits = sum(true == guess for true, guess in zip(truth, predicted, strict=True))
    return wilson_interval(hits, len(truth), level)


def bootstrap_mean(values: ArrayLike, *, seed: int = 0, n_resamples: int = 2000, level: float = 0.95) -> Estimate:
    """Give the mean over plates with a percentile bootstrap interval.

    Parameters
    ----------
    values
        (n_plates,) one figure a plate; NaN, where a plate has nothing to judge, is left out.
    seed
        Of the resamples.
    n_resamples
        How many.
    level
        Coverage, 0–1.
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    if known.size == 0:
        return Estimate(nan, nan, nan, 0)
    draws = np.random.default_rng(seed).integers(0, known.size, size=(n_resamples, known.size))
    low, high = np.quantile(known[draws].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(known.mean()), float(low), float(high), known.size)


def roc_auc(is_positive: ArrayLike, scores: ArrayLike) -> float:
    """Give the probability that a positive scores above a negative; ties count half.

    Parameters
    ----------
    is_positive
        (n,) bool.
    scores
        (n,) float.

    Raises
    ------
    ArgumentError
        When all are positive, or none is.
    """
    positive = np.asarray(is_positive, dtype=bool)
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        raise ArgumentError(
            f"An AUC needs positives and negatives; there are {n_positive} and {n_negative}.",
            "Choose wells of both kinds.",
        )
    rank_sum = mid_ranks(scores)[positive].sum()
    return float((rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def spearman(first: ArrayLike, second: ArrayLike) -> float:
    """Give Spearman's rank correlation; NaN when one side is constant.

    Parameters
    ----------
    first, second
        (n,) float.
    """
    ranks = np.stack([mid_ranks(first), mid_ranks(second)])
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(centred, axis=1)
    return float(centred[0] @ centred[1] / (lengths[0] * lengths[1])) if lengths.all() else nan


def mid_ranks(values: ArrayLike) -> NDArray[np.float64]:
    """Rank values from 1; equal values share the mean of their ranks."""
    _, inverse, counts = np.unique(np.asarray(values, dtype=np.float64), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: NDArray[np.float64] = (last - (counts - 1) / 2)[inverse]
    return ranks
