"""The design prior against a plain transcription of its description, and against what it promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_ben.errors import ArgumentError
from napari_ben.results import assign_classes
from napari_ben.results._balance import balance_wells


def reference(logits: np.ndarray, n_tries: int) -> tuple[np.ndarray, float]:
    """Step by step as described: normalised over wells; the popular class's coefficient falls; the best is kept."""
    n, k = logits.shape
    shares = np.exp(logits) / np.exp(logits).sum(axis=0)

    def score(c):
        counts = np.bincount((shares * c).argmax(1), minlength=k)
        return sum(min(100 * count / n, 100 / k) for count in counts), counts

    best, alpha = np.ones(k), 0.01
    best_score = score(best)[0]
    while alpha >= 1e-4 and best_score < 100 - 1e-9:
        c, top, top_score = best.copy(), best, -1.0
        for _ in range(n_tries):
            value, counts = score(c)
            if value > top_score:
                top, top_score = c.copy(), value
            c[counts.argmax()] -= alpha
        if top_score > best_score:
            best, best_score = top, top_score
        else:
            alpha /= 2
    return shares * best, best_score


def make_logits(n: int, k: int, signal: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Wells of k classes, each class once or more, under a bias of each class as a mis-calibrated plate gives it."""
    rng = np.random.default_rng(seed)
    truth = np.resize(rng.permutation(k), n)
    return rng.normal(size=(n, k)) + signal * np.eye(k)[truth] + rng.normal(0, 1.5, k), truth


@pytest.mark.parametrize(("n", "k", "seed"), [(30, 30, 0), (24, 30, 1), (40, 10, 2)])
def test_balancing_is_what_is_described(n: int, k: int, seed: int):
    logits, _ = make_logits(n, k, 2.5, seed)
    expected, score = reference(logits, n_tries=60)
    found = balance_wells(logits, np.ones(k, int), n_tries=60)
    counts = np.bincount(found.argmax(1), minlength=k)
    assert sum(np.minimum(100 * counts / n, 100 / k)) == pytest.approx(score)
    np.testing.assert_array_equal(found.argmax(1), expected.argmax(1))


@pytest.mark.parametrize("prior", ["balance", "assign", "both"])
def test_every_prior_beats_the_plain_maximum_under_a_class_bias(prior: str):
    logits, truth = make_logits(60, 60, 3.5, 4)
    plain = (logits.argmax(1) == truth).mean()
    assert (assign_classes(logits, prior, 1) == truth).mean() > plain + 0.2


@pytest.mark.parametrize("seed", range(6))
def test_balancing_stays_with_the_images_when_few_classes_are_told_apart_sharply(seed: int):
    """Logits of ArcFace are 30 times a cosine: lowered below zero, coefficients would choose the least likely class."""
    logits, truth = make_logits(72, 8, 3.5, seed)
    scores = balance_wells(4 * logits, np.full(8, 9))
    assert (scores > 0).all()
    assert (scores.argmax(1) == truth).mean() > (logits.argmax(1) == truth).mean()


def test_frozen_numbers():
    logits, truth = make_logits(60, 60, 3.0, 7)
    found = {prior: int((assign_classes(logits, prior, 1) == truth).sum()) for prior in ("balance", "assign", "both")}
    assert int((logits.argmax(1) == truth).sum()) == FROZEN["argmax"]
    assert found == {prior: FROZEN[prior] for prior in found}


FROZEN = {"argmax": 20, "balance": 60, "assign": 60, "both": 60}


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 12), st.integers(2, 5), st.integers(1, 3), st.integers(0, 99), st.sampled_from(["assign", "both"])
)
def test_no_class_is_used_more_often_than_it_stands_on_the_plate(n: int, k: int, per_plate: int, seed: int, prior: str):
    n = min(n, k * per_plate)
    found = assign_classes(np.random.default_rng(seed).normal(size=(n, k)), prior, per_plate)
    assert np.bincount(found, minlength=k).max() <= per_plate


@given(st.integers(0, 50))
def test_the_assignment_is_the_likeliest(seed: int):
    from itertools import permutations

    logits = np.random.default_rng(seed).normal(size=(4, 5))
    likelihood = {
        order: sum(logits[row, column] for row, column in enumerate(order)) for order in permutations(range(5), 4)
    }
    assert tuple(assign_classes(logits, "assign", 1)) == max(likelihood, key=likelihood.__getitem__)


def test_a_capacity_for_each_class():
    logits = np.tile([5.0, 1.0, 0.0], (4, 1))
    assert sorted(assign_classes(logits, "assign", [2, 1, 1])) == [0, 0, 1, 2]


@pytest.mark.parametrize("prior", ["balance", "assign", "both"])
def test_a_class_that_is_not_on_the_plate_is_not_chosen(prior: str):
    logits = np.tile([5.0, 1.0, 0.0, 0.5], (4, 1)) + np.random.default_rng(0).normal(size=(4, 4))
    assert not (assign_classes(logits, prior, [0, 2, 2, 0]) % 3 == 0).any()


def test_a_plate_that_fits_its_design_is_left_alone():
    logits = 10 * np.eye(4)
    for prior in ("balance", "assign", "both"):
        np.testing.assert_array_equal(assign_classes(logits, prior, 1), np.arange(4))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"prior": "sinkhorn"}, "no prior 'sinkhorn'.*balance, assign, both"),
        ({"capacity": 0}, "capacity of 0 does not fit 3 classes"),
        ({"capacity": [1, 2]}, "does not fit 3 classes"),
        ({"capacity": 1}, "5 wells are to be assigned, but the 3 classes stand on the plate 3 times"),
    ],
)
def test_what_cannot_be_is_refused(options: dict, words: str):
    with pytest.raises(ArgumentError, match=words):
        assign_classes(np.zeros((5, 3)), **options)
