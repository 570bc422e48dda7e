"""The same numbers on a graphics card, within its memory budget."""

import numpy as np
import pytest
import torch

from napari_ben.methods import MemoryBudget, measure_statistics
from napari_ben.models import build_network

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]


@pytest.fixture(scope="module")
def images(lab):
    return lab.plate(64, size=64, channels=5)


@pytest.fixture
def reduced_precision():
    """A caller who allows TF32 everywhere; the statistics must not care."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    yield
    torch.set_float32_matmul_precision(before)


@pytest.mark.usefixtures("reduced_precision")
@pytest.mark.parametrize("architecture", ["resnet18", "densenet121"])
def test_statistics_are_those_of_the_cpu(lab, images, architecture):
    network = lab.disturbed(build_network(architecture, 5, 8))
    on_cpu = measure_statistics(network, images.split(16))
    on_gpu = measure_statistics(network, images.split(16), device="cuda")
    lab.assert_statistics(
        on_gpu, {name: (layer.mean, layer.variance) for name, layer in on_cpu.layers.items()}, tolerance=1e-4
    )


@pytest.mark.parametrize("when_full", ["spill", "recompute"])
@pytest.mark.parametrize("host", [None, 0])
def test_the_card_holds_the_budget_and_one_chunk(lab, images, tmp_path, when_full, host):
    network = lab.disturbed(build_network("resnet18", 5, 8)).cuda()
    chunks = images.split(8)
    unlimited = measure_statistics(network, chunks)
    one_chunk = measure_statistics(network, chunks[:1]).peak_bytes
    budget = MemoryBudget(unlimited.peak_bytes // 4, host=host, when_full=when_full, folder=tmp_path)
    found = measure_statistics(network, chunks, memory_budget=budget)
    assert found.peak_bytes <= budget.device + one_chunk
    assert not list(tmp_path.iterdir())
    for name, layer in unlimited.layers.items():
        np.testing.assert_allclose(found.layers[name].mean, layer.mean, rtol=1e-4, atol=1e-5)


def test_a_card_without_room_says_so_and_keeps_nothing(lab, images, tmp_path):
    network = build_network("resnet18", 5, 8).cuda()
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(1e-3)
    try:
        with pytest.raises(torch.cuda.OutOfMemoryError):
            measure_statistics(
                network, [torch.rand(4096, 5, 64, 64)], memory_budget=MemoryBudget(0, host=0, folder=tmp_path)
            )
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert not list(tmp_path.iterdir())
