"""Losses against their closed forms, written out in float64."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from napari_ben.training import TrainingConfig
from napari_ben.training._losses import CosineHead, arcface_logits, cross_entropy, cut_and_mix
from napari_ben.training._schedule import learning_rate
from napari_ben.training._simclr import contrastive_loss


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_arcface_in_closed_form_with_its_guard_region():
    """Angles all the way round; beyond π − m the published guard takes over, and rows without a label are plain."""
    angles = np.linspace(0, math.pi, 181)
    cosine = np.stack([np.cos(angles), np.cos(angles[::-1])], axis=1)
    labels = np.resize([0, 1, -1], len(angles))
    expected = 30 * cosine.copy()
    for row, label in enumerate(labels):
        if label < 0:
            continue
        theta = math.acos(cosine[row, label])
        guarded = cosine[row, label] <= math.cos(math.pi - 0.1)
        moved = cosine[row, label] - 0.1 * math.sin(0.1) if guarded else math.cos(theta + 0.1)
        expected[row, label] = 30 * moved
    found = arcface_logits(torch.from_numpy(cosine), torch.from_numpy(labels), margin=0.1)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-4)
    assert (np.diff(found[labels == 0, 0].numpy()) < 0).all()  # a larger angle always costs more


def test_arcface_has_a_gradient_everywhere():
    cosine = torch.tensor([[1.0, -1.0], [-1.0, 1.0]], requires_grad=True)
    arcface_logits(cosine, torch.tensor([0, 0]), margin=0.1).sum().backward()
    assert torch.isfinite(cosine.grad).all()


def test_a_cosine_head_gives_cosines():
    head, z = CosineHead(5, 3), torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    expected = functional.cosine_similarity(z[:, None], head.weight[None], dim=2)
    torch.testing.assert_close(head(z), expected)


def test_rows_without_a_label_cost_nothing():
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    labels = torch.tensor([2, -1, 0, -1])
    expected = -logits.log_softmax(1)[[0, 2], [2, 0]].mean()
    torch.testing.assert_close(cross_entropy(logits, labels, 0.0), expected)
    assert cross_entropy(logits, torch.full((4,), -1), 0.1).item() == 0


@pytest.mark.parametrize("temperature", [0.05, 1.0])
def test_simclr_is_the_loss_of_normalised_temperature(temperature: float):
    vectors = rng().normal(size=(8, 5))
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = np.exp(units @ units.T / temperature)
    losses = []
    for i in range(8):
        partner = (i + 4) % 8
        losses.append(-math.log(similarity[i, partner] / (similarity[i].sum() - similarity[i, i])))
    groups = torch.arange(8) % 4
    found = contrastive_loss(torch.from_numpy(vectors).float(), groups, temperature)
    assert found.item() == pytest.approx(np.mean(losses), rel=1e-5)


def test_several_positives_are_averaged_inside_the_logarithm():
    vectors, groups = rng(1).normal(size=(9, 4)), np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = np.exp(units @ units.T / 0.5)
    losses = []
    for i in range(9):
        others = np.arange(9) != i
        positive = others & (groups == groups[i])
        losses.append(-math.log(similarity[i, positive].mean() / similarity[i, others].sum()))
    found = contrastive_loss(torch.from_numpy(vectors).float(), torch.from_numpy(groups), 0.5)
    assert found.item() == pytest.approx(np.mean(losses), rel=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_cutmix_takes_one_rectangle_from_a_partner(seed: int):
    images = torch.arange(5.0)[:, None, None, None].expand(5, 2, 16, 12).contiguous()
    mixed, partners, own = cut_and_mix(images, rng(seed))
    assert sorted(partners) == list(range(5))
    for row in range(5):
        values = mixed[row]
        assert set(values.unique().tolist()) <= {float(row), float(partners[row])}
        if partners[row] != row:
            assert (values == row).float().mean().item() == pytest.approx(own)
    assert (images == torch.arange(5.0)[:, None, None, None]).all()


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        ({"kind": "constant", "warm_up": 0.0}, [1, 1, 1, 1]),
        ({"kind": "step", "warm_up": 0.0, "at": (0.5, 0.75), "factor": 0.1}, [1, 0.1, 0.01, 0.01]),
        ({"kind": "cosine", "warm_up": 0.0, "floor": 0.2}, [1, 0.6, 0.2 + 0.4 * (1 + math.cos(0.75 * math.pi)), 0.2]),
        ({"kind": "cosine", "warm_up": 0.0, "restarts": 2}, [1, 1, 0.5, 0]),
    ],
)
def test_schedules(schedule: dict, rates: list[float]):
    config = TrainingConfig(learning_rate=1, schedule=schedule)
    assert [learning_rate(share, config) for share in (0, 0.5, 0.75, 1)] == pytest.approx(rates)
