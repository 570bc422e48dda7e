import importlib
import sys

import pytest
import torch
import torch.fx
from torch import nn
from torch.nn import functional

from napari_ben.errors import ArgumentError, MethodError
from napari_ben.models import ARCHITECTURES, Classifier, build_network

from .conftest import trained

# Parameters with 3 channels and 1000 classes, as published; BatchNorm layers; length of the embedding.
PUBLISHED = {
    "resnet18": (11_689_512, 20, 512),
    "resnet50": (25_557_032, 53, 2048),
    "resnet50_avgstride": (25_557_032, 53, 2048),
    "densenet121": (7_978_856, 121, 1024),
    "densenet161": (28_681_000, 161, 2208),
    "xception": (22_855_952, 40, 2048),
}


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(("architecture", "wanted"), PUBLISHED.items())
def test_sizes_are_the_published_ones(architecture, wanted):
    with torch.device("meta"):
        network = build_network(architecture, 3, 1000)
    n_normalizations = sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    assert (count(network), n_normalizations, network.embedding_size) == wanted


def test_the_network_of_the_cs_arm_bn_release_has_its_size():
    """Five channels, eight classes: 23.53 M parameters, 26,560 normalised features."""
    with torch.device("meta"):
        network = build_network("resnet50_avgstride", 5, 8)
    features = sum(module.num_features for module in network.modules() if isinstance(module, nn.BatchNorm2d))
    assert (count(network), features) == (23_530_696, 26_560)


def test_the_slim_network_of_the_sample_models_stays_below_three_megabytes():
    assert 4 * count(build_network("resnet10", 5, 9, width=24)) < 3_000_000


