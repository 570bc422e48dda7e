"""A design prior: each treatment stands on a plate so many times (DeepNoise, arXiv 2209.05772, and its code).

``balance`` lowers a coefficient of the class that is predicted too often, in small steps, and keeps the coefficients
under which the counts fit the design best. Probabilities are normalised over the wells of the plate for each class, not
over the classes: that looks like a slip in the published code, but it is what takes out a bias that a plate gives to a
whole class. The paper lowers probabilities by 0.001, the code a factor by 0.01; this follows the code, and ends where a
factor would fall to zero or below: with few classes it would, and then the least likely wells fit the design best.

``assign`` is the assignment of wells to classes of the greatest likelihood in which no class is used more often than it
can be. ``both`` assigns after balancing. Assigning wins where the network is good, balancing where it is weak.

All three use what the plate's layout promises, not what its images show. They are wrong wherever the layout breaks the
promise, so they are never on unless someone says how often each treatment stands on the plate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import ArgumentError

__all__ = ["OUTSIDE_THE_DESIGN", "Design", "Prior", "assign_classes", "balance_wells"]

OUTSIDE_THE_DESIGN = ("negative_control", "empty")
"""Roles of wells that a promise about treatments says nothing of."""

Prior = Literal["balance", "assign", "both"]
Float64 = NDArray[np.float64]

FIRST_STEP, LAST_STEP = 0.01, 1e-4
N_TRIES = 3000


@dataclass(frozen=True)
class Design:
    """What is promised of a plate's layout.

    Parameters
    ----------
    prior
        How the promise is used.
    per_plate
        How often each class stands on the plate: one number for all, or one for each class that does.
    """

    prior: Prior
    per_plate: int | Mapping[str, int]

    def places(self, classes: Sequence[str]) -> list[int]:
        """Give the number of wells of each class; 0 for those that are not named."""
        if isinstance(self.per_plate, int):
            return [self.per_plate] * len(classes)
        return [self.per_plate.get(name, 0) for name in classes]


def assign_classes(
    logits: NDArray[np.floating[Any]], prior: Prior = "both", capacity: int | Sequence[int] = 1
) -> NDArray[np.int64]:
    """Classes of the wells of one plate, under the prior.

    Parameters
    ----------
    logits
        (n, K), or logarithms of probabilities.
    prior
        ``balance``, ``assign`` or ``both``.
    capacity
        How often each class stands on the plate; one number for all, or one for each. A class of 0 is not chosen.

    Raises
    ------
    ArgumentError
        An unknown prior, a capacity that fits no class, or more wells than the classes can hold.

    Examples
    --------
    >>> assign_classes(np.log([[0.9, 0.1], [0.8, 0.2]]), "assign", 1)
    array([0, 1])
    """
    if prior not in get_args(Prior):
        raise ArgumentError(f"There is no prior {prior!r}.", f"Choose one of: {', '.join(get_args(Prior))}.")
    places = _places(np.asarray(logits), capacity)
    present = np.flatnonzero(places)
    values, places = np.asarray(logits, np.float64)[:, present], places[present]
    if prior != "assign":
        values = _log(balance_wells(values, places))
    chosen = values.argmax(axis=1) if prior == "balance" else _assign(values, places)
    return np.asarray(present[chosen], np.int64)


def balance_wells(logits: Float64, capacity: NDArray[np.int64], n_tries: int = N_TRIES) -> Float64:
    """Scores of wells and classes whose maxima fit the design as well as was found.

    The fit is Σ_j min(100 n_j / N, 100 k_j / Σk), with n_j wells of N predicted as class j that stands k_j times.

    Parameters
    ----------
    logits
        (n, K) float64.
    capacity
        (K,) k.
    n_tries
        Steps down before the step is halved.

    Returns
    -------
    (n, K) float64: probabilities normalised over wells, times the best coefficients.
    """
    shares = _softmax_over_wells(logits)
    coefficients, step = np.ones(shares.shape[1]), FIRST_STEP
    wanted = 100 * capacity / capacity.sum()
    best = _fit(shares.argmax(axis=1), wanted)
    while step >= LAST_STEP and best < _best_fit(len(shares), wanted) - 1e-9:
        found, fit = _descend(shares, coefficients, step, (wanted, n_tries))
        if fit > best:
            coefficients, best = found, fit
        else:
            step /= 2
    return shares * coefficients


def _descend(shares: Float64, coefficients: Float64, step: float, goal: tuple[Float64, int]) -> tuple[Float64, float]:
    """Lower the most frequent class's coefficient while it stays positive; gives the best on the way, and its fit."""
    (wanted, n_tries), current = goal, coefficients.copy()
    chosen = (shares * current).argmax(axis=1)
    best, found = -1.0, current.copy()
    for _ in range(n_tries):
        fit = _fit(chosen, wanted)
        if fit > best:
            best, found = fit, current.copy()
        most = np.bincount(chosen, minlength=len(current)).argmax()
        if current[most] <= step:
            break
        current[most] -= step
        changed = np.flatnonzero(chosen == most)  # only these can choose otherwise now
        chosen[changed] = (shares[changed] * current).argmax(axis=1)
    return found, best


def _fit(chosen: NDArray[np.intp], wanted: Float64) -> float:
    counts = np.bincount(chosen, minlength=len(wanted))
    return float(np.minimum(100 * counts / len(chosen), wanted).sum())


def _best_fit(n_wells: int, wanted: Float64) -> float:
    """Fit of the counts that fit best: each well goes where it adds most."""
    share = 100 / n_wells
    whole = np.floor(wanted / share + 1e-9)
    rest = np.sort(wanted - whole * share)[::-1]
    n_rest = max(0, n_wells - int(whole.sum()))
    return float(min(whole.sum(), n_wells) * share + rest[:n_rest].sum())


def _softmax_over_wells(logits: Float64) -> Float64:
    exponents: Float64 = np.exp(logits - logits.max(axis=0, keepdims=True))
    shares: Float64 = exponents / exponents.sum(axis=0, keepdims=True)
    return shares


def _log(scores: Float64) -> Float64:
    logarithms: Float64 = np.log(np.maximum(scores, 1e-300))
    return logarithms


def _assign(values: Float64, places: NDArray[np.int64]) -> NDArray[np.int64]:
    from scipy.optimize import linear_sum_assignment

    classes = np.repeat(np.arange(len(places)), np.minimum(places, len(values)))
    if len(values) > len(classes):
        raise ArgumentError(
            f"{len(values)} wells are to be assigned, but the {len(places)} classes stand on the plate "
            f"{int(places.sum())} times together.",
            "Say how often each treatment stands on the plate, or leave wells out, such as the controls.",
        )
    _, columns = linear_sum_assignment(values[:, classes], maximize=True)
    return np.asarray(classes[columns], np.int64)


def _places(values: Float64, capacity: int | Sequence[int]) -> NDArray[np.int64]:
    n_classes = values.shape[1]
    places = np.full(n_classes, capacity) if np.ndim(capacity) == 0 else np.asarray(capacity)
    if places.shape != (n_classes,) or (places < 0).any() or not places.any():
        raise ArgumentError(
            f"A capacity of {capacity!r} does not fit {n_classes} classes.",
            "Give how often each treatment stands on the plate: one number from 1, or one for each class.",
        )
    return places.astype(np.int64)
