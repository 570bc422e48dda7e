import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ben.errors import ArgumentError, MethodError
from napari_ben.methods import (
    ContextStatistics,
    LayerMoments,
    LayerStatistics,
    WellMoments,
    empirical_bayes_shares,
    group_statistics,
    pseudo_count_share,
    shrink_statistics,
)


def make_statistics(mean: float, variance: float, name: str = "bn", n_channels: int = 2) -> ContextStatistics:
    layer = LayerStatistics(np.full(n_channels, mean), np.full(n_channels, variance), 100.0)
    return ContextStatistics({name: layer}, n_images=4)


@given(st.floats(0, 1))
def test_shrinking_is_linear_between_own_and_prior(share: float) -> None:
    mixed = shrink_statistics(make_statistics(2, 4), make_statistics(0, 1), share).layers["bn"]
    np.testing.assert_allclose(mixed.mean, 2 * (1 - share))
    np.testing.assert_allclose(mixed.variance, 4 * (1 - share) + share)


def test_channels_may_have_shares_of_their_own() -> None:
    mixed = shrink_statistics(make_statistics(2, 4), make_statistics(0, 1), {"bn": np.array([0.0, 1.0])}).layers["bn"]
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
        shrink_statistics(own, make_statistics(0, 1, name="other"), 0.5)
    with pytest.raises(MethodError, match="no statistics that fit layer 'bn'"):
        shrink_statistics(own, make_statistics(0, 1, n_channels=3), 0.5)
    with pytest.raises(ArgumentError, match=r"share of the prior is 1\.5; 0 to 1"):
        shrink_statistics(own, own, 1.5)
    with pytest.raises(ArgumentError, match="-1 pseudo-images beside 4 images"):
        pseudo_count_share(4, -1)
    with pytest.raises(ArgumentError, match="1 plate is no group"):
        group_statistics([own])
