"""ARM-BN: adaptive risk minimisation by BatchNorm (Zhang et al. 2020, arXiv 2007.02931).

The plate's images are cut into sets of the size of training; each set is normalised by its own statistics and nothing
else. An image's result therefore depends on which images share its set. Sets hold whole wells in a seeded random order,
because wells lie on a plate in the order of their treatments, and a set of one treatment would normalise it away.
"""

import numpy as np
from numpy.typing import NDArray

from napari_ben.methods._method import ControlWeight, Method

__all__ = ["METHOD", "PUBLISHED_SET", "cut_into_sets"]

PUBLISHED_SET = 100  # images; the larger of the two support sizes of the paper's code


def weigh(in_context: NDArray[np.bool_], _weight: ControlWeight) -> NDArray[np.float64]:
    """Every image of the set counts once."""
    return in_context.astype(np.float64)


def cut_into_sets(wells: NDArray[np.object_], size: int, seed: int = 0) -> list[NDArray[np.int64]]:
    """Cut images into sets of whole wells, in random order.

    Parameters
    ----------
    wells
        (n,) the well of each image.
    size
        Images in a set; a set is closed by the well that fills it, and a last one below half joins the one before.
    seed
        Of the order of the wells.

    Returns
    -------
    list of numpy.ndarray
        Positions of the images of each set; together they are 0 to n - 1.
    """
    names, codes = np.unique(wells, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(names))
    counts = np.bincount(codes, minlength=len(names))[order]
    number_of_set = np.empty(len(names), np.int64)
    number_of_set[order] = (np.cumsum(counts) - counts) // max(1, size)
    sets = [np.flatnonzero(number_of_set[codes] == number) for number in np.unique(number_of_set)]
    if len(sets) > 1 and len(sets[-1]) < size / 2:
        sets[-2:] = [np.sort(np.concatenate(sets[-2:]))]
    return sets


METHOD = Method(
    name="arm-bn",
    title="ARM-BN",
    sentence="The plate is cut into sets of the size of training, and each set is normalised by itself.",
    default_context="plate",
    uses_queries=False,
    weigher=weigh,
    in_sets=True,
)
