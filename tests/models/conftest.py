"""Small models, and the independent networks that ours are compared with."""

import importlib
import sys
import warnings
from types import SimpleNamespace

import pytest

from napari_ben.models import ModelCard, Scaling, Tiling

OPEN_LIBRARIES: list[object] = []  # torch forgets operators whose library is collected


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


@pytest.fixture(scope="session")
def zoo():
    """torchvision's models; its compiled operators are declared first where they do not fit this torch."""
    with warnings.catch_warnings(action="ignore"):
        try:
            return importlib.import_module("torchvision.models")
        except ImportError:
            pytest.skip("torchvision is not installed")
        except RuntimeError:
            declare_operators()
            return importlib.import_module("torchvision.models")


def declare_operators() -> None:
    import torch

    library = torch.library.Library("torchvision", "DEF")
    OPEN_LIBRARIES.append(library)
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def timm(zoo):
    with warnings.catch_warnings(action="ignore"):
        return pytest.importorskip("timm", reason="timm is an extra")
