"""From a person's network to a program that may be trusted.

The traced graph is run on the first image beside the network itself, and must show every BatchNorm layer the same
input. Tracing follows one path through Python code and sees nothing of memory that operations share; where it went
wrong, the network's own code is run instead.
"""

import copy
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from napari_ben.errors import MethodError
from napari_ben.methods._graph import trace
from napari_ben.methods._layers import batch_norms, set_statistics
from napari_ben.methods._ledger import Ledger
from napari_ben.methods._moments import Moments, moments_of
from napari_ben.methods._program import IMAGES, Program, RepeatedProgram, TracedProgram, Values
from napari_ben.methods._statistics import LayerStatistics

__all__ = ["compile_program", "copy_for_inference"]

_ONE = np.ones(1)
_LOGGER = logging.getLogger(__name__)


def copy_for_inference(network: nn.Module, device: torch.device) -> nn.Module:
    """Copy in inference mode and float32 on a device, with running statistics in every BatchNorm layer.

    Raises
    ------
    MethodError
        When there is no BatchNorm layer.
    """
    shared: dict[int, Any] = {id(parameter): _twin_of(parameter, device) for parameter in network.parameters()}
    twin = copy.deepcopy(network, shared).to(device=device, dtype=torch.float32).eval()
    for layer in batch_norms(twin).values():
        if layer.running_mean is None:
            size = layer.num_features
            set_statistics(layer, LayerStatistics(np.zeros(size), np.ones(size), np.inf))
    return twin


def _twin_of(parameter: nn.Parameter, device: torch.device) -> nn.Parameter:
    """Weights for reading only, so they share the network's memory unless they have to be converted."""
    layout = torch.channels_last if device.type == "cpu" and parameter.dim() == 4 else torch.preserve_format
    values = parameter.detach().to(device, torch.float32, memory_format=layout)
    return nn.Parameter(values, requires_grad=False)


def compile_program(network: nn.Module, image: torch.Tensor) -> Program:
    """Traced program where the graph agrees with the network on one image, repeated runs otherwise.

    Parameters
    ----------
    network
        From :func:`copy_for_inference`.
    image
        (1, C, Y, X) float32.

    Raises
    ------
    MethodError
        When no BatchNorm layer is called, or one is called twice: two statistics do not fit into one layer.
    """
    seen = _observe_fast(network, image)
    graph = trace(network)
    if graph is not None:
        program = TracedProgram(graph, network)
        kept_bytes = _check(program, image, seen)
        if kept_bytes is not None:
            program.kept_bytes = kept_bytes
            return program
    _LOGGER.warning(
        "The code of %s cannot be followed, so its context statistics take one forward pass for each of its %d "
        "BatchNorm layers; they are exact all the same.",
        type(network).__name__,
        len(seen),
    )
    return RepeatedProgram(network, tuple(seen), image.nbytes)


def _observe_fast(network: nn.Module, image: torch.Tensor) -> dict[str, Moments]:
    """Observe with the fast layout of memory, or with the ordinary one where the network's code relies on it."""
    try:
        return _observe(network, image)
    except RuntimeError:  # a view across channels and pixels; any other error comes again
        for parameter in network.parameters():
            parameter.data = parameter.data.contiguous()
    return _observe(network, image)


def _observe(network: nn.Module, image: torch.Tensor) -> dict[str, Moments]:
    """Moments of every BatchNorm layer's input, in the order of the calls."""
    seen: dict[str, Moments] = {}
    layers = batch_norms(network)
    handles = [layer.register_forward_pre_hook(partial(_note, seen, name)) for name, layer in layers.items()]
    try:
        network(image.clone())
    finally:
        for handle in handles:
            handle.remove()
    if not seen:
        raise MethodError(
            f"The network {type(network).__name__} calls none of its {len(layers)} BatchNorm layers.",
            "Use the method 'none', or a network that normalises with its BatchNorm layers.",
        )
    return seen


def _note(seen: dict[str, Moments], name: str, _: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
    if name in seen:
        raise MethodError(
            f"The BatchNorm layer '{name}' is called twice in one forward pass, each time with statistics of its own; "
            "one layer holds one set.",
            "Give every use in the network a BatchNorm layer of its own, or use the method 'none'.",
        )
    seen[name] = moments_of(inputs[0], _ONE)


def _check(program: TracedProgram, image: torch.Tensor, seen: Mapping[str, Moments]) -> tuple[int, ...] | None:
    """Bytes that the image keeps after each stage; None when the layers see other than the network's own inputs."""
    ledger = Ledger(image.device)
    values: Values = {IMAGES: image.clone()}
    ledger.hold(values[IMAGES])
    moments: dict[str, Moments] = {}
    layers: dict[str, Moments] = {}
    kept_bytes = []
    for stage in range(len(program.kept)):
        started_from = [(value, _writes(value)) for value in values.values()]
        try:
            moments |= program.visit(values, range(stage, stage + 1), _ONE, ledger, owns_values=False)
        except torch.cuda.OutOfMemoryError:
            raise
        except (RuntimeError, TypeError, ValueError, IndexError):  # e.g. a size that tracing took for a constant
            return None
        if any(_writes(value) != before for value, before in started_from):
            return None  # hidden in-place work: starting from the kept values again would give something else
        layers |= program.layers(stage, moments)
        kept_bytes.append(ledger.held)
    agrees = layers.keys() == seen.keys() and all(_same(layers[name], seen[name]) for name in seen)
    return tuple(kept_bytes) if agrees else None


def _writes(value: Any) -> int:
    """How often a tensor was written to."""
    return value._version if isinstance(value, torch.Tensor) else 0  # noqa: SLF001 # autograd's own check; no public name


def _same(one: Moments, other: Moments) -> bool:
    """Compare in units of the layer, since single channels may be constant."""
    scale = max(float(np.max(np.abs(other.mean) + np.sqrt(other.variance))), np.finfo(np.float64).tiny)
    shifts = (one.mean - other.mean, np.sqrt(one.variance) - np.sqrt(other.variance))
    return all(np.allclose(shift / scale, 0, atol=1e-4, equal_nan=True) for shift in shifts)
