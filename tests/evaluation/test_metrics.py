import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, rankdata, spearmanr
from sklearn.metrics import roc_auc_score

from napari_ben.errors import ArgumentError
from napari_ben.evaluation import accuracy, bootstrap_mean, mid_ranks, roc_auc, spearman, wilson_interval

VALUES = st.lists(st.integers(-3, 3), min_size=3, max_size=30)


@given(st.integers(1, 400), st.data())
def test_wilson_agrees_with_scipy(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))
    expected = binomtest(successes, n).proportion_ci(0.95, method="wilson")
    ours = wilson_interval(successes, n)
    assert (ours.low, ours.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert ours.low <= ours.value <= ours.high


def test_nothing_to_count_is_not_a_figure() -> None:
    assert math.isnan(accuracy([], []).value)
    assert bootstrap_mean([math.nan]).n == 0


def test_accuracy_counts_hits() -> None:
    estimate = accuracy(["a", "b", "c", "a"], ["a", "b", "a", "a"])
    assert (estimate.value, estimate.n) == (0.75, 4)


@given(VALUES)
def test_ranks_agree_with_scipy(values: list[int]) -> None:
    np.testing.assert_array_equal(mid_ranks(values), rankdata(values))


@given(VALUES, st.data())
def test_auc_agrees_with_scikit_learn(scores: list[int], data: st.DataObject) -> None:
    positive = data.draw(st.lists(st.booleans(), min_size=len(scores), max_size=len(scores)))
    if all(positive) or not any(positive):
        with pytest.raises(ArgumentError, match="An AUC needs positives and negatives; there are"):
            roc_auc(positive, scores)
    else:
        assert roc_auc(positive, scores) == pytest.approx(roc_auc_score(positive, scores))


@given(VALUES, st.data())
def test_spearman_agrees_with_scipy(first: list[int], data: st.DataObject) -> None:
    second = data.draw(st.lists(st.integers(-3, 3), min_size=len(first), max_size=len(first)))
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert math.isnan(spearman(first, second))
    else:
        assert spearman(first, second) == pytest.approx(spearmanr(first, second).statistic)


def test_bootstrap_interval_covers_the_mean_and_is_repeatable() -> None:
    values = np.random.default_rng(1).normal(0.8, 0.1, size=12)
    estimate = bootstrap_mean([*values, math.nan], seed=4)
    assert estimate == bootstrap_mean(values, seed=4)
    half = 1.96 * values.std(ddof=0) / math.sqrt(12)
    assert estimate.value == pytest.approx(values.mean())
    assert (estimate.low, estimate.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.01)
