"""From fields to wells: three reducers and the uncertainty.

The references report fields or wells, and mix them; here the fields are always kept, and a well is a stated reduction
of its own fields.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32] | NDArray[np.float64]
Reducer = Literal["logit", "probability", "embedding"]
REDUCERS: dict[Reducer, str] = {
    "logit": "mean of the fields' logits",
    "probability": "mean of the fields' probabilities",
    "embedding": "classifier on the mean of the fields' normalised embeddings",
}


def softmax(logits: Floats) -> NDArray[np.float64]:
    """Give the probabilities of logits.

    Parameters
    ----------
    logits
        (n, K) any float type.

    Returns
    -------
    numpy.ndarray
        (n, K) float64, rows add up to 1.
    """
    values = logits.astype(np.float64)
    exponents: NDArray[np.float64] = np.exp(values - values.max(axis=1, keepdims=True, initial=-np.inf))
    sums: NDArray[np.float64] = exponents.sum(axis=1, keepdims=True)
    return exponents / sums


def normalised_entropy(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the uncertainty of a prediction: its entropy as a share of the largest possible.

    Parameters
    ----------
    probabilities
        (n, K) float64, rows add up to 1.

    Returns
    -------
    numpy.ndarray
        (n,) float64, 0 (certain) to 1 (all classes alike); 0 where there is a single class.
    """
    n_classes = probabilities.shape[1]
    if n_classes < 2:
        return np.zeros(len(probabilities))
    logarithms = np.log(np.where(probabilities > 0, probabilities, 1.0))
    entropy: NDArray[np.float64] = -(probabilities * logarithms).sum(axis=1) / np.log(n_classes)
    return entropy.clip(0.0, 1.0)


def group_mean(values: Floats, groups: Sequence[str] | NDArray[np.object_]) -> NDArray[np.float64]:
    """Average rows that belong together.

    Parameters
    ----------
    values
        (n, d) one row a field.
    groups
        (n,) the well of each field.

    Returns
    -------
    numpy.ndarray
        (n_groups, d) float64, groups in order of first appearance.
    """
    order = {name: number for number, name in enumerate(dict.fromkeys(groups))}
    codes = np.fromiter((order[name] for name in groups), dtype=np.intp, count=len(groups))
    sums = np.zeros((len(order), values.shape[1]))
    np.add.at(sums, codes, values.astype(np.float64))
    counts = np.bincount(codes, minlength=len(order))[:, None]
    means: NDArray[np.float64] = sums / counts
    return means


def mean_direction(embeddings: Floats) -> NDArray[np.float64]:
    """Average embeddings as directions, at the length that the classifier is used to.

    Each field counts alike, however long its vector. The mean of the unit vectors is brought back to the fields' mean
    length, because a classifier that was trained on raw embeddings would see mostly its own bias in a unit vector; a
    well of one field then gives exactly that field's prediction.

    Parameters
    ----------
    embeddings
        (n, d) the fields of one well, n ≥ 1.

    Returns
    -------
    numpy.ndarray
        (d,) float64.
    """
    vectors = embeddings.astype(np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units = vectors / np.where(lengths > 0, lengths, 1.0)
    direction: NDArray[np.float64] = units.mean(axis=0) * lengths.mean()
    return direction
