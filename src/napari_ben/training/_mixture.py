"""Batch normalisation whose statistics weigh images differently, with gradients through the statistics.

``cs-arm-bn`` mixes the statistics of controls and queries with a weight w:
μ = w μ_c + (1 − w) μ_q, σ² = w (σ_c² + (μ_c − μ)²) + (1 − w) (σ_q² + (μ_q − μ)²).
That equals statistics over all images in which each control counts w / n_c and each query (1 − w) / n_q, which is what
is computed here. Ioffe, Szegedy: Batch normalization, ICML 2015, gives the derivative for equal shares.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from napari_ben.errors import MethodError
from napari_ben.models import ContextMean

__all__ = ["MixtureNorm", "accept_shares", "follow_shares", "normalize", "shares_of_images"]


class _Normalize(torch.autograd.Function):
    """(x, shares, weight, bias, eps) to (normalised x, mean, biased variance)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, shares: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, ...]:
        mean = shares @ x.mean((2, 3))
        centred = x - mean[:, None, None]
        variance = shares @ centred.square().mean((2, 3))
        scale = torch.rsqrt(variance + eps)
        normal = centred.mul_(scale[:, None, None])
        ctx.save_for_backward(normal, shares, weight, scale)
        ctx.mark_non_differentiable(mean, variance)
        return torch.addcmul(bias[:, None, None], normal, weight[:, None, None]), mean, variance

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        normal, shares, weight, scale = ctx.saved_tensors
        to_bias, to_weight = gradient.sum((0, 2, 3)), (gradient * normal).sum((0, 2, 3))
        share = (shares / (normal.shape[2] * normal.shape[3]))[:, None, None, None]
        through = torch.addcmul(to_bias[:, None, None], normal, to_weight[:, None, None])
        to_x = (gradient - share * through) * (weight * scale)[:, None, None]
        return to_x, None, to_weight, to_bias, None


def normalize(x: Tensor, shares: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
    """Normalise images with statistics in which each image has a share.

    Parameters
    ----------
    x
        (N, C, Y, X).
    shares
        (N,), not negative, sum 1.
    weight, bias
        (C,) of the affine map that follows.
    eps
        Added to the variance.

    Returns
    -------
    (N, C, Y, X) normalised, (C,) mean and (C,) biased variance; the first alone carries a gradient.
    """
    normal, mean, variance = _Normalize.apply(x, shares, weight, bias, eps)  # type: ignore[no-untyped-call] # torch types no apply
    return normal, mean, variance


class MixtureNorm(nn.BatchNorm2d):
    """A batch normalisation that takes each image's share from outside while ``shares`` is set."""

    shares: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) to the same shape."""
        if self.shares is None or not self.training:
            return super().forward(x)
        with torch.autocast(x.device.type, enabled=False):  # statistics are never of half precision
            normal, mean, variance = normalize(x.float(), self.shares, self.weight, self.bias, self.eps)
        self._track(mean, variance)
        return normal.to(x.dtype)

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.momentum is None:
            return
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)


def accept_shares(network: nn.Module) -> None:
    """Turn every ``BatchNorm2d`` of a network into a ``MixtureNorm`` that holds the same tensors, in place.

    A context mean takes shares as it is.

    Raises
    ------
    MethodError
        The network normalises with something else.
    """
    for parent in list(network.modules()):
        for name, layer in list(parent.named_children()):
            if type(layer) is nn.BatchNorm2d:
                setattr(parent, name, _convert(layer))
    kinds = {type(layer) for layer in network.modules() if isinstance(layer, nn.modules.batchnorm._BatchNorm)}  # noqa: SLF001 # torch names the family only there
    if kinds - {ContextMean} != {MixtureNorm}:
        found = ", ".join(sorted(kind.__name__ for kind in kinds - {MixtureNorm, ContextMean})) or "none"
        raise MethodError(
            f"Controls and queries can be weighed in BatchNorm2d layers only; beside them this network has: {found}.",
            "Choose one of the built-in architectures, or the method 'ben'.",
        )


def _convert(layer: nn.BatchNorm2d) -> MixtureNorm:
    mixture = MixtureNorm(layer.num_features, layer.eps, 0.1 if layer.momentum is None else layer.momentum)
    mixture._parameters, mixture._buffers = layer._parameters, layer._buffers  # noqa: SLF001 # the same tensors, not copies
    return mixture.train(layer.training)


@contextmanager
def follow_shares(network: nn.Module, shares: Tensor | None) -> Iterator[None]:
    """Give every ``MixtureNorm`` the images' shares for as long as the context lasts."""
    layers = [layer for layer in network.modules() if isinstance(layer, (MixtureNorm, ContextMean))]
    for layer in layers:
        layer.shares = shares
    try:
        yield
    finally:
        for layer in layers:
            layer.shares = None


def shares_of_images(n_queries: int, n_controls: int, control_weight: float) -> Tensor:
    """(n_queries + n_controls,) float32 that sums to 1, queries first."""
    queries = torch.full((n_queries,), (1 - control_weight) / n_queries)
    return torch.cat([queries, torch.full((n_controls,), control_weight / n_controls)])
