"""How well a run tells a plate's controls apart, where no class is known that could be right or wrong."""

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import ArrayLike

from napari_ben.results import Predictions

__all__ = ["Separation", "control_separation", "distance_auc", "pair_auc"]

_FEWEST = 2


@dataclass(frozen=True)
class Separation:
    """How well two kinds of wells are told apart.

    Parameters
    ----------
    value
        0.5 (chance) to 1 (always); NaN where there are too few wells of either kind.
    between
        The two kinds in words; blank where the value is NaN.
    """

    value: float = nan
    between: str = ""


def control_separation(predictions: Predictions) -> Separation:
    """Give how well class probabilities tell negative from positive controls, else from treated wells.

    Positive controls are one kind of wells and lie somewhere (`pair_auc`). Treated wells are many kinds, around the
    controls in all directions, so it is counted how often they lie further out (`distance_auc`); those that do nothing
    look like controls, and a value below 1 need not be a fault.
    """
    roles = predictions.wells["role"].to_numpy(dtype=object)
    probabilities = predictions.well_probabilities()
    negative = probabilities[roles == "negative_control"]
    for role, words, auc in _AGAINST:
        others = probabilities[roles == role]
        if min(len(negative), len(others)) >= _FEWEST:
            return Separation(auc(negative, others), f"negative controls and {words}")
    return Separation()


def distance_auc(controls: ArrayLike, others: ArrayLike) -> float:
    """Give the probability that another well lies further from the controls than a control does.

    For each pair the distances to the mean of all other controls are compared, ties count half: 0.5 is chance.

    Parameters
    ----------
    controls, others
        (n, d) and (m, d), 2 or more controls.

    Examples
    --------
    >>> distance_auc([[0.4], [0.5], [0.6]], [[0.0], [1.0]])
    1.0
    """
    one, other = np.asarray(controls, dtype=np.float64), np.asarray(others, dtype=np.float64)
    hits = 0.0
    for well in one:
        mean = (one.sum(axis=0) - well) / (len(one) - 1)
        further = ((other - mean) ** 2).sum(axis=1) - ((well - mean) ** 2).sum()
        hits += float((further > 0).sum() + (further == 0).sum() / 2)
    return hits / (len(one) * len(other))


def pair_auc(first: ArrayLike, second: ArrayLike) -> float:
    """Give the probability that two wells, one of each kind, are put in the right order by all other wells.

    For each pair the means of the other wells of both kinds are joined by a line, and the pair is in the right order
    where its two wells lie along it as the means do; ties count half. So 0.5 is chance and 1 tells all apart. Leaving
    the pair out takes away the bias that leaving out single wells brings into an AUC (A. Airola et al., Comput. Stat.
    Data Anal. 55 (2011) 1828).

    Parameters
    ----------
    first, second
        (n, d) and (m, d), 2 or more wells each.

    Examples
    --------
    >>> pair_auc([[0.1], [0.2], [0.3]], [[0.7], [0.8]])
    1.0
    """
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    means = (other.sum(axis=0) - other) / (len(other) - 1)
    hits = 0.0
    for well in one:
        mean = (one.sum(axis=0) - well) / (len(one) - 1)
        along = ((other - well) * (means - mean)).sum(axis=1)
        hits += float((along > 0).sum() + (along == 0).sum() / 2)
    return hits / (len(one) * len(other))


_AGAINST = (
    ("positive_control", "positive controls", pair_auc),
    ("treatment", "treated wells", distance_auc),
)
