"""The product's claim: a context in chunks gives what one giant training-mode batch gives."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_ben.methods import MemoryBudget, apply_statistics, fold_statistics, iter_statistics, measure_statistics

UNTRACEABLE = ("ValueDependent", "HiddenWrites")


@pytest.fixture(autouse=True)
def quiet(caplog):
    caplog.set_level("ERROR")


@pytest.mark.parametrize("size", [1, 7, 64])
def test_any_chunk_size_gives_the_giant_batch(lab, network, size):
    images = lab.plate()
    statistics = measure_statistics(network, images.split(size))
    adapted = apply_statistics(network, statistics)
    expected = lab.one_giant_batch(network, images)
    assert lab.relative_error(lab.logits(adapted, images), expected) < 1e-5
    assert lab.relative_error(lab.logits(fold_statistics(adapted), images), expected) < 1e-5
    assert statistics.n_images == len(images)


def test_statistics_are_those_of_the_definition(lab, network):
    images = lab.plate()
    lab.assert_statistics(measure_statistics(network, images.split(5)), lab.definition(network, images))


def test_layers_come_in_the_order_of_the_forward_pass(lab, network):
    statistics = measure_statistics(network, lab.plate(4).split(2))
    assert list(statistics.layers) == list(lab.definition(network, lab.plate(4)))


def test_the_network_and_the_images_are_untouched(lab, network):
    images = lab.plate()
    before, copy = lab.snapshot(network), images.clone()
    statistics = measure_statistics(network, images.split(9), memory_budget=0)
    fold_statistics(apply_statistics(network, statistics))
    lab.assert_untouched(network, before)
    assert torch.equal(images, copy)


@settings(max_examples=15, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 23), max_size=5),
    order=st.permutations(range(24)),
    budget=st.none() | st.integers(0, 400_000),
)
def test_order_chunks_and_budget_do_not_matter(lab, cuts, order, budget):
    network, images = lab.make_network("residual").train(), lab.plate()
    before = lab.snapshot(network)
    chunks = torch.tensor_split(images[list(order)], sorted(set(cuts)))
    found = measure_statistics(network, chunks, memory_budget=budget)
    reference = measure_statistics(network, images.split(24))
    for name, layer in reference.layers.items():
        assert np.allclose(found.layers[name].mean, layer.mean, rtol=1e-4, atol=1e-5)
        assert np.allclose(found.layers[name].variance, layer.variance, rtol=1e-4)
        assert found.layers[name].count == pytest.approx(layer.count)
    lab.assert_untouched(network, before)


def test_the_field_s_mini_batch_average_is_not_the_same(lab):
    """Why the engine exists: on a plate in well order, averaging mini-batches gives other logits."""
    network, images = lab.make_network("residual"), lab.plate()
    averaged = lab.mini_batch_average(network, images.split(4))
    assert lab.relative_error(lab.logits(averaged, images), lab.one_giant_batch(network, images)) > 0.05


@pytest.mark.parametrize("shift", [0, 1e3])
def test_a_mean_far_from_zero_keeps_the_variance(lab, shift):
    network = torch.nn.Sequential(torch.nn.BatchNorm2d(3))
    images = lab.plate() + shift
    statistics = measure_statistics(network, images.split(5))
    expected = images.double().numpy()
    np.testing.assert_allclose(statistics.layers["0"].variance, expected.var((0, 2, 3)), rtol=1e-5)


def test_precision_of_the_caller_changes_nothing(lab):
    network, images = lab.make_network("residual"), lab.plate()
    expected = measure_statistics(network, images.split(8))
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            steps = iter_statistics(network, images.split(8))
            next(steps)
            assert torch.get_float32_matmul_precision() == "medium"
            assert torch.is_autocast_enabled("cpu")
            steps.close()
            found = measure_statistics(network, images.split(8))
    finally:
        torch.set_float32_matmul_precision(before)
    for name, layer in expected.layers.items():
        np.testing.assert_array_equal(found.layers[name].mean, layer.mean)


def test_half_precision_weights_are_measured_in_float32(lab):
    network, images = lab.make_network("residual"), lab.plate()
    half = measure_statistics(network.to(torch.bfloat16), images.split(8))
    assert half.layers["stem.1"].mean.dtype == np.float64
    lab.assert_statistics(half, lab.definition(network.float(), images))


def test_a_buffer_that_is_filled_again_and_again(lab):
    network, images = lab.make_network("residual"), lab.plate()

    def chunks():
        buffer = torch.empty(8, *images.shape[1:])
        for chunk in images.split(8):
            yield buffer.copy_(chunk)

    found = measure_statistics(network, chunks(), memory_budget=MemoryBudget(10**6, when_full="recompute"))
    lab.assert_statistics(found, lab.definition(network, images))


def test_inside_inference_mode_nothing_changes(lab, network):
    images = lab.plate()
    expected = measure_statistics(network, images.split(7))
    with torch.inference_mode():
        measured = measure_statistics(network, (images + 0).split(7))
    for name, layer in expected.layers.items():
        np.testing.assert_array_equal(measured.layers[name].mean, layer.mean)
        np.testing.assert_array_equal(measured.layers[name].variance, layer.variance)
