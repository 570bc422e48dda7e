"""Small models, and the independent networks that ours are compared with."""

from types import SimpleNamespace

import pytest

from napari_ben.models import ModelCard, Scaling, Tiling


def make_card(**changes) -> ModelCard:
    fields = {
        "name": "tiny",
        "architecture": "resnet10",
        "options": {"width": 4},
        "channels": ("DNA", "ER"),
        "classes": ("DMSO", "tubulin", "actin"),
        "scaling": Scaling(kind="image"),
        "tiling": Tiling(size=(64, 64)),
        "embedding_size": 32,
    }
    return ModelCard(**{**fields, **changes})


@pytest.fixture
def card() -> ModelCard:
    return make_card()


@pytest.fixture
def bundle(tmp_path, card):
    """A saved model and the network that was saved, with statistics that are not those of a fresh network."""
    from napari_ben.models import build_network, save_model

    network = trained(build_network("resnet10", 2, 3, width=4, seed=1))
    return SimpleNamespace(network=network, model=save_model(tmp_path / "tiny.safetensors", network, card))


def trained(network, n_channels=2):
    """The network after a step's worth of running statistics."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        network.train()(torch.randn(4, n_channels, 64, 64) * 2 + 1)
    return network
