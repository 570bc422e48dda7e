"""Which well to label next: one that the classifier is unsure of, and that is unlike those labelled already.

Uncertainty alone asks for the same borderline again and again; distance alone asks for artefacts. Their product asks
for unsure wells from different places, one after the other (as in core-set selection: Sener and Savarese, ICLR 2018).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_ben.results import normalised_entropy

__all__ = ["next_examples"]


def next_examples(
    probabilities: NDArray[np.float64], embeddings: ArrayLike, labelled: NDArray[np.bool_], n: int = 6
) -> NDArray[np.intp]:
    """Choose what to label next.

    Parameters
    ----------
    probabilities
        (m, K) of each well.
    embeddings
        (m, d) of each well.
    labelled
        (m,) whether it has a label.
    n
        How many to choose.

    Returns
    -------
    numpy.ndarray
        (≤ n,) positions, the most telling first; none where all are labelled or certain.

    Examples
    --------
    >>> odds = np.array([[1.0, 0.0], [0.5, 0.5], [0.5, 0.5], [0.9, 0.1]])
    >>> places = np.array([[0.0], [0.1], [3.0], [9.0]])
    >>> next_examples(odds, places, np.array([True, False, False, False]), n=2).tolist()
    [3, 2]
    """
    values = np.asarray(embeddings, dtype=np.float64)
    unsure = np.where(labelled, 0.0, normalised_entropy(probabilities))
    nearest = np.full(len(values), np.inf)
    for place in np.flatnonzero(labelled):
        nearest = np.minimum(nearest, _distance(values, int(place)))
    chosen: list[int] = []
    while len(chosen) < n and unsure.any():
        score = unsure * np.where(np.isfinite(nearest), nearest, 1.0)
        best = int(score.argmax())
        if score[best] <= 0:
            break
        chosen.append(best)
        nearest = np.minimum(nearest, _distance(values, best))
        unsure[best] = 0.0
    return np.array(chosen, dtype=np.intp)


def _distance(values: NDArray[np.float64], place: int) -> NDArray[np.float64]:
    distance: NDArray[np.float64] = np.linalg.norm(values - values[place], axis=1)
    return distance
