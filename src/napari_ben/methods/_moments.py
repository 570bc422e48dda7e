"""Count, mean and second moment of an activation, mergeable in any order.

Each image by itself, while it is still in the cache: its mean, then the squared deviations from it, in the activation's
own precision and with the mean's rounding made good (the corrected two-pass algorithm). Beyond one image everything is
merged in float64 by the pairwise formula. Sums of squares are never subtracted from each other: with a mean far from
zero that loses the variance. Both after Chan, Golub and LeVeque, The American Statistician 37 (1983).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import MethodError

if TYPE_CHECKING:
    import torch

__all__ = ["Moments", "concatenate", "moments_of"]

Float64 = NDArray[np.float64]

_BLOCK = 2 << 20  # bytes


@dataclass(frozen=True)
class Moments:
    """Weighted first and second moments of one activation, channel by channel.

    Parameters
    ----------
    weight
        Sum of the weights of all values that went in.
    squared_weight
        Sum of their squares; tells how many values of equal weight these are worth.
    mean
        (C,) float64.
    deviation
        (C,) float64, weighted sum of squared deviations from the mean (``M2``).
    """

    weight: float
    squared_weight: float
    mean: Float64
    deviation: Float64

    @property
    def count(self) -> float:
        """Effective number of values per channel (Kish): N·H·W when all weights are equal."""
        return self.weight**2 / self.squared_weight

    @property
    def variance(self) -> Float64:
        """(C,) float64, biased."""
        return self.deviation / self.weight

    def merge(self, other: "Moments") -> "Moments":
        """Moments of both sets of values together."""
        weight = self.weight + other.weight
        with _quiet():
            shift = other.mean - self.mean
            between = shift**2 * (self.weight * other.weight / weight)
            return Moments(
                weight=weight,
                squared_weight=self.squared_weight + other.squared_weight,
                mean=self.mean + shift * (other.weight / weight),
                deviation=self.deviation + other.deviation + between,
            )


def moments_of(value: "torch.Tensor", weights: Float64) -> Moments:
    """Moments of one chunk's activation.

    Parameters
    ----------
    value
        (n, C, …) activation; channels are the second axis, as in every BatchNorm.
    weights
        (n,) float64, above zero: how much each image counts.

    Raises
    ------
    MethodError
        When rows of the activation are no longer images, while images differ in weight.
    """
    rows = value.flatten(2) if value.dim() > 2 else value.unsqueeze(-1)
    with _quiet():
        mean, deviation = zip(*(_image_moments(block) for block in _blocks(rows)), strict=True)
        return _pool(np.concatenate(mean), np.concatenate(deviation), _row_weights(weights, len(rows)), rows.shape[2])


def _quiet() -> np.errstate:
    """Let values that are not finite pass: they are refused by name when their layer is settled."""
    return np.errstate(over="ignore", invalid="ignore")


def _blocks(rows: "torch.Tensor") -> "tuple[torch.Tensor, ...]":
    """Cut so that the differences from the mean are a small part of the memory in use, and stay in the cache."""
    if not rows.is_cpu:
        return (rows,)
    size = max(1, _BLOCK // (rows[0].numel() * rows.element_size()))
    return tuple(rows[start : start + size] for start in range(0, len(rows), size))


def _image_moments(rows: "torch.Tensor") -> tuple[Float64, Float64]:
    """Mean and squared deviations, (n, C) float64 each, of every image by itself."""
    rounded = rows.mean(dim=2, keepdim=True)
    differences = rows - rounded
    error = _float64(differences.sum(dim=2)) / rows.shape[2]  # what rounding took from the mean
    deviation = _float64(differences.square_().sum(dim=2)) - rows.shape[2] * error**2
    return _float64(rounded.squeeze(2)) + error, np.maximum(deviation, 0)


def _pool(mean: Float64, deviation: Float64, weights: Float64, size: int) -> Moments:
    """Merge (n, C) moments of single images, each of ``size`` values per channel, in one step."""
    total = weights.sum()
    pooled = weights @ mean / total
    return Moments(
        weight=float(total * size),
        squared_weight=float((weights**2).sum() * size),
        mean=pooled,
        deviation=weights @ (deviation + size * (mean - pooled) ** 2),
    )


def _row_weights(weights: Float64, n_rows: int) -> Float64:
    if n_rows == len(weights):
        return weights
    if np.all(weights == weights[0]):
        return np.full(n_rows, weights[0])
    raise MethodError(
        f"A BatchNorm layer sees {n_rows} rows for {len(weights)} images, so the images' weights cannot be followed.",
        "Give all images the same weight, or use a network whose BatchNorm layers see one row per image.",
    )


def _float64(values: "torch.Tensor") -> Float64:
    array: Float64 = values.cpu().numpy().astype(np.float64)
    return array


def concatenate(parts: Sequence[Moments]) -> Moments:
    """Moments of activations that are concatenated along their channels."""
    return Moments(
        weight=parts[0].weight,
        squared_weight=parts[0].squared_weight,
        mean=np.concatenate([part.mean for part in parts]),
        deviation=np.concatenate([part.deviation for part in parts]),
    )
