import copy

import numpy as np
import pytest
import torch
from torch import nn

from napari_ben.errors import MethodError
from napari_ben.methods import ContextStatistics, LayerStatistics, apply_statistics, fold_statistics, measure_statistics

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def n_norms(network):
    return sum(isinstance(module, NORMS) for module in network.modules())


@pytest.mark.parametrize("kind", ["biased", "unbiased"])
def test_running_buffers_are_what_torch_would_put_there(lab, kind):
    network, images = nn.Sequential(nn.BatchNorm2d(3, momentum=1.0)), lab.plate(6, size=2)
    adapted = apply_statistics(network, measure_statistics(network, images.split(2)), kind)
    network.train()(images)  # momentum 1: the running variance is this batch's, unbiased
    factor = 1 if kind == "unbiased" else (6 * 4 - 1) / (6 * 4)
    torch.testing.assert_close(adapted[0].running_var, network[0].running_var * factor)
    torch.testing.assert_close(adapted[0].running_mean, network[0].running_mean)


def test_the_unbiased_choice_is_the_cumulative_predictor(lab):
    """Published predictors adapt with one training-mode pass and momentum=None, then predict in inference mode."""
    network, images = lab.make_network("residual"), lab.plate(6, size=12)
    statistics = measure_statistics(network, images.split(4))
    published = lab.mini_batch_average(network, [images])
    expected = lab.logits(published, images)
    errors = {
        kind: lab.relative_error(lab.logits(apply_statistics(network, statistics, kind), images), expected)
        for kind in ("biased", "unbiased")
    }
    # the published pass normalises the batch itself by the biased variance, so only the last affine differs
    assert errors["unbiased"] < 1e-5 < errors["biased"]


def test_the_copy_is_in_inference_mode_and_the_network_is_not(lab):
    network = lab.make_network("residual").train()
    adapted = apply_statistics(network, measure_statistics(network, [lab.plate()]))
    assert network.training
    assert not any(module.training for module in adapted.modules())


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ({"elsewhere": 6}, r"layer 'elsewhere' with 6 channels; in the network Residual it is absent"),
        ({"bn1": 5}, r"layer 'bn1' with 5 channels; in the network Residual it is with 6 channels"),
    ],
)
def test_statistics_of_another_network_are_refused(lab, layers, words):
    statistics = ContextStatistics(
        {name: LayerStatistics(np.zeros(size), np.ones(size), 9.0) for name, size in layers.items()}, 3
    )
    with pytest.raises(MethodError, match=words):
        apply_statistics(lab.make_network("residual"), statistics)


FOLDED = {"residual": 0, "dense": 5, "pre-activation": 1, "headed": 2, "viewing": 0, "hidden-writes": 1}


@pytest.mark.parametrize("name", FOLDED)
def test_folding_leaves_only_what_follows_no_convolution(lab, name, caplog):
    caplog.set_level("ERROR")
    network, images = lab.make_network(name), lab.plate()
    adapted = apply_statistics(network, measure_statistics(network, images.split(8)))
    before = lab.snapshot(adapted)
    folded = fold_statistics(adapted)
    assert n_norms(folded) == FOLDED[name]
    assert lab.relative_error(lab.logits(folded, images), lab.logits(adapted, images)) < 1e-5
    lab.assert_untouched(adapted, before)


def test_embed_and_classify_keep_working(lab):
    network, images = lab.make_network("residual"), lab.plate()
    folded = fold_statistics(apply_statistics(network, measure_statistics(network, images.split(8))))
    with torch.no_grad():
        torch.testing.assert_close(
            folded.classify(folded.embed(images)), lab.one_giant_batch(network, images), rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize("layer", [nn.BatchNorm2d(4), nn.BatchNorm2d(4, affine=False)])
def test_folding_is_right_with_and_without_bias_and_affine(lab, layer):
    images = lab.plate()
    for bias in (True, False):
        network = lab.disturbed(nn.Sequential(nn.Conv2d(3, 4, 3, bias=bias, groups=1), copy.deepcopy(layer)))
        folded = fold_statistics(network.eval())
        assert n_norms(folded) == 0
        torch.testing.assert_close(folded(images), network(images), rtol=1e-4, atol=1e-4)


class SharedConvolution(nn.Module):
    """One convolution for two layers, and one whose output is read twice: neither can be folded."""

    def __init__(self):
        super().__init__()
        self.shared, self.bn1, self.bn2 = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3), nn.BatchNorm2d(3)
        self.conv, self.bn3 = nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)

    def forward(self, x):
        x = self.bn2(self.shared(self.bn1(self.shared(x))))
        y = self.conv(x)
        return self.bn3(y) + y


def test_what_others_read_too_is_not_folded(lab):
    network, images = lab.disturbed(SharedConvolution()).eval(), lab.plate()
    folded = fold_statistics(network)
    assert n_norms(folded) == 3
    torch.testing.assert_close(folded(images), network(images))
