"""Measured statistics in a network of its own, ready for images one by one."""

import copy
from typing import Any, TypeVar

from torch import fx, nn

from napari_ben.methods._graph import layer_name, trace
from napari_ben.methods._layers import affine_of, after_norm, float64, is_batch_norm, set_all_statistics
from napari_ben.methods._statistics import ContextStatistics, Variance

__all__ = ["apply_statistics", "fold_statistics"]

Network = TypeVar("Network", bound=nn.Module)

_FOLDABLE = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


def apply_statistics(network: Network, statistics: ContextStatistics, variance: Variance = "biased") -> Network:
    """Copy of the network, in inference mode, that normalises with a context's statistics.

    Parameters
    ----------
    network
        The network that the statistics were measured with; it is not touched.
    statistics
        From :func:`measure_statistics`.
    variance
        ``"biased"`` is what a training-mode batch is normalised by. ``"unbiased"`` is what a cumulative running
        variance holds, for parity with predictors that set their running statistics from one batch.

    Raises
    ------
    MethodError
        When the statistics belong to another network.
    """
    adapted = copy.deepcopy(network).eval()
    set_all_statistics(adapted, statistics, variance)
    return adapted


def fold_statistics(adapted: Network) -> Network:
    """Copy in which each BatchNorm that directly follows a convolution or linear layer is part of it.

    The others stay as they are: with fixed statistics each is one multiplication and one addition per channel.
    Methods other than ``forward`` keep working, because only modules are exchanged.

    Parameters
    ----------
    adapted
        From :func:`apply_statistics`; in inference mode.
    """
    folded = copy.deepcopy(adapted).eval()
    graph = trace(folded)
    for norm in [] if graph is None else list(graph.nodes):
        source = _foldable_source(norm, folded)
        if source is not None:
            _fold(folded, layer_name(source), layer_name(norm))
    return folded


def _foldable_source(norm: fx.Node, network: nn.Module) -> fx.Node | None:
    """Return the convolution or linear layer that feeds this BatchNorm and nothing else."""
    if not (_calls_once(norm) and _is_foldable(network.get_submodule(layer_name(norm)))):
        return None
    source = norm.all_input_nodes[0]
    is_alone = len(source.users) == 1 and _calls_once(source)
    return source if is_alone and type(network.get_submodule(layer_name(source))) in _FOLDABLE else None


def _calls_once(node: fx.Node) -> bool:
    return node.op == "call_module" and sum(other.target == node.target for other in node.graph.nodes) == 1


def _is_foldable(module: nn.Module) -> bool:
    return is_batch_norm(module) and after_norm(module) is not None


def _fold(network: nn.Module, source_name: str, norm_name: str) -> None:
    """Scale the source's weights as the BatchNorm would scale its output; in float64, rounded once."""
    source: Any = network.get_submodule(source_name)
    norm: Any = network.get_submodule(norm_name)
    scale, shift = affine_of(norm)
    weight = float64(source.weight)
    bias = 0 if source.bias is None else float64(source.bias)
    folded_weight = weight * scale.reshape(-1, *[1] * (weight.dim() - 1))
    source.weight = nn.Parameter(folded_weight.to(source.weight), requires_grad=False)
    source.bias = nn.Parameter((bias * scale + shift).to(source.weight), requires_grad=False)
    owner, _, name = norm_name.rpartition(".")
    setattr(network.get_submodule(owner), name, nn.Sequential(*after_norm(norm) or (nn.Identity(),)))
