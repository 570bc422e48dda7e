"""How one chunk gets from one stage to the next: along the traced graph, or by running the network from its start.

A network whose code torch.fx cannot follow runs as it is, once per BatchNorm layer, and stops there. That costs about
half as many forward passes as there are layers, but it is exact, keeps nothing except the images, and can be stopped
anywhere. Letting every chunk wait inside its own thread at every layer would cost one pass; it was left out because
all activations of all chunks would then be held by suspended calls, beyond the reach of any memory budget.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx, nn
from torch.fx.node import map_arg

from napari_ben.errors import MethodError
from napari_ben.methods._graph import layer_name
from napari_ben.methods._layers import is_batch_norm
from napari_ben.methods._ledger import Ledger
from napari_ben.methods._moments import Moments, concatenate, moments_of
from napari_ben.methods._operations import Operation, is_fresh, overwriting, pure
from napari_ben.methods._schedule import plan_stages

__all__ = ["IMAGES", "Program", "RepeatedProgram", "TracedProgram", "Values"]

Values = dict[str, Any]
Weights = NDArray[np.float64]

#: Name of the value that every program starts from.
IMAGES = "images"


class Program(Protocol):
    """A network cut into stages, each ending at BatchNorm layers whose input moments it hands out.

    Attributes
    ----------
    kept
        Per stage, names of the values that later stages start from.
    order
        Names of the BatchNorm layers in the order of the forward pass.
    kept_bytes
        Per stage, bytes that one image of the size seen first keeps.
    """

    kept: tuple[frozenset[str], ...]
    order: tuple[str, ...]
    kept_bytes: tuple[int, ...]

    def visit(
        self, values: Values, stages: range, weights: Weights, ledger: Ledger, *, owns_values: bool
    ) -> dict[str, Moments]:
        """Take one chunk through stages whose predecessors are settled.

        Parameters
        ----------
        values
            What an earlier stage kept; changed into what the last stage keeps.
        stages
            Stages to run; the moments are those of the last one.
        weights
            (n,) float64, the weights of the chunk's images.
        ledger
            Counts every value for as long as it is in ``values``.
        owns_values
            Nobody needs the values that this visit reads last, so they may be overwritten.
        """

    def layers(self, stage: int, moments: Mapping[str, Moments]) -> dict[str, Moments]:
        """Moments of the BatchNorm layers that a stage settles, from those of values of this stage or before."""


@dataclass(frozen=True)
class _Step:
    """One operation; ``over`` may be taken for ``run`` when its first input is this visit's own."""

    node: fx.Node
    run: Operation
    over: Operation | None
    is_own: bool
    is_measured: bool
    freed: tuple[str, ...]


