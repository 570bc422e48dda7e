"""A network with a context: the mean over it is one more statistic, measured and replaced as the others are."""

import pytest
import torch
from torch import nn

from napari_ben.errors import ArgumentError
from napari_ben.methods import apply_statistics, fold_statistics, measure_statistics
from napari_ben.models import ContextMean, ModelCard, Scaling, Tiling, build_network, to_model

OPTIONS = {"width": 8, "context": 3, "context_width": 4}


def make_images(n: int = 9, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, 2, 32, 32, generator=torch.Generator().manual_seed(seed)) * 2 + 1


def by_hand(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """One training-mode batch, the context averaged over its images and pixels and put beside each image."""
    maps = network.encoder.train()(images)
    context = maps.mean(dim=(0, 2, 3)).view(1, -1, 1, 1).expand(len(images), -1, *images.shape[2:])
    return network.body.train()(torch.cat([images, context], 1))


def test_a_batch_in_training_mode_is_its_own_context():
    network = build_network("resnet10", 2, 5, **OPTIONS)
    images = make_images()
    with torch.no_grad():
        torch.testing.assert_close(network.train()(images), by_hand(network, images))


@pytest.mark.parametrize("chunk", [1, 4, 9])
def test_a_context_in_chunks_equals_one_batch(chunk: int):
    network = build_network("resnet10", 2, 5, **OPTIONS)
    images = make_images()
    statistics = measure_statistics(network, images.split(chunk))
    adapted = fold_statistics(apply_statistics(network, statistics))
    with torch.no_grad():
        torch.testing.assert_close(adapted(images), by_hand(network, images), rtol=1e-4, atol=1e-4)


def test_gradients_reach_the_context_network_through_the_mean():
    network = build_network("resnet10", 2, 5, **OPTIONS).train()
    network(make_images()).square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.encoder.parameters())


def test_shares_weigh_the_images_of_the_context():
    layer, x = ContextMean(3).train(), make_images()[:, [0, 1, 0]]
    layer.shares = torch.tensor([0.5, 0.5] + [0.0] * 7)
    torch.testing.assert_close(layer(x)[4, :, 1, 2], x[:2].mean((0, 2, 3)))


def test_a_bundle_with_a_context_loads():
    network = build_network("resnet10", 2, 5, **OPTIONS)
    card = ModelCard(
        name="cml",
        architecture="resnet10",
        options=OPTIONS,
        channels=("a", "b"),
        classes=tuple("vwxyz"),
        scaling=Scaling(),
        tiling=Tiling(size=(32, 32)),
        embedding_size=network.embedding_size,
    )
    loaded = to_model(network, card).network()
    torch.testing.assert_close(loaded(make_images()), network.eval()(make_images()))


def test_cosine_logits_depend_on_directions_alone():
    network = build_network("resnet10", 2, 4, width=8, head="cosine")
    z = torch.randn(6, network.embedding_size, generator=torch.Generator().manual_seed(1))
    cosine = nn.functional.cosine_similarity(z[:, None], network.weight[None], dim=2)
    torch.testing.assert_close(network.classify(z), 30 * cosine)
    torch.testing.assert_close(network.classify(3 * z), network.classify(z))


def test_a_unit_head_is_linear_on_unit_vectors():
    network = build_network("resnet10", 2, 4, width=8, head="unit")
    z = torch.randn(6, network.embedding_size, generator=torch.Generator().manual_seed(1))
    expected = z / z.norm(dim=1, keepdim=True) @ network.probe.weight.T + network.probe.bias
    torch.testing.assert_close(network.classify(z), expected)


@pytest.mark.parametrize(
    ("options", "words"), [({"head": "round"}, "head='round'.*linear or cosine or unit"), ({"context": 99}, "context")]
)
def test_unknown_heads_and_contexts_are_refused(options: dict, words: str):
    with pytest.raises(ArgumentError, match=words):
        build_network("resnet10", 2, 4, **options)
