"""Classifiers on embeddings, for embeddings that have none: aligned ones, and those of frozen foundation models.

Aligning turns the axes, so a network's own classifier no longer fits. As in the linear probes of the papers, the
embeddings stay as they are and one linear layer is fitted on labelled plates of reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_ben.errors import ArgumentError
from napari_ben.results import softmax

__all__ = ["HEADS", "HeadKind", "LinearHead", "fit_head"]

Float64 = NDArray[np.float64]
HeadKind = Literal["logistic", "centroid"]
HEADS: dict[HeadKind, str] = {
    "logistic": "multinomial logistic regression on standardised embeddings, ridge of one pseudo-image",
    "centroid": "the nearest class mean, Euclidean, on standardised embeddings",
}
_STEPS = 200


@dataclass(frozen=True, eq=False)
class LinearHead:
    """A linear classifier: logits = embeddings · weights + bias.

    Parameters
    ----------
    classes
        (K,) names.
    weights
        (d, K) float64.
    bias
        (K,) float64.
    """

    classes: tuple[str, ...]
    weights: Float64
    bias: Float64

    def logits(self, embeddings: ArrayLike) -> Float64:
        """Give the (n, K) logits of (n, d) embeddings."""
        values: Float64 = np.asarray(embeddings, dtype=np.float64) @ self.weights + self.bias
        return values


def fit_head(
    embeddings: ArrayLike,
    labels: Sequence[str],
    kind: HeadKind = "logistic",
    *,
    classes: Sequence[str] | None = None,
    ridge: float = 1.0,
) -> LinearHead:
    """Fit a classifier on labelled embeddings.

    Parameters
    ----------
    embeddings
        (n, d) any float type.
    labels
        (n,) class of each.
    kind
        Key of `HEADS`.
    classes
        Order of the logits; sorted labels when None. A class without an example is never predicted.
    ridge
        Of the logistic regression: half the squared weights times this are added to the summed loss.

    Raises
    ------
    ArgumentError
        When there are fewer than two classes, or a label is no class.
    """
    values, names = np.asarray(embeddings, dtype=np.float64), tuple(classes or sorted(set(labels)))
    seen = set(labels)
    if len(seen) < 2 or not seen <= set(names):
        raise ArgumentError(
            f"A classifier needs examples of 2 or more of its classes; there are {', '.join(sorted(seen)) or 'none'}.",
            "Name the column of the platemap that holds the classes, and plates on which they are known.",
        )
    targets = np.array([names.index(label) for label in labels])
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    scale = np.where(deviation > 0, deviation, 1.0)
    standardised = (values - mean) / scale
    fit = _fit_logistic if kind == "logistic" else _fit_centroids
    weights, bias = fit(standardised, targets, len(names), ridge)
    bias = np.where(np.isin(np.arange(len(names)), targets), bias, -np.inf)
    unscaled = weights / scale[:, None]
    return LinearHead(names, unscaled, bias - mean @ unscaled)


def _fit_centroids(
    values: Float64, targets: NDArray[np.intp], n_classes: int, _ridge: float
) -> tuple[Float64, Float64]:
    """Squared distance to a class mean, as a linear function: what all classes share is left out."""
    sums = np.zeros((n_classes, values.shape[1]))
    np.add.at(sums, targets, values)
    means = sums / np.maximum(np.bincount(targets, minlength=n_classes), 1)[:, None]
    return means.T, -0.5 * (means**2).sum(axis=1)


def _fit_logistic(values: Float64, targets: NDArray[np.intp], n_classes: int, ridge: float) -> tuple[Float64, Float64]:
    """Fit in the principal axes, each scaled by about its curvature: a tenth of the steps, the same optimum."""
    from scipy.optimize import minimize

    left, lengths, axes = np.linalg.svd(values, full_matrices=False)
    scale = np.sqrt(lengths**2 / n_classes + ridge)
    design, penalty = left * (lengths / scale), (ridge / scale**2)[:, None]
    wanted = np.eye(n_classes)[targets]

    def loss(parameters: Float64) -> tuple[float, Float64]:
        weights, bias = parameters[:-n_classes].reshape(-1, n_classes), parameters[-n_classes:]
        found = softmax(design @ weights + bias)
        error = found - wanted
        gradient = np.concatenate([(design.T @ error + penalty * weights).ravel(), error.sum(axis=0)])
        likelihood = np.log(np.maximum(found[np.arange(len(targets)), targets], np.finfo(np.float64).tiny)).sum()
        return float(0.5 * (penalty * weights**2).sum() - likelihood), gradient

    start = np.zeros(len(scale) * n_classes + n_classes)
    options = {"maxiter": _STEPS, "ftol": 1e-9, "gtol": 1e-3}
    solution: Any = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
    weights = solution.x[:-n_classes].reshape(-1, n_classes)
    return axes.T @ (weights / scale[:, None]), solution.x[-n_classes:]
