import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from napari_ben.errors import ArgumentError, MethodError
from napari_ben.methods import (
    ContextStatistics,
    LayerMoments,
    LayerStatistics,
    PriorStatistics,
    WellMoments,
    apply_statistics,
    empirical_bayes_shares,
    group_statistics,
    measure_statistics,
    pseudo_count_share,
    shrink_statistics,
)


def make_statistics(mean: float, variance: float, name: str = "bn", n_channels: int = 2) -> ContextStatistics:
    layer = LayerStatistics(np.full(n_channels, mean), np.full(n_channels, variance), 100.0)
    return ContextStatistics({name: layer}, n_images=4)


@given(st.floats(0, 1))
def test_shrinking_is_linear_between_own_and_prior(share: float) -> None:
    mixed = shrink_statistics(make_statistics(2, 4), PriorStatistics(make_statistics(0, 1), share)).layers["bn"]
    np.testing.assert_allclose(mixed.mean, 2 * (1 - share))
    np.testing.assert_allclose(mixed.variance, 4 * (1 - share) + share)


def test_channels_may_have_shares_of_their_own() -> None:
    mixed = shrink_statistics(
        make_statistics(2, 4), PriorStatistics(make_statistics(0, 1), {"bn": np.array([0.0, 1.0])})
    ).layers["bn"]
    assert mixed.mean.tolist() == [2, 0]
    assert mixed.variance.tolist() == [4, 1]


@pytest.mark.parametrize(("n_images", "pseudo", "share"), [(8, 0, 0), (16, 16, 0.5), (4, 12, 0.75)])
def test_pseudo_images_count_beside_the_images(n_images: int, pseudo: float, share: float) -> None:
    assert pseudo_count_share(n_images, pseudo) == share


def test_a_group_is_its_typical_plate_and_its_spread() -> None:
    typical, between = group_statistics([make_statistics(1, 2), make_statistics(3, 4), make_statistics(5, 3)])
    assert typical.layers["bn"].mean.tolist() == [3, 3]
    assert typical.layers["bn"].variance.tolist() == [3, 3]
    assert between["bn"].tolist() == [4, 4]


def test_noisy_channels_lean_on_the_prior() -> None:
    random = np.random.default_rng(0)
    means = np.stack([random.normal(0, 0.01, 8), random.normal(0, 5, 8)], axis=1)
    layer = LayerMoments(np.full(8, 100.0), means, np.ones((8, 2)))
    own = WellMoments(tuple("ABCDEFGH"), np.ones(8, dtype=np.int64), {"bn": layer})
    quiet, loud = empirical_bayes_shares(own, {"bn": np.ones(2)})["bn"]
    assert quiet < 1e-3
    noise = means[:, 1].var(ddof=1) / 8
    assert loud == pytest.approx(noise / (1 + noise))


def test_one_well_knows_nothing_of_its_noise() -> None:
    layer = LayerMoments(np.full(1, 100.0), np.zeros((1, 2)), np.ones((1, 2)))
    shares = empirical_bayes_shares(
        WellMoments(("A01",), np.ones(1, dtype=np.int64), {"bn": layer}), {"bn": np.ones(2)}
    )
    assert shares["bn"].tolist() == [1, 1]


def test_what_does_not_fit_is_refused() -> None:
    own = make_statistics(2, 4)
    with pytest.raises(MethodError, match="no statistics that fit layer 'bn'"):
        shrink_statistics(own, PriorStatistics(make_statistics(0, 1, name="other"), 0.5))
    with pytest.raises(MethodError, match="no statistics that fit layer 'bn'"):
        shrink_statistics(own, PriorStatistics(make_statistics(0, 1, n_channels=3), 0.5))
    with pytest.raises(ArgumentError, match=r"share of the prior is 1\.5; 0 to 1"):
        shrink_statistics(own, PriorStatistics(own, 1.5))
    with pytest.raises(ArgumentError, match="-1 pseudo-images beside 4 images"):
        pseudo_count_share(4, -1)
    with pytest.raises(ArgumentError, match="1 plate is no group"):
        group_statistics([own])


def mixed_as_it_goes(network, images, prior, share):
    """Reference: run in float64, and at every layer put the mixture in before it normalises."""
    twin = copy.deepcopy(network).double().eval()
    found = {}

    def settle(name, layer, inputs):
        rows = inputs[0].transpose(0, 1).flatten(1)
        mean = share * torch.from_numpy(prior.layers[name].mean) + (1 - share) * rows.mean(1)
        variance = share * torch.from_numpy(prior.layers[name].variance) + (1 - share) * rows.var(1, unbiased=False)
        found[name] = (mean.numpy(), variance.numpy())
        layer.track_running_stats, layer.running_mean, layer.running_var = True, mean, variance

    for name, module in twin.named_modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            module.register_forward_pre_hook(lambda layer, inputs, name=name: settle(name, layer, inputs))
    with torch.no_grad():
        twin(images.double())
    return found


@pytest.mark.parametrize("name", ["residual", "dense", "pre-activation"])
def test_a_prior_is_in_every_layer_while_measuring(lab, name: str) -> None:
    network, images = lab.make_network(name), lab.plate(8)
    prior = ContextStatistics.from_network(network)
    statistics = measure_statistics(network, images.split(3), prior=PriorStatistics(prior, 0.25))
    lab.assert_statistics(statistics, mixed_as_it_goes(network, images, prior, 0.25))


def test_a_prior_of_share_one_is_the_network_itself(lab) -> None:
    network, images = lab.make_network("residual"), lab.plate(8)
    prior = PriorStatistics(ContextStatistics.from_network(network), 1.0)
    adapted = apply_statistics(network, measure_statistics(network, images.split(3), prior=prior))
    torch.testing.assert_close(lab.logits(adapted, images), lab.logits(network.eval(), images))
