from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ben.errors import ArgumentError
from napari_ben.evaluation import deal_wells, jackknife_error, stratified_subset


@given(st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=30), st.integers(1, 40), st.integers(0, 9))
def test_no_well_has_two_more_images_than_another_that_has_some_left(wells: list[str], size: int, seed: int) -> None:
    chosen = stratified_subset(wells, size, seed=seed)
    assert len(chosen) == min(size, len(wells))
    assert sorted(set(chosen.tolist())) == chosen.tolist()
    taken, there = Counter(wells[place] for place in chosen), Counter(wells)
    unfinished = [well for well in there if taken[well] < there[well]]
    for well in unfinished:
        assert max(taken.values()) <= taken[well] + 1


def test_controls_come_first_in_every_round() -> None:
    wells = ["A", "A", "B", "B", "C", "C", "D", "D"]
    taken = Counter(wells[place] for place in stratified_subset(wells, 6, first=["B", "D"]))
    assert taken == {"A": 1, "B": 2, "C": 1, "D": 2}


@given(st.integers(1, 20), st.integers(2, 8))
def test_groups_hold_every_well_once_and_are_even(n_wells: int, n_groups: int) -> None:
    wells = [f"W{number}" for number in range(n_wells)]
    groups = deal_wells(wells, n_groups)
    assert sorted(well for group in groups for well in group) == sorted(wells)
    sizes = [len(group) for group in groups]
    assert max(sizes) - min(sizes) <= 1


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    values = np.random.default_rng(0).normal(size=25)
    left_out = [np.delete(values, place).mean() for place in range(25)]
    assert jackknife_error(left_out) == pytest.approx(values.std(ddof=1) / 5)


def test_too_little_is_refused() -> None:
    with pytest.raises(ArgumentError, match="1 group is too few"):
        jackknife_error([[0.5]])
    with pytest.raises(ArgumentError, match="subset of 0 images"):
        stratified_subset(["A"], 0)