class TracedProgram:
    """Runs the operations of a traced graph stage by stage, freeing every value after its last reader.

    Parameters
    ----------
    graph
        From :func:`~napari_ben.methods._graph.trace`.
    network
        The traced network in inference mode; a layer's statistics are read when it is run.
    """

    def __init__(self, graph: fx.Graph, network: nn.Module) -> None:
        self._modules = {
            node: network.get_submodule(layer_name(node)) for node in graph.nodes if node.op == "call_module"
        }
        norms = frozenset(node for node, module in self._modules.items() if is_batch_norm(module))
        self._schedule = plan_stages(graph, norms)
        self.order = tuple(layer_name(norm) for norm in self._schedule.measured)
        self._constants = {node: _attribute(network, node) for node in graph.nodes if node.op == "get_attr"}
        self._stages = [[self._step(node, frozenset(stage)) for node in stage] for stage in self._schedule.stages]
        self.kept = self._kept()
        self.kept_bytes: tuple[int, ...] = ()

    def visit(
        self, values: Values, stages: range, weights: Weights, ledger: Ledger, *, owns_values: bool
    ) -> dict[str, Moments]:
        """Run the operations of these stages."""
        moments: dict[str, Moments] = {}
        for stage in stages:
            for step in self._stages[stage]:
                name = step.node.name
                if name not in values:  # the images are there from the start
                    values[name] = self._run(step, values, owns_values=owns_values)
                    ledger.hold(values[name])
                if step.is_measured and stage == stages[-1]:
                    moments[name] = moments_of(values[name], weights)
                for freed in step.freed:
                    ledger.release(values.pop(freed))
        return moments

    def layers(self, stage: int, moments: Mapping[str, Moments]) -> dict[str, Moments]:
        """Join the moments of concatenated values."""
        return {
            layer_name(norm): concatenate([moments[part.name] for part in self._schedule.measured[norm]])
            for norm in self._schedule.settled[stage]
        }

    def _run(self, step: _Step, values: Values, *, owns_values: bool) -> Any:
        def value_of(node: fx.Node) -> Any:
            return self._constants[node] if node in self._constants else values[node.name]

        operation = step.over if step.over is not None and (step.is_own or owns_values) else step.run
        return operation(*map_arg(step.node.args, value_of), **map_arg(step.node.kwargs, value_of))

    def _step(self, node: fx.Node, stage: frozenset[fx.Node]) -> _Step:
        module, first = self._modules.get(node), next(iter(node.all_input_nodes), None)
        may_overwrite = first is not None and len(first.users) == 1 and is_fresh(first, self._modules.get(first))
        return _Step(
            node=node,
            run=pure(node, module),
            over=overwriting(node, module) if may_overwrite else None,
            is_own=first in stage,
            is_measured=node in self._schedule.measured_values,
            freed=tuple(value.name for value in self._schedule.freed.get(node, ())),
        )

    def _kept(self) -> tuple[frozenset[str], ...]:
        kept, live = [], {IMAGES}
        for stage in self._stages:
            for step in stage:
                live = (live | {step.node.name}) - set(step.freed)
            kept.append(frozenset(live))
        return tuple(kept)


def _attribute(network: nn.Module, node: fx.Node) -> Any:
    owner, _, name = layer_name(node).rpartition(".")
    return getattr(network.get_submodule(owner), name)


class _ReachedLayerError(Exception):
    """Ends a forward pass at the layer that was to be measured."""


class RepeatedProgram:
    """Runs the network from its start up to the layer of each stage.

    Parameters
    ----------
    network
        A network in inference mode.
    order
        Names of its BatchNorm layers in the order in which it calls them.
    image_bytes
        Bytes of one image.
    """

    def __init__(self, network: nn.Module, order: Sequence[str], image_bytes: int) -> None:
        self._network, self.order = network, tuple(order)
        self.kept = (frozenset({IMAGES}),) * (len(order) - 1) + (frozenset(),)
        self.kept_bytes = (image_bytes,) * (len(order) - 1) + (0,)

    def visit(
        self, values: Values, stages: range, weights: Weights, ledger: Ledger, *, owns_values: bool
    ) -> dict[str, Moments]:
        """Run the network up to one layer."""
        found: dict[str, Moments] = {}
        name = self.order[stages[-1]]

        def measure(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
            found[name] = moments_of(inputs[0], weights)
            raise _ReachedLayerError

        handle = self._network.get_submodule(name).register_forward_pre_hook(measure)
        try:
            self._network(values[IMAGES].clone())  # a network may change its input in place
        except _ReachedLayerError:
            pass
        else:
            raise MethodError(
                f"The network {type(self._network).__name__} calls its BatchNorm layer '{name}' for some images only.",
                "Use a network that calls the same layers for every image.",
            )
        finally:
            handle.remove()
        if not self.kept[stages[-1]]:
            ledger.release(values.pop(IMAGES))
        return found

    def layers(self, stage: int, moments: Mapping[str, Moments]) -> dict[str, Moments]:
        """One layer a stage."""
        return {self.order[stage]: moments[self.order[stage]]}
