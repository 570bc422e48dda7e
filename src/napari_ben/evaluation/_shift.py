"""Stress for methods that look at the whole plate: a plate on which some classes are missing and others abound."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def label_shift(labels: Sequence[str], alpha: float, size: int, seed: int = 0) -> tuple[NDArray[np.intp], ...]:
    """Draw subsets of a plate whose class mix is far from even.

    One mix is drawn from a symmetric Dirichlet and turned into counts by a multinomial; it is then rotated through all
    classes, so that each class is once the abundant one (the label-shift protocol of arXiv 2604.20824). A well cannot
    be imaged twice: a class that is allotted more wells than it has gives all of them.

    Parameters
    ----------
    labels
        (n,) class of each well.
    alpha
        Of the Dirichlet; 0.1 is a strong shift, 100 an even plate.
    size
        Wells to draw in all.
    seed
        Of the draw.

    Returns
    -------
    tuple of numpy.ndarray
        For each rotation the sorted positions drawn, one array a class.
    """
    names = list(dict.fromkeys(labels))
    random = np.random.default_rng(seed)
    counts = random.multinomial(size, random.dirichlet(np.full(len(names), alpha)))
    shuffled = [random.permutation(np.flatnonzero(np.asarray(labels, dtype=object) == name)) for name in names]
    return tuple(
        np.sort(np.concatenate([members[:n] for members, n in zip(shuffled, np.roll(counts, shift), strict=True)]))
        for shift in range(len(names))
    )
