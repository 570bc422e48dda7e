"""Memory is a number: what is held never exceeds the budget by more than one chunk, and nothing stays behind."""

from pathlib import Path

import numpy as np
import pytest
import torch

from napari_ben.errors import MethodError, SaveError
from napari_ben.methods import MemoryBudget, iter_statistics, measure_statistics
from napari_ben.methods._ledger import Ledger
from napari_ben.methods._store import Store

CPU = torch.device("cpu")


@pytest.fixture
def counted(lab):
    """A residual network that counts how many images its first convolution sees."""
    network = lab.make_network("residual")
    network.images_seen = 0

    def count(_, inputs):
        network.images_seen += len(inputs[0])

    network.stem[0].register_forward_pre_hook(count)
    return network


def bytes_of(lab, name, chunks):
    return [measure_statistics(lab.make_network(name), [chunk]).peak_bytes for chunk in chunks]


@pytest.mark.parametrize("when_full", ["cheaper", "spill", "recompute"])
@pytest.mark.parametrize("share", [0, 0.25, 0.6])
@pytest.mark.parametrize("name", ["residual", "dense", "headed"])
def test_no_more_is_held_than_the_budget_and_one_chunk(lab, tmp_path, name, share, when_full):
    network, chunks = lab.make_network(name), lab.plate(40).split(4)
    unlimited = measure_statistics(network, chunks)
    one_chunk = max(bytes_of(lab, name, chunks))
    budget = MemoryBudget(int(share * unlimited.peak_bytes), when_full=when_full, folder=tmp_path)
    found = measure_statistics(network, chunks, memory_budget=budget)
    assert found.peak_bytes <= budget.device + one_chunk
    assert list(tmp_path.iterdir()) == []
    for layer, expected in unlimited.layers.items():
        np.testing.assert_allclose(found.layers[layer].mean, expected.mean, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(found.layers[layer].variance, expected.variance, rtol=1e-6)


def test_without_a_budget_activations_are_held_once(lab):
    """All chunks at one stage, and no history: the widest cut of the network, not the sum of its layers."""
    chunks = lab.plate(40).split(4)
    widest_cut = 2 * 6 * 30 * 30 * 4 * 40  # block input and convolution output: 6 channels, 30×30 pixels, float32
    peak = measure_statistics(lab.make_network("residual"), chunks).peak_bytes
    assert peak <= widest_cut + max(bytes_of(lab, "residual", chunks))


def test_files_are_used_and_removed(lab, tmp_path):
    steps = iter_statistics(
        lab.make_network("residual"),
        lab.plate().split(4),
        memory_budget=MemoryBudget(0, when_full="spill", folder=tmp_path),
    )
    files = [len(list(tmp_path.glob("*/*.activation"))) for _ in steps]
    assert max(files) >= 6
    assert list(tmp_path.iterdir()) == []


def test_recomputing_writes_no_activation_that_fits_as_an_image(lab, tmp_path, counted):
    images = lab.plate()
    budget = MemoryBudget(images.nbytes, when_full="recompute", folder=tmp_path)
    for _ in iter_statistics(counted, images.split(4), memory_budget=budget):
        assert list(tmp_path.iterdir()) == []


def test_every_image_is_computed_once_without_a_budget(lab):
    network, images = lab.make_network("residual"), lab.plate()
    seen = []
    forward = torch.nn.Conv2d.forward

    def count(self, values):
        seen.append(len(values))
        return forward(self, values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.nn.Conv2d, "forward", count)
        measure_statistics(network, images.split(4))
    n_convolutions = sum(isinstance(module, torch.nn.Conv2d) for module in network.modules())
    checked_on_one_image = 2 * n_convolutions
    assert sum(seen) == n_convolutions * len(images) + checked_on_one_image


@pytest.mark.parametrize("when", [0, 3, 11])
def test_stopping_leaves_nothing_behind(lab, tmp_path, when):
    budget = MemoryBudget(0, when_full="spill", folder=tmp_path)
    steps = iter_statistics(lab.make_network("residual"), lab.plate().split(4), memory_budget=budget)
    for _ in range(when):
        next(steps)
    steps.close()
    assert list(tmp_path.iterdir()) == []


def test_an_error_leaves_nothing_behind(lab, tmp_path):
    def chunks():
        yield from lab.plate(8).split(4)
        raise torch.OutOfMemoryError("out of memory")

    budget = MemoryBudget(0, when_full="spill", folder=tmp_path)
    with pytest.raises(torch.OutOfMemoryError, match="out of memory"):
        measure_statistics(lab.make_network("residual"), chunks(), memory_budget=budget)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_in_words(lab, tmp_path):
    resource = pytest.importorskip("resource", reason="only Unix limits the size of a file")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(SaveError, match=r"cannot be moved to a file.*Free disk space"):
            measure_statistics(
                lab.make_network("residual"),
                lab.plate().split(4),
                memory_budget=MemoryBudget(0, when_full="spill", folder=tmp_path),
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said_in_words(lab):
    budget = MemoryBudget(0, when_full="spill", folder=Path("no/such/folder"))
    with pytest.raises(SaveError, match="no/such/folder"):
        measure_statistics(lab.make_network("residual"), lab.plate().split(4), memory_budget=budget)


def test_a_negative_budget_is_refused():
    with pytest.raises(MethodError, match="is -1 bytes; zero or more"):
        MemoryBudget(-1)


def test_a_storage_is_counted_once():
    ledger = Ledger(CPU)
    values = torch.zeros(10, 4)
    ledger.hold(values)
    ledger.hold((values[2:], [values.T]))
    assert (ledger.held, ledger.peak) == (160, 160)
    ledger.release(values)
    assert ledger.held == 160
    ledger.release((values[2:], [values.T]))
    assert (ledger.held, ledger.peak) == (0, 160)


def test_a_device_is_relieved_by_the_host_before_the_disk(tmp_path):
    """`cpu:0` is not `cpu` to torch, so it stands in for another device."""
    with Store(torch.device("cpu", 0), MemoryBudget(0, host=100, folder=tmp_path)) as store:
        on_host, on_disk = store.put(torch.zeros(20)), store.put(torch.ones(20))
        assert [len(slot.load()) for slot in (on_host, on_disk)] == [20, 20]
        assert len(list(tmp_path.glob("*/*"))) == 1
        on_host.free()
        store.put(torch.zeros(20))
        assert len(list(tmp_path.glob("*/*"))) == 1


STRIDED = {
    "contiguous": torch.randn(2, 3, 4, 5),
    "channels last": torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
    "with gaps": torch.randn(2, 6, 4, 5)[:, ::2],
    "inside another": torch.randn(4, 3, 4, 5)[1:3],
    "whole numbers": torch.arange(6).reshape(2, 3),
    "half precision": torch.randn(2, 3, dtype=torch.float64).to(torch.bfloat16),
    "a scalar": torch.tensor(3.0),
}


@pytest.mark.parametrize("name", STRIDED)
def test_values_come_back_from_files_as_they_were(tmp_path, name):
    value = STRIDED[name]
    with Store(CPU, MemoryBudget(0, folder=tmp_path)) as store:
        slot = store.put(value)
        assert (slot.nbytes, store.held.held) == (0, 0)
        found = slot.load()
        assert torch.equal(found, value)
        assert found.dtype == value.dtype
        assert found.is_contiguous(memory_format=torch.channels_last) == (name == "channels last")
        slot.free()
        assert not list(tmp_path.glob("*/*"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("when_full", "seconds", "keeps"),
    [("cheaper", 1e-9, False), ("cheaper", 60, True), ("spill", 0, True), ("recompute", 60, False)],
)
def test_spilling_and_computing_again_are_compared_by_time(when_full, seconds, keeps):
    with Store(CPU, MemoryBudget(100, when_full=when_full)) as store:
        store.put(torch.zeros(20))
        assert store.prefers_to_keep(nbytes=100, freed=80, seconds=0)
        assert store.prefers_to_keep(nbytes=10**6, freed=0, seconds=seconds) is keeps


@pytest.mark.parametrize("name", ["residual", "dense"])
def test_a_budget_that_is_not_reached_costs_nothing(lab, name):
    network, chunks = lab.make_network(name), lab.plate(40).split(4)
    free = measure_statistics(network, chunks).peak_bytes
    assert measure_statistics(network, chunks, memory_budget=free).peak_bytes == free
