"""The network as a graph of operations in which nothing happens in place.

torch.fx is asked to look only into modules that contain a BatchNorm: every other module is one operation, whatever
it does inside. So shape-dependent heads, gates and paddings need not be traceable, and few networks are refused.
"""

import inspect
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import fx, nn
from torch.fx.node import map_aggregate
from torch.fx.proxy import TraceError

from napari_ben.methods._layers import is_batch_norm
from napari_ben.methods._operations import PURE

__all__ = ["layer_name", "trace"]

_TRACING_ERRORS = (TraceError, TypeError, ValueError, AttributeError, RuntimeError, KeyError, IndexError)

_ONE_AT_A_TIME = threading.Lock()  # two traces would restore each other's replacements

_IDENTITIES = (nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)


class _Entry(nn.Module):
    """Calls the network with images and nothing else, so its optional arguments keep their defaults."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Any) -> Any:
        """Run the network; its output is not looked at."""
        return self.network(images)


class _Tracer(fx.Tracer):
    """Looks into modules with BatchNorm inside, and lets networks that run meanwhile in other threads alone.

    While fx traces, it replaces how *every* module of the process is called.
    """

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return is_batch_norm(m) or not any(is_batch_norm(part) for part in m.modules())

    def call_module(self, m: nn.Module, forward: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        traced: list[fx.Proxy] = []
        map_aggregate((args, kwargs), lambda part: traced.append(part) if isinstance(part, fx.Proxy) else None)
        return super().call_module(m, forward, args, kwargs) if traced else forward(*args, **kwargs)


def trace(network: nn.Module) -> fx.Graph | None:
    """Graph of the network in inference mode; None when fx cannot follow its code.

    Whoever reads, in program order, a value that was changed in place gets the changed value as an input of its own,
    so every node may be run without touching its inputs.
    """
    try:
        with _ONE_AT_A_TIME:
            graph = _Tracer().trace(_Entry(network))
    except _TRACING_ERRORS:  # raised when Python control flow depends on a value; the fallback runs the code itself
        return None
    _without_identities(graph, network)
    return graph if _without_in_place(graph, network) else None


def layer_name(node: fx.Node) -> str:
    """Name, within the network, of the module or parameter that a node uses."""
    return str(node.target).removeprefix("network").removeprefix(".")


def _without_in_place(graph: fx.Graph, network: nn.Module) -> bool:
    """Rewire readers of values that are changed in place; False when a change has no pure counterpart."""
    position = {node: place for place, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        _name_arguments(node)
        if not _is_in_place(node, network):
            continue
        changed = node.all_input_nodes[0]
        changed.replace_all_uses_with(node, delete_user_cb=partial(_reads_after, position, position[node]))
        if node.op == "call_method":
            node.target = str(node.target).removesuffix("_")
            if not callable(getattr(torch.Tensor, node.target, None)):
                return False
    return True


def _reads_after(position: Mapping[fx.Node, int], place: int, user: fx.Node) -> bool:
    return position[user] > place


def _without_identities(graph: fx.Graph, network: nn.Module) -> None:
    """Read through modules that hand on their input, which is all that dropout does in inference mode."""
    for node in list(graph.nodes):
        if node.op == "call_module" and isinstance(network.get_submodule(layer_name(node)), _IDENTITIES):
            node.replace_all_uses_with(node.all_input_nodes[0])
            graph.erase_node(node)


def _name_arguments(node: fx.Node) -> None:
    """Take ``inplace`` out of the arguments, as in ``F.relu(x, True)``, and note what it was."""
    if node.op != "call_function" or getattr(node.target, "__module__", None) != "torch.nn.functional":
        return
    signature = inspect.signature(node.target)  # type: ignore[arg-type] # a callable for call_function
    if "inplace" in signature.parameters:
        named = signature.bind(*node.args, **node.kwargs).arguments
        node.meta["inplace"] = bool(named.pop("inplace", False))
        node.args, node.kwargs = (), named


def _is_in_place(node: fx.Node, network: nn.Module) -> bool:
    if not node.all_input_nodes:
        return False
    if node.op == "call_module":
        return bool(getattr(network.get_submodule(layer_name(node)), "inplace", False))
    if node.op == "call_method":
        return str(node.target).endswith("_") and not str(node.target).endswith("__")
    return node.op == "call_function" and (node.target in PURE or node.meta.get("inplace", False))
