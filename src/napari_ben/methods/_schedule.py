"""Which operation runs in which stage, and what has to be kept in between.

A stage ends where BatchNorm inputs are complete: the statistics of one *level* of layers can be settled, layers that do
not depend on each other together. Two choices keep the kept values small:

- An operation runs as late as its first reader allows. A normalisation is thus applied at the beginning of the stage
  that reads it, in the same visit as the activation, addition and convolution after it.
- Moments are taken of the values that a concatenation joins, not of the joined one: the statistics of a concatenation
  are the concatenated statistics. A DenseNet keeps, and measures, every feature map once instead of once per layer.
"""

import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import fx

__all__ = ["Schedule", "plan_stages"]

_CONCATENATIONS = (torch.cat, torch.concat, torch.concatenate)


@dataclass(frozen=True)
class Schedule:
    """Order of the work.

    Parameters
    ----------
    stages
        Per stage, the operations in program order.
    settled
        Per stage, the BatchNorm nodes whose statistics are known at its end.
    measured
        Per BatchNorm node, the values whose moments, concatenated, are its statistics.
    freed
        Per operation, the values that nobody reads after it.
    """

    stages: tuple[tuple[fx.Node, ...], ...]
    settled: tuple[tuple[fx.Node, ...], ...]
    measured: dict[fx.Node, tuple[fx.Node, ...]]
    freed: dict[fx.Node, tuple[fx.Node, ...]]

    @cached_property
    def measured_values(self) -> frozenset[fx.Node]:
        """Values whose moments are taken."""
        return frozenset(part for parts in self.measured.values() for part in parts)


def plan_stages(graph: fx.Graph, norms: frozenset[fx.Node]) -> Schedule:
    """Cut a graph into stages between the levels of its BatchNorm nodes; what no statistics depend on is left out."""
    measured = {node: tuple(_parts(node.all_input_nodes[0])) for node in graph.nodes if node in norms}
    level = _levels(graph, norms)
    stage = _stages(graph, level, measured)
    n_stages = 1 + max((level[norm] for norm in norms), default=-1)
    stages: list[list[fx.Node]] = [[] for _ in range(n_stages)]
    for node in graph.nodes:
        if node in stage:
            stages[stage[node]].append(node)
    settled = tuple(tuple(norm for norm in measured if level[norm] == k) for k in range(n_stages))
    return Schedule(tuple(map(tuple, stages)), settled, measured, _last_readers(stages))


def _parts(node: fx.Node) -> Iterator[fx.Node]:
    """Values that, joined along the channels, make up this one."""
    joined = node.args[0] if node.args else None
    if node.target in _CONCATENATIONS and isinstance(joined, (list, tuple)) and _axis(node) == 1:
        for part in joined:
            if isinstance(part, fx.Node):
                yield from _parts(part)
    else:
        yield node


def _axis(node: fx.Node) -> object:
    return node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", 0)


def _levels(graph: fx.Graph, norms: frozenset[fx.Node]) -> dict[fx.Node, int]:
    """Most BatchNorm layers on any path to each value, itself excluded."""
    level: dict[fx.Node, int] = {}
    for node in graph.nodes:
        level[node] = max((level[before] + (before in norms) for before in node.all_input_nodes), default=0)
    return level


def _stages(
    graph: fx.Graph, level: dict[fx.Node, int], measured: dict[fx.Node, tuple[fx.Node, ...]]
) -> dict[fx.Node, int]:
    """Latest stage for every needed operation: that of its first reader, or of the statistics that it is part of."""
    due: dict[fx.Node, list[int]] = {}
    for norm, parts in measured.items():
        for part in parts:
            due.setdefault(part, []).append(level[norm])
    stage: dict[fx.Node, int] = {}
    for node in reversed(graph.nodes):
        needed = [*due.get(node, ()), *(stage[user] for user in node.users if user in stage)]
        if needed and node.op != "get_attr":
            stage[node] = 0 if node.op == "placeholder" else min(needed)
    for node in graph.nodes:
        if node in stage and _picks_from_tuple(node):
            stage[node] = stage[node.all_input_nodes[0]]  # tensors are kept between stages, tuples are not
    return stage


def _picks_from_tuple(node: fx.Node) -> bool:
    return node.target is operator.getitem and isinstance(node.args[1], int)


def _last_readers(stages: Iterable[Iterable[fx.Node]]) -> dict[fx.Node, tuple[fx.Node, ...]]:
    last: dict[fx.Node, fx.Node] = {}
    for node in (node for stage in stages for node in stage):
        last[node] = node
        last.update((value, node) for value in node.all_input_nodes if value.op != "get_attr")
    freed: dict[fx.Node, list[fx.Node]] = {}
    for value, reader in last.items():
        freed.setdefault(reader, []).append(value)
    return {reader: tuple(values) for reader, values in freed.items()}
