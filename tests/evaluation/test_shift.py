import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from napari_ben.evaluation import label_shift, resample_wells, stability


@given(st.integers(2, 6), st.integers(1, 12), st.sampled_from([0.01, 0.1, 1.0, 100.0]), st.integers(0, 99))
def test_each_rotation_draws_each_well_once_at_most(n_classes: int, per_class: int, alpha: float, seed: int) -> None:
    labels = [f"class {number % n_classes}" for number in range(n_classes * per_class)]
    draws = label_shift(labels, alpha, per_class, seed)
    assert len(draws) == n_classes
    assert all(len(set(draw)) == len(draw) <= per_class for draw in draws)


def test_each_class_is_once_the_abundant_one() -> None:
    labels = np.repeat(["a", "b", "c"], 40)
    draws = label_shift(list(labels), 0.05, 40, seed=3)
    abundant = [pd.Series(labels[draw]).value_counts().index[0] for draw in draws]
    assert sorted(abundant) == ["a", "b", "c"]


def test_a_large_alpha_is_an_even_plate() -> None:
    labels = np.repeat(["a", "b", "c", "d"], 200)
    counts = pd.Series(labels[label_shift(list(labels), 1e6, 400, seed=0)[0]]).value_counts()
    assert counts.between(75, 125).all()


def test_the_draw_is_repeatable() -> None:
    labels = list("abcabcabc")
    first, second = label_shift(labels, 0.1, 4, seed=5), label_shift(labels, 0.1, 4, seed=5)
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def test_resamples_draw_as_many_wells_as_there_are() -> None:
    resamples = resample_wells(["A01", "B02", "C03"], 20, seed=1)
    assert len(resamples) == 20
    assert all(sum(counts.values()) == 3 for counts in resamples)
    assert resamples == resample_wells(["A01", "B02", "C03"], 20, seed=1)
    assert any("A01" not in counts for counts in resamples)


def test_stability_is_the_share_of_resamples_that_keep_the_class() -> None:
    reference = pd.DataFrame({"pred_class": ["x", "y"]}, index=pd.Index(["A01", "A02"], name="well"))
    votes = [np.array(row, dtype=object) for row in (["x", "y"], ["x", "z"], ["x", "z"], ["x", "w"])]
    table = stability(reference, votes)
    assert table["stability"].tolist() == [1.0, 0.25]
    assert table["alternative"].tolist() == ["", "z"]
