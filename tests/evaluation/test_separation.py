"""How well controls are told apart, against an independent count of pairs and where nothing can be told."""

import numpy as np
import pandas as pd
import pytest

from napari_ben.evaluation import control_separation, distance_auc, pair_auc
from napari_ben.results import Predictions

RNG = np.random.default_rng(5)


def by_the_book(first: np.ndarray, second: np.ndarray) -> float:
    """Leave each pair out, take the means of the rest, and see whether the pair lies along them."""
    hits = []
    for i in range(len(first)):
        for j in range(len(second)):
            axis = np.delete(second, j, axis=0).mean(axis=0) - np.delete(first, i, axis=0).mean(axis=0)
            hits.append(np.heaviside(second[j] @ axis - first[i] @ axis, 0.5))
    return float(np.mean(hits))


@pytest.mark.parametrize("shift", [0.0, 0.3, 3.0])
def test_it_is_the_share_of_pairs_in_the_right_order(shift):
    first, second = RNG.normal(size=(7, 4)), RNG.normal(size=(9, 4)) + shift
    assert pair_auc(first, second) == pytest.approx(by_the_book(first, second))


def test_treated_wells_are_compared_by_their_distance_from_the_other_controls():
    controls, treated = RNG.normal(size=(6, 3)), 2 * RNG.normal(size=(8, 3))
    hits = []
    for number, control in enumerate(controls):
        mean = np.delete(controls, number, axis=0).mean(axis=0)
        hits += [np.linalg.norm(well - mean) > np.linalg.norm(control - mean) for well in treated]
    assert distance_auc(controls, treated) == pytest.approx(np.mean(hits))


@pytest.mark.parametrize("auc", [pair_auc, distance_auc])
def test_noise_is_at_chance_without_bias(auc):
    values = [auc(RNG.normal(size=(6, 3)), RNG.normal(size=(5, 3))) for _ in range(400)]
    assert np.mean(values) == pytest.approx(0.5, abs=0.03)


def test_wells_that_are_all_alike_are_not_told_apart():
    assert pair_auc(np.full((4, 3), 1 / 3), np.full((5, 3), 1 / 3)) == 0.5


ROLES = {
    "positive controls come first": (["negative_control", "positive_control", "treatment"], "positive controls"),
    "treated wells else": (["negative_control", "treatment", "treatment"], "treated wells"),
    "nothing without controls": (["treatment"] * 3, ""),
}


@pytest.mark.parametrize(("roles", "words"), ROLES.values(), ids=ROLES)
def test_what_is_told_apart_is_said(roles, words):
    n_wells = 9
    kind = np.repeat(roles, n_wells // 3)
    index = pd.DataFrame({"well": [f"A{number:02d}" for number in range(1, n_wells + 1)], "site": 0, "role": kind})
    logits = np.repeat(np.eye(3, dtype=np.float32) * 9, n_wells // 3, axis=0)
    found = control_separation(
        Predictions("P1", ("a", "b", "c"), logits, np.zeros((n_wells, 2), np.float32), logits, index, {})
    )
    assert found.between == (f"negative controls and {words}" if words else "")
    assert (found.value == 1.0) if words else np.isnan(found.value)
