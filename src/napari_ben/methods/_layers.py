"""Which modules are BatchNorm, and how statistics get into them.

A layer counts when it is a subclass of torch's own BatchNorm: that includes timm's fused norm-act layers, whose dropout
and activation stay as they are. In inference mode with its running buffers replaced, every flavour normalises with the
statistics that it is given, so nothing here needs to know how a flavour is written.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from napari_ben.errors import ContextError, MethodError
from napari_ben.methods._statistics import ContextStatistics, LayerStatistics, Variance

__all__ = [
    "affine_of",
    "after_norm",
    "batch_norms",
    "check_finite",
    "float64",
    "is_batch_norm",
    "set_all_statistics",
    "set_statistics",
]

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)

#: timm's layers, by name because timm need not be installed.
_FUSED = ("BatchNormAct2d", "SyncBatchNormAct")


def is_batch_norm(module: nn.Module) -> bool:
    """Whether the module normalises by statistics of its batch."""
    return isinstance(module, BATCH_NORMS)


def batch_norms(network: nn.Module) -> dict[str, Any]:
    """BatchNorm layers by name.

    Raises
    ------
    MethodError
        When there is none, naming the normalisation found instead.
    """
    layers = {name: module for name, module in network.named_modules() if is_batch_norm(module)}
    if not layers:
        others = sorted({type(m).__name__ for m in network.modules() if "norm" in type(m).__name__.lower()})
        raise MethodError(
            f"The network {type(network).__name__} has no BatchNorm layer (normalisation found: "
            f"{', '.join(others) or 'none'}), so statistics of a context cannot be put into it.",
            "Use the method 'none', or a network with BatchNorm.",
        )
    return layers


def set_statistics(layer: Any, statistics: LayerStatistics, variance: Variance = "biased") -> None:
    """Put statistics into one BatchNorm layer, which normalises with them in inference mode."""
    old = layer.running_mean if layer.running_mean is not None else layer.weight
    like = torch.empty(0) if old is None else old.detach()
    layer.track_running_stats = True
    layer.running_mean = torch.as_tensor(statistics.mean).to(like.dtype).to(like.device)
    layer.running_var = torch.as_tensor(statistics.variance_as(variance)).to(like.dtype).to(like.device)


def affine_of(layer: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Scale and shift per channel, (C,) float64 on the CPU, that a BatchNorm layer amounts to in inference mode."""
    scale = (float64(layer.running_var) + layer.eps).rsqrt()
    if layer.weight is not None:
        scale = scale * float64(layer.weight)
    shift = -float64(layer.running_mean) * scale
    return scale, shift if layer.bias is None else shift + float64(layer.bias)


def float64(values: torch.Tensor) -> torch.Tensor:
    """Copy on the CPU, since not every device has float64."""
    return values.detach().cpu().double()


def after_norm(layer: Any) -> tuple[nn.Module, ...] | None:
    """Parts of a BatchNorm layer that come after normalising; None when only the layer itself knows.

    Nothing in torch's own layers; dropout and activation in timm's fused norm-act layers.
    """
    if type(layer) in BATCH_NORMS:
        return ()
    return (layer.drop, layer.act) if type(layer).__name__ in _FUSED else None


def set_all_statistics(network: nn.Module, statistics: ContextStatistics, variance: Variance) -> None:
    """Put a context's statistics into all layers that were measured.

    Raises
    ------
    MethodError
        When the statistics belong to another network.
    """
    layers = batch_norms(network)
    for name, measured in statistics.layers.items():
        if name not in layers or layers[name].num_features != len(measured.mean):
            found = f"with {layers[name].num_features} channels" if name in layers else "absent"
            raise MethodError(
                f"The statistics name layer '{name}' with {len(measured.mean)} channels; in the network "
                f"{type(network).__name__} it is {found}.",
                "Apply statistics to the network that they were measured with.",
            )
        set_statistics(layers[name], measured, variance)


def check_finite(measured: Mapping[str, LayerStatistics]) -> None:
    """Refuse statistics that would silently spoil every prediction.

    Raises
    ------
    MethodError
        When a mean or variance is NaN or infinite.
    ContextError
        When a layer saw a single value per channel, which has no variance.
    """
    for name, layer in measured.items():
        if not (np.isfinite(layer.mean).all() and np.isfinite(layer.variance).all()):
            raise MethodError(
                f"The statistics of layer '{name}' are not finite: an image of the context holds NaN or infinite "
                "values, or the network overflows on it.",
                "Leave that image's well out of the context, or check the model's pixel scaling.",
            )
        if layer.count <= 1:
            raise ContextError(
                f"Layer '{name}' sees a single value per channel in this context, which has no variance.",
                "Use a context of more images, or larger images.",
            )
