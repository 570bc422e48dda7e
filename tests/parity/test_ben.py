"""Parity with github.com/microsoft/batch-effects-normalization: one plate as one training-mode batch."""

import pytest
import torch
from torch import nn

from napari_ben.methods import apply_statistics, measure_statistics
from napari_ben.models import import_model

REFERENCE = "ben"
N_CLASSES = 1139


@pytest.fixture
def classifier(checkout, zoo):
    torch.manual_seed(1)
    return checkout.load("biomass.models.tv").TorchVisionClassifier("resnet50", "fc", N_CLASSES, weights=None)


def _as_one_batch(network, images):
    """The repository's evaluation: training mode, running statistics not tracked."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.track_running_stats = False
    with torch.inference_mode():
        return network(images)


def test_a_plate_in_chunks_equals_the_plate_as_one_batch(classifier, tmp_path):
    images = torch.randn(16, 3, 256, 256, generator=torch.Generator().manual_seed(2))
    torch.save(classifier.state_dict(), tmp_path / "image_supervised.pt")
    ours = import_model(tmp_path / "image_supervised.pt", architecture="resnet50").network()
    expected = _as_one_batch(classifier, images)
    with torch.inference_mode():
        logits = apply_statistics(ours, measure_statistics(ours, images.split(4)))(images)
        apart = torch.cat([_as_one_batch(classifier, chunk) for chunk in images.split(4)])
    scale = expected.abs().max()
    difference, naive = (((other - expected).abs().max() / scale).item() for other in (logits, apart))
    print(f"relative difference of a logit {difference:.1e}; of separate mini-batches {naive:.2f}")
    assert difference <= 2e-4
    assert naive > 0.1  # the mini-batch that the field uses instead is another function


def test_statistics_of_the_controls_alone_equal_the_domain_layer(checkout):
    images = torch.randn(12, 4, 9, 9, generator=torch.Generator().manual_seed(3)) * 3 + 1
    labels = torch.tensor([5, 1110, 7, 1138, 1108, 3, 2, 1, 1120, 0, 9, 8])
    network = nn.Sequential(nn.BatchNorm2d(4))
    nn.init.uniform_(network[0].weight)
    nn.init.uniform_(network[0].bias)
    layer = checkout.load("biomass.norms.domain").DomainBatchNorm2d.from_bn2d(network[0])
    layer.set_domains(labels)
    controls = labels >= 1108
    adapted = apply_statistics(network.eval(), measure_statistics(network, images[controls].split(2)))
    torch.testing.assert_close(adapted(images), layer(images), rtol=1e-5, atol=1e-6)
