"""Batch normalisation with shares, against torch's own and against the closed formula of the mixture."""

import pytest
import torch
from torch import nn

from napari_ben.errors import MethodError
from napari_ben.models import build_network
from napari_ben.training._mixture import MixtureNorm, accept_shares, follow_shares, normalize, shares_of_images


def make_images(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=dtype) * 2 + 1


def test_equal_shares_are_ordinary_batch_normalisation():
    x = make_images(6, 3, 5, 5)
    layer = nn.BatchNorm2d(3)
    nn.init.uniform_(layer.weight)
    ours, mean, variance = normalize(x, torch.full((6,), 1 / 6), layer.weight, layer.bias, layer.eps)
    torch.testing.assert_close(ours, layer(x))
    torch.testing.assert_close(mean, x.mean((0, 2, 3)))
    torch.testing.assert_close(variance, x.var((0, 2, 3), unbiased=False))


@pytest.mark.parametrize("weight", [0.2, 2 / 3, 1.0])
def test_statistics_are_the_mixture_of_controls_and_queries(weight: float):
    x = make_images(7, 3, 4, 4)
    queries, controls = x[:4], x[4:]
    _, mean, variance = normalize(x, shares_of_images(4, 3, weight), torch.ones(3), torch.zeros(3), 1e-5)
    mean_q, mean_c = (part.mean((0, 2, 3)) for part in (queries, controls))
    expected = weight * mean_c + (1 - weight) * mean_q
    parts = [
        share * (part.var((0, 2, 3), unbiased=False) + (part.mean((0, 2, 3)) - expected) ** 2)
        for share, part in ((weight, controls), (1 - weight, queries))
    ]
    torch.testing.assert_close(mean, expected)
    torch.testing.assert_close(variance, parts[0] + parts[1])


def test_gradients_match_finite_differences():
    x = make_images(4, 2, 3, 3, dtype=torch.float64).requires_grad_()
    weight, bias = (torch.rand(2, dtype=torch.float64, requires_grad=True) for _ in range(2))
    shares = torch.tensor([0.1, 0.4, 0.3, 0.2], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda *a: normalize(a[0], shares, a[1], a[2], 1e-5)[0], (x, weight, bias))


def test_a_network_keeps_its_tensors_and_its_keys():
    network = build_network("resnet10", 2, 3, width=4)
    before = dict(network.named_parameters())
    keys = list(network.state_dict())
    accept_shares(network)
    assert list(network.state_dict()) == keys
    assert all(parameter is before[name] for name, parameter in network.named_parameters())


def test_without_shares_a_network_works_as_before():
    plain, other = (build_network("resnet10", 2, 3, width=4) for _ in range(2))
    accept_shares(other)
    x = make_images(4, 2, 32, 32)
    torch.testing.assert_close(other(x), plain(x))
    torch.testing.assert_close(other.eval()(x), plain.eval()(x))


def test_shares_last_as_long_as_their_context():
    network = build_network("resnet10", 2, 3, width=4)
    accept_shares(network)
    x = make_images(4, 2, 32, 32)
    with follow_shares(network, shares_of_images(3, 1, 0.9)):
        mixed = network(x)
    layers = [layer for layer in network.modules() if isinstance(layer, MixtureNorm)]
    assert all(layer.shares is None for layer in layers)
    assert not torch.allclose(mixed, network(x))
    assert (layers[0].running_mean != 0).all()


@pytest.mark.parametrize(
    ("layers", "found"), [([nn.Conv2d(1, 1, 1)], "none"), ([nn.BatchNorm2d(1), nn.BatchNorm1d(1)], "BatchNorm1d")]
)
def test_a_network_with_other_normalisations_is_refused(layers: list[nn.Module], found: str):
    with pytest.raises(MethodError, match=f"this network has: {found}"):
        accept_shares(nn.Sequential(*layers))


def test_shares_sum_to_one():
    shares = shares_of_images(5, 3, 0.7)
    assert shares.sum() == pytest.approx(1)
    assert shares[5:].sum() == pytest.approx(0.7)
