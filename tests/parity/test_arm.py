"""Parity with github.com/henrikmarklund/arm: ARM-BN's prediction in chunks of the support size."""

import sys
from types import ModuleType

import torch
from torch import nn

from napari_ben.methods import apply_statistics, measure_statistics

REFERENCE = "arm"
SUPPORT = 16


def test_each_support_set_equals_exact_statistics_of_that_set(checkout, zoo, monkeypatch):
    monkeypatch.setitem(sys.modules, "higher", ModuleType("higher"))  # used by ARM-LL only
    torch.manual_seed(1)
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5),
    )  # fmt: skip
    images = torch.randn(40, 3, 20, 20)
    settings = {"support_size": SUPPORT, "optimizer": "adam", "learning_rate": 1e-3, "weight_decay": 0.0}
    reference = checkout.load("algorithm.algorithm").ARM_BN(network, nn.CrossEntropyLoss(), "cpu", settings)
    with torch.inference_mode():
        expected = reference.predict(images)
        network.eval()
        ours = torch.cat(
            [apply_statistics(network, measure_statistics(network, [chunk]))(chunk) for chunk in images.split(SUPPORT)]
        )
    print(f"largest difference of a logit {(ours - expected).abs().max().item():.1e}")
    torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-6)
