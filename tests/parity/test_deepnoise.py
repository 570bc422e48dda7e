"""Parity with github.com/Scu-sen/Recursion-Cellular-Image-Classification-Challenge: ArcFace and the balancing prior.

Its modules load tables and move everything to a GPU when they are imported; the functions are taken out one by one.
"""

import ast
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from napari_ben.results._balance import assign_classes, balance_wells
from napari_ben.training._losses import arcface_logits

REFERENCE = "deepnoise"


@pytest.fixture
def taken(checkout, monkeypatch):
    """Definitions of one of its files, without the rest of the file."""
    monkeypatch.setattr(torch.Tensor, "cuda", lambda tensor: tensor)
    einsum = torch.einsum
    monkeypatch.setattr(torch, "einsum", lambda formula, operands: einsum(formula, *operands))

    def take(path, *names):
        tree = ast.parse((checkout.folder / path).read_text(encoding="utf-8"))
        tree.body = [part for part in tree.body if getattr(part, "name", "") in names]
        namespace = {"torch": torch, "nn": nn, "F": functional, "math": math, "np": np}
        exec(compile(tree, path, "exec"), namespace)  # noqa: S102 – the person's own checkout
        return SimpleNamespace(**{name: namespace[name] for name in names})

    return take


def test_arcface_equals_theirs_beyond_the_guard_too(taken):
    torch.manual_seed(3)
    reference = taken("net/archead.py", "ArcModule").ArcModule(16, 7, s=30, m=0.1)
    embeddings = functional.normalize(torch.randn(60, 16))
    labels = torch.arange(60) % 7
    embeddings[:7] = -functional.normalize(reference.weight.detach())  # angles of π: beyond the guard
    expected = reference(embeddings, labels)
    cosine = functional.linear(embeddings, functional.normalize(reference.weight)).clamp(-1, 1)
    ours = arcface_logits(cosine, labels, margin=0.1, scale=30.0)
    print(f"largest difference of a logit {(ours - expected).abs().max().item():.1e}")
    torch.testing.assert_close(ours, expected, rtol=1e-5, atol=2e-5)


NAMES = (
    "_get_predicts", "_get_labels_distribution", "_compute_score_with_coefficients", "_find_best_coefficients",
    "pre_balance",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_balancing_fits_the_design_at_least_as_well_as_theirs(taken, seed):
    reference = taken("ensemble.py", *NAMES)
    random = np.random.default_rng(seed)
    truth = np.repeat(np.arange(12), 3)
    logits = 1.2 * np.eye(12)[truth] + random.normal(size=(36, 12)) + 1.5 * random.normal(size=12)
    shares = torch.softmax(torch.from_numpy(logits), dim=0).double()
    theirs = reference.pre_balance(shares, iter=300, is_show=False)
    ours = balance_wells(logits, np.full(12, 3), n_tries=300)

    def score(scores):
        counts = np.bincount(np.asarray(scores).argmax(axis=1), minlength=12)
        return np.minimum(100 * counts / 36, 100 / 12).sum()

    def accuracy(scores):
        return float((np.asarray(scores).argmax(axis=1) == truth).mean())

    print(
        f"fit {score(ours):.1f} against {score(theirs):.1f}; right {accuracy(ours):.3f} against {accuracy(theirs):.3f}"
    )
    assert score(ours) >= score(theirs) - 1e-6
    assert accuracy(ours) >= accuracy(theirs) - 0.06
    assert (np.bincount(assign_classes(logits, "assign", 3), minlength=12) == 3).all()
