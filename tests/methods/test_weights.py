"""Controls and queries in any proportion, and images that do not count."""

import numpy as np
import pytest
import torch

from napari_ben.errors import ContextError, MethodError
from napari_ben.methods import METHODS, measure_statistics

IN_CONTEXT = np.arange(24) % 3 == 0


def mixture(controls, queries, w):
    """μ = wμ_c + (1−w)μ_q and σ² = w(σ_c² + (μ_c−μ)²) + (1−w)(σ_q² + (μ_q−μ)²), as the method is defined."""
    mean = w * controls.mean((0, 2, 3)) + (1 - w) * queries.mean((0, 2, 3))
    shifts = [(part.mean((0, 2, 3)) - mean) ** 2 for part in (controls, queries)]
    variance = w * (controls.var((0, 2, 3)) + shifts[0]) + (1 - w) * (queries.var((0, 2, 3)) + shifts[1])
    return mean, variance


@pytest.mark.parametrize("w", [0, 0.25, 2 / 3, 1])
def test_the_mixture_is_the_closed_form(lab, w):
    network, images = torch.nn.Sequential(torch.nn.BatchNorm2d(3)), lab.plate()
    weights = METHODS["cs-arm-bn"].weigh(IN_CONTEXT, w)
    layer = measure_statistics(network, images.split(7), weights=torch.from_numpy(weights)).layers["0"]
    pixels = images.double().numpy()
    mean, variance = mixture(pixels[IN_CONTEXT], pixels[~IN_CONTEXT], w)
    np.testing.assert_allclose(layer.mean, mean, rtol=1e-6)
    np.testing.assert_allclose(layer.variance, variance, rtol=1e-6)


def test_the_mixture_holds_at_every_layer(lab, network, caplog):
    caplog.set_level("ERROR")
    images, weights = lab.plate(), METHODS["cs-arm-bn"].weigh(IN_CONTEXT, 2 / 3)
    found = measure_statistics(network, images.split(7), weights=weights)
    lab.assert_statistics(found, lab.definition(network, images, weights))


def test_counting_is_no_weight_at_all(lab):
    network, images = lab.make_network("residual"), lab.plate()
    counted = measure_statistics(network, images.split(7), weights=METHODS["cs-arm-bn"].weigh(IN_CONTEXT, "count"))
    plain = measure_statistics(network, images.split(7))
    share = measure_statistics(network, images.split(7), weights=METHODS["cs-arm-bn"].weigh(IN_CONTEXT, 8 / 24))
    for name, layer in plain.layers.items():
        np.testing.assert_array_equal(counted.layers[name].mean, layer.mean)
        np.testing.assert_allclose(share.layers[name].variance, layer.variance, rtol=1e-6)
        assert share.layers[name].count == pytest.approx(layer.count)


@pytest.mark.parametrize("form", ["mask", "mask per chunk", "weight", "both"])
def test_images_that_do_not_count_are_as_if_absent(lab, form):
    network, images = lab.make_network("residual"), lab.plate()
    images[~IN_CONTEXT] = torch.nan
    expected = measure_statistics(network, images[torch.from_numpy(IN_CONTEXT)].split(8))
    mask = torch.from_numpy(IN_CONTEXT)
    options = {
        "mask": {"masks": mask},
        "mask per chunk": {"masks": iter(mask.split(5))},
        "weight": {"weights": mask.double() * 3},
        "both": {"weights": list(torch.full((24,), 2.0).split(5)), "masks": IN_CONTEXT},
    }[form]
    found = measure_statistics(network, images.split(5), **options)
    assert found.n_images == IN_CONTEXT.sum()
    for name, layer in expected.layers.items():
        np.testing.assert_allclose(found.layers[name].mean, layer.mean, rtol=1e-5, atol=1e-6)
        assert found.layers[name].count == pytest.approx(layer.count)


def test_a_chunk_without_any_image_that_counts(lab):
    network, images = lab.make_network("residual"), lab.plate()
    weights = np.ones(24)
    weights[:8] = 0
    steps = []
    found = measure_statistics(network, images.split(4), weights=weights, progress=lambda *step: steps.append(step))
    lab.assert_statistics(found, lab.definition(network, images[8:]))
    assert steps[-1] == (4 * 4, 4 * 4)  # chunks, levels of BatchNorm


REFUSALS = {
    "too few": ({"weights": np.ones(20)}, "weights hold 4 numbers for a chunk of 8 images .images up to 24"),
    "too many": ({"weights": np.ones(25)}, "weights are for more images than the 24 that came"),
    "too many chunks": ({"masks": [np.ones(8)] * 4}, "masks are for more images than the 24"),
    "chunk too short": ({"masks": [np.ones(7)] * 3}, "masks hold 7 numbers for a chunk of 8"),
    "negative": ({"weights": np.full(24, -1.0)}, r"weights hold -1.0; only finite numbers from zero up"),
    "not a number": ({"weights": np.full(24, np.nan)}, "weights hold nan"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_weights_that_do_not_fit_are_refused(lab, case):
    options, words = REFUSALS[case]
    with pytest.raises(MethodError, match=words):
        measure_statistics(lab.make_network("residual"), lab.plate().split(8), **options)


@pytest.mark.parametrize("options", [{"weights": np.zeros(24)}, {"masks": np.zeros(24, bool)}])
def test_no_image_at_all_is_refused(lab, options):
    with pytest.raises(ContextError, match="No image is left"):
        measure_statistics(lab.make_network("residual"), lab.plate().split(8), **options)


def test_no_chunk_at_all_is_refused(lab):
    with pytest.raises(ContextError, match="No image is left"):
        measure_statistics(lab.make_network("residual"), [])
