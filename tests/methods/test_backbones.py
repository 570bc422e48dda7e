"""The networks of the papers: chunked statistics give the logits of one giant training-mode batch."""

import pytest
import torch

from napari_ben.methods import apply_statistics, fold_statistics, measure_statistics
from napari_ben.models import build_network

OURS = {
    "resnet10": {"width": 8},
    "resnet18": {},
    "resnet50": {},
    "resnet50_avgstride": {},
    "densenet121": {},
    "xception": {},
}
PAPERS = ("resnet18", "resnet50", "densenet121")  # at every size of chunks; the others once
TIMM = ("efficientnet_b0", "tf_efficientnet_lite0", "mobilenetv3_small_100", "regnety_002")
N_IMAGES = 16


@pytest.fixture(scope="module")
def images(lab):
    return lab.plate(N_IMAGES, size=64, channels=5)


def check(lab, network, images, chunk_sizes=(1, 7, 64)):
    network = lab.disturbed(network).train()
    before, expected = lab.snapshot(network), lab.one_giant_batch(network, images)
    shuffled = images[torch.randperm(len(images), generator=torch.Generator().manual_seed(3))]
    for source, size in [*((images, size) for size in chunk_sizes), (shuffled, 7)]:
        adapted = apply_statistics(network, measure_statistics(network, source.split(size)))
        assert lab.relative_error(lab.logits(adapted, images), expected) <= 1e-4
    folded = fold_statistics(adapted)  # one more rounding, which 50 untrained layers on 2×2 pixels multiply
    assert lab.relative_error(lab.logits(folded, images), expected) <= 3e-4
    lab.assert_untouched(network, before)
    return folded


@pytest.mark.parametrize("architecture", OURS)
def test_our_backbones(lab, caplog, images, architecture):
    network = build_network(architecture, 5, 8, **OURS[architecture])
    folded = check(lab, network, images, chunk_sizes=(1, 7, 64) if architecture in PAPERS else (7,))
    with torch.no_grad():
        torch.testing.assert_close(folded.classify(folded.embed(images)), folded(images))
    assert caplog.text == ""  # none of them needs the slow way


@pytest.mark.parametrize("name", TIMM)
@pytest.mark.usefixtures("timm")
def test_fused_norm_act_layers_of_timm(lab, caplog, images, name):
    check(lab, build_network(f"timm:{name}", 5, 8), images, chunk_sizes=(7,))
    assert caplog.text == ""


@pytest.mark.usefixtures("timm")
@pytest.mark.parametrize("size", [1, 64])
def test_every_chunk_size_of_an_efficientnet(lab, images, size):
    check(lab, build_network("timm:efficientnet_b0", 5, 8), images, chunk_sizes=(size,))


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "shufflenet_v2_x0_5"])
def test_networks_of_other_people(lab, caplog, images, zoo, name):
    options = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    check(lab, getattr(zoo, name)(weights=None, num_classes=8, **options), images[:, :3], chunk_sizes=(7,))
    assert caplog.text == ""


def test_a_densenet_keeps_every_feature_map_once(lab, images):
    """The live set between two stages is the block's feature maps and one convolution's output, never their copies."""
    network = build_network("densenet121", 5, 8)
    one = measure_statistics(network, [images[:4]]).peak_bytes
    many = measure_statistics(network, images.split(4)).peak_bytes
    features, bottleneck = 64 + 5 * 32, 4 * 32  # channels at the last layer of the first block, the widest place
    assert many <= N_IMAGES * (features + bottleneck) * 16 * 16 * 4 + one
