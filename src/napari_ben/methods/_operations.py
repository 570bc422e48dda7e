"""What a node of the graph computes, without touching its inputs or, where that is safe, written over the first one.

Memory that is written for the first time costs more than the arithmetic of a normalisation, an addition or a ReLU. So
an input is overwritten when it was made for this node alone, by an operation whose result shares memory with nothing.
"""

import copy
import operator
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

import torch
from torch import fx, nn

from napari_ben.methods._layers import affine_of, after_norm, is_batch_norm

__all__ = ["PURE", "is_fresh", "overwriting", "pure"]

Operation = Callable[..., Any]

#: In-place operators, as Python writes them, and what they compute.
PURE: Mapping[Any, Operation] = {
    operator.iadd: operator.add,
    operator.isub: operator.sub,
    operator.imul: operator.mul,
    operator.itruediv: operator.truediv,
}

_ADDITIONS = (operator.add, operator.iadd)
_FRESH_FUNCTIONS = (*PURE, *PURE.values(), torch.cat)
_FRESH_MODULES = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


def pure(node: fx.Node, module: nn.Module | None) -> Operation:
    """Operation that leaves its inputs as they are.

    Parameters
    ----------
    node
        A node of the traced graph.
    module
        The module that it calls, if it calls one.
    """
    if module is not None:
        return _module(module, in_place=False)
    if node.op == "call_method":
        return partial(_call_method, str(node.target))
    function: Operation = node.target  # type: ignore[assignment] # a callable for call_function
    return PURE.get(function, function)


def overwriting(node: fx.Node, module: nn.Module | None) -> Operation | None:
    """Operation that leaves its result in place of the first input; None when it has no such form."""
    if module is not None:
        return _module(module, in_place=True)
    if "inplace" in node.meta:
        return partial(cast("Operation", node.target), inplace=True)
    return _add_into if node.target in _ADDITIONS else None


def is_fresh(node: fx.Node, module: nn.Module | None) -> bool:
    """Whether the result shares no memory with an input, for certain."""
    if module is not None:
        return isinstance(module, _FRESH_MODULES) or is_batch_norm(module)
    return node.target in _FRESH_FUNCTIONS


def _module(module: nn.Module, *, in_place: bool) -> Operation:
    if is_batch_norm(module):
        after = after_norm(module)
        return module if after is None else partial(_normalise, module, after, in_place=in_place)
    if hasattr(module, "inplace"):
        variant: Any = copy.copy(module)
        variant.inplace = in_place
        return cast("nn.Module", variant)
    return module


def _normalise(layer: nn.Module, after: tuple[nn.Module, ...], values: torch.Tensor, *, in_place: bool) -> torch.Tensor:
    """Apply a BatchNorm layer: one multiplication and addition where channels lie next to each other in memory."""
    if values.dim() != 4 or not values.is_contiguous(memory_format=torch.channels_last) or not values.is_cpu:
        result: torch.Tensor = layer(values)
        return result
    scale, shift = (part.to(values.dtype).reshape(1, -1, 1, 1) for part in affine_of(layer))
    result = torch.addcmul(shift, values, scale, out=values if in_place else None)
    for part in after:
        result = part(result)
    return result


def _add_into(first: Any, second: Any) -> Any:
    if isinstance(first, torch.Tensor) and isinstance(second, torch.Tensor) and first.shape == second.shape:
        return first.add_(second)
    return first + second


def _call_method(name: str, value: Any, *args: Any, **kwargs: Any) -> Any:
    return getattr(value, name)(*args, **kwargs)