@pytest.mark.parametrize("architecture", ["resnet18", "resnet50", "densenet121", "densenet161"])
def test_keys_and_logits_are_those_of_torchvision(zoo, architecture):
    network = trained(build_network(architecture, 3, 10), 3).eval()
    reference = getattr(zoo, architecture)(weights=None, num_classes=10).eval()
    reference.load_state_dict(network.state_dict(), strict=True)
    assert reference.state_dict().keys() == network.state_dict().keys()
    images = torch.randn(2, 3, 96, 80, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(network(images), reference(images), rtol=1e-5, atol=1e-5)


def test_keys_and_logits_are_those_of_the_cadene_xception(timm):
    network = trained(build_network("xception", 3, 10), 3).eval()
    reference = timm.create_model("legacy_xception", num_classes=10).eval()
    reference.load_state_dict(network.state_dict(), strict=True)
    images = torch.randn(2, 3, 99, 80, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(network(images), reference(images), rtol=1e-5, atol=1e-5)


def test_deepnoise_averages_normalised_features_of_a_padded_stem():
    network = trained(build_network("xception", 6, 4, stem=7, rectify_last=False), 6).eval()
    images = torch.randn(1, 6, 64, 64, generator=torch.Generator().manual_seed(0))
    stems, features = [], []
    network.conv1.register_forward_hook(lambda *call: stems.append(call[2]))
    network.bn4.register_forward_hook(lambda *call: features.append(call[2]))
    with torch.inference_mode():
        embedding = network.embed(images)
    assert stems[0].shape == (1, 32, 32, 32)
    assert embedding.min() < 0
    torch.testing.assert_close(embedding, features[0].mean(dim=(2, 3)))


def test_average_strides_share_the_keys_of_resnet50_and_not_its_function():
    plain = trained(build_network("resnet50", 3, 8), 3).eval()
    pooled = build_network("resnet50_avgstride", 3, 8).eval()
    pooled.load_state_dict(plain.state_dict(), strict=True)
    assert pooled.state_dict().keys() == plain.state_dict().keys()
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert (plain(images) - pooled(images)).abs().max() > 0.01 * plain(images).abs().max()


def reference_block(block, x, stride):
    """Bottleneck with average-pool strides, written from its published description."""
    y = functional.relu(block.bn1(block.conv1(x)))
    y = functional.relu(block.bn2(functional.conv2d(y, block.conv2.weight, stride=1, padding=1)))
    y = block.bn3(block.conv3(functional.avg_pool2d(y, stride)))
    shortcut = block.downsample
    if shortcut is not None:
        x = functional.conv2d(functional.avg_pool2d(x, stride), shortcut[0].weight, stride=1)
        x = shortcut[1](x)
    return functional.relu(y + x)


def test_average_strides_and_windowed_head_as_written_down():
    network = trained(build_network("resnet50_avgstride", 2, 3, width=8)).eval()
    images = torch.randn(2, 2, 256, 256, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        x = functional.max_pool2d(functional.relu(network.bn1(network.conv1(images))), 3, 2, 1)
        for stage, layer in enumerate((network.layer1, network.layer2, network.layer3, network.layer4)):
            for position, block in enumerate(layer):
                x = reference_block(block, x, 2 if stage and not position else 1)
        assert x.shape[2:] == (8, 8)
        windows = nn.AvgPool2d(7, 1)(x)
        torch.testing.assert_close(network.embed(images), nn.AvgPool2d(2)(windows).flatten(1))


@pytest.mark.parametrize(("size", "corner", "centre"), [(8, 0.327, 1.306), (7, 1.0, 1.0), (2, 1.0, 1.0)])
def test_windowed_mean_weights_the_middle(size, corner, centre):
    pool = build_network("resnet50_avgstride", 1, 2, width=1).pool
    weights = torch.stack([pool(pixel.reshape(1, 1, size, size)) for pixel in torch.eye(size * size)]).reshape(
        size, size
    )
    assert weights[0, 0] * size**2 == pytest.approx(corner, abs=1e-3)
    assert weights[size // 2, size // 2] * size**2 == pytest.approx(centre, abs=1e-3)
    assert weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_network_is_a_classifier_that_torch_fx_can_trace(architecture):
    options = {"width": 4} if "width" in ARCHITECTURES[architecture].options else {}
    network = build_network(architecture, 2, 3, **options).eval()
    images = torch.randn(2, 2, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        embedding = network.embed(images)
        logits = network(images)
        assert isinstance(network, Classifier)
        assert (embedding.shape, logits.shape) == ((2, network.embedding_size), (2, 3))
        torch.testing.assert_close(network.classify(embedding), logits, rtol=0, atol=0)
        torch.testing.assert_close(torch.fx.symbolic_trace(network)(images), logits, rtol=0, atol=0)


def test_weights_follow_the_seed_and_leave_torchs_random_state_alone():
    before = torch.random.get_rng_state()
    first, again, other = (build_network("resnet10", 2, 3, seed=seed, width=4).conv1.weight for seed in (3, 3, 4))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize(
    ("architecture", "options", "words"),
    [
        ("vgg", {}, "no architecture 'vgg'.*resnet10"),
        ("resnet18", {"depth": 3}, "no option 'depth'.*width"),
        ("densenet121", {"width": 3}, "no option 'width'.*head, context"),
        ("resnet18", {"width": 0}, "width=0.*from 1 to 1024"),
        ("resnet18", {"width": "wide"}, "width='wide'"),
        ("xception", {"stem": 5}, "stem=5.*3 or 7"),
    ],
)
def test_unknown_networks_and_options_are_refused(architecture, options, words):
    with pytest.raises(ArgumentError, match=words):
        build_network(architecture, 2, 3, **options)


def test_a_network_of_timm(timm):
    network = build_network("timm:efficientnet_b0", 5, 7).eval()
    images = torch.randn(1, 5, 64, 64)
    with torch.inference_mode():
        assert network.embed(images).shape == (1, network.embedding_size) == (1, 1280)
        torch.testing.assert_close(network(images), network.body(images))


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [("efficientnet_zz", ArgumentError, "no network"), ("levit_128s", MethodError, "ends in")],
)
def test_networks_that_timm_does_not_have_or_that_end_otherwise_are_refused(timm, name, error, words):
    with pytest.raises(error, match=words):
        build_network(f"timm:{name}", 3, 2)


def test_timm_that_is_absent_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    importlib.invalidate_caches()
    with pytest.raises(ArgumentError, match=r"'timm:resnet18' needs timm.*napari-ben\[timm\]"):
        build_network("timm:resnet18", 3, 2)
