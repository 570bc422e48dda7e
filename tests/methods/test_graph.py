"""What is done to a traced graph, and what tracing does to the rest of the process."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn
from torch.nn import functional

from napari_ben.methods._graph import layer_name, trace
from napari_ben.methods._operations import overwriting, pure


class Writing(nn.Module):
    """One way of writing into a value, then reading the value again."""

    def __init__(self, write):
        super().__init__()
        self.norm, self.relu, self.write = nn.BatchNorm2d(3), nn.ReLU(inplace=True), write

    def forward(self, x):
        x = self.norm(x)
        y = self.write(self, x)
        return y, x


WRITES = {
    "module": lambda self, x: self.relu(x),
    "function, by position": lambda _, x: functional.relu(x, True),
    "function, by name": lambda _, x: functional.leaky_relu(x, 0.1, inplace=True),
    "method": lambda _, x: x.mul_(2),
}


@pytest.mark.parametrize("name", WRITES)
def test_later_readers_get_the_changed_value(name):
    network = Writing(WRITES[name]).eval()
    graph = trace(network)
    output = next(node for node in graph.nodes if node.op == "output")
    written, read_again = output.args[0]
    assert written is read_again


@pytest.mark.parametrize("name", WRITES)
def test_no_operation_writes_into_its_input(name):
    network = Writing(WRITES[name]).eval()
    graph = trace(network)
    node = next(node for node in graph.nodes if node.op == "output").args[0][0]
    module = network.get_submodule(layer_name(node)) if node.op == "call_module" else None
    value = torch.linspace(-1, 1, 3 * 4).reshape(1, 3, 2, 2)
    rest = [argument for argument in node.args if not isinstance(argument, torch.fx.Node)]
    options = {key: value for key, value in node.kwargs.items() if not isinstance(value, torch.fx.Node)}
    before = value.clone()
    result = pure(node, module)(value, *rest, **options)
    assert torch.equal(value, before)
    over = overwriting(node, module)
    if over is not None:
        assert over(value, *rest, **options).data_ptr() == value.data_ptr()
        assert torch.equal(value, result)


def test_dropout_and_identities_are_read_through():
    network = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Dropout(), nn.Identity(), nn.BatchNorm2d(3), nn.Dropout2d()).eval()
    called = [layer_name(node) for node in trace(network).nodes if node.op == "call_module"]
    assert called == ["0", "3"]


class RunsAnother(nn.Module):
    """While it is traced, another thread runs a network of its own."""

    def __init__(self, pool):
        super().__init__()
        self.norm, self.run = nn.BatchNorm2d(3), lambda: pool.submit(OTHER, torch.ones(1, 2)).result(timeout=10)

    def forward(self, x):
        assert torch.equal(self.run(), OTHER.weight.sum(1)[None])
        return self.norm(x)


OTHER = nn.Linear(2, 4, bias=False)


def test_other_threads_may_run_networks_meanwhile():
    with ThreadPoolExecutor(1) as pool:
        graph = trace(RunsAnother(pool).eval())
    assert [layer_name(node) for node in graph.nodes if node.op == "call_module"] == ["norm"]


def test_threads_may_trace_at_the_same_time(lab):
    with ThreadPoolExecutor(4) as pool:
        networks = [lab.make_network("residual").eval() for _ in range(8)]
        graphs = list(pool.map(trace, networks))
    assert len({str(graph) for graph in graphs}) == 1
    assert lab.logits(networks[0], lab.plate(2)).shape == (2, 4)
