"""A context that is small on purpose: which images to take, and what error that brings.

Statistics of a few images of every well see all wells; statistics of all images of a few wells do not. The error is
taken from leaving wells out, because the images of a well are no independent witnesses.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_ben.errors import ArgumentError

__all__ = ["deal_wells", "jackknife_error", "stratified_subset"]


def stratified_subset(
    wells: Sequence[str], size: int, *, first: Sequence[str] = (), seed: int = 0
) -> NDArray[np.int64]:
    """Choose images so that every well has one before any has two.

    Parameters
    ----------
    wells
        (n,) the well of each image.
    size
        Images to choose; all when there are no more.
    first
        Wells that come first in every round: the controls.
    seed
        Of the order within a well and among wells.

    Returns
    -------
    numpy.ndarray
        Sorted positions of the images chosen.

    Raises
    ------
    ArgumentError
        When `size` is not above zero.
    """
    if size < 1:
        raise ArgumentError(f"A subset of {size} images is none.", "Ask for 1 or more.")
    random = np.random.default_rng(seed)
    names = np.asarray(wells, dtype=object)
    shuffled = random.permutation(len(names))
    rounds = np.empty(len(names), dtype=np.int64)
    seen: dict[str, int] = {}
    for position in shuffled:
        rounds[position] = seen.get(names[position], 0)
        seen[names[position]] = rounds[position] + 1
    comes_later = ~np.isin(names, list(first))
    rank = np.empty(len(names), dtype=np.int64)
    rank[shuffled] = np.arange(len(names))
    order = np.lexsort((rank, comes_later, rounds))
    return np.sort(order[:size])


def deal_wells(wells: Sequence[str], n_groups: int, seed: int = 0) -> tuple[tuple[str, ...], ...]:
    """Deal wells into groups that differ in size by one at most; as many groups as wells when there are fewer."""
    names = list(dict.fromkeys(wells))
    shuffled = [names[place] for place in np.random.default_rng(seed).permutation(len(names))]
    count = min(n_groups, len(names))
    return tuple(tuple(shuffled[start::count]) for start in range(count))


def jackknife_error(left_out: ArrayLike) -> NDArray[np.float64]:
    """Give the standard error of figures from those with one group of wells left out each.

    Parameters
    ----------
    left_out
        (G, …) the figures without each of G groups of about equal size.

    Returns
    -------
    numpy.ndarray
        (…) float64, sqrt((G − 1)/G · Σ (θ_g − mean)²), the delete-a-group jackknife.

    Raises
    ------
    ArgumentError
        When there are fewer than 2 groups.
    """
    values = np.asarray(left_out, dtype=np.float64)
    if len(values) < 2:
        raise ArgumentError(f"{len(values)} group is too few for an error.", "Leave out 2 or more groups in turn.")
    spread = ((values - values.mean(axis=0)) ** 2).sum(axis=0)
    error: NDArray[np.float64] = np.sqrt(spread * (len(values) - 1) / len(values))
    return error
