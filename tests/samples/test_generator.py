"""What the drawn plates promise: the same again, batches that differ, and no class in a single number."""

import numpy as np
import pandas as pd
import pytest

from napari_ben.samples import (
    MECHANISMS,
    TRAINING_EXPERIMENTS,
    ScreenDesign,
    draw_batch_effect,
    draw_field,
    plan_screen,
)
from napari_ben.samples._cells import draw_cells
from napari_ben.samples._phenotypes import BASELINE, TREATMENTS, draw_traits
from napari_ben.samples._plates import draw_layout

SMALL = ScreenDesign(in_domain=1, new_batch=1, other_lab=1, label_shift=1)


def test_the_same_seed_draws_the_same_pixels():
    first, second = (plan_screen(3, SMALL)[0] for _ in range(2))
    np.testing.assert_array_equal(draw_field(first, 5, 1, 64), draw_field(second, 5, 1, 64))
    pd.testing.assert_frame_equal(first.wells, second.wells)


def test_a_field_is_drawn_alike_whatever_was_drawn_before():
    plate = plan_screen(3, SMALL)[0]
    draw_field(plate, 0, 0, 64)
    later = draw_field(plate, 5, 0, 64)
    np.testing.assert_array_equal(later, draw_field(plan_screen(3, SMALL)[0], 5, 0, 64))


def test_seeds_share_nothing_but_the_training_experiments_batch_effects():
    one, other = plan_screen(3, SMALL), plan_screen(4, SMALL)
    assert {plate.name for plate in one}.isdisjoint(plate.name for plate in other)
    assert not np.array_equal(draw_field(one[0], 0, 0, 64), draw_field(other[0], 0, 0, 64))
    fixed = draw_batch_effect(TRAINING_EXPERIMENTS[0], "home", None)
    np.testing.assert_array_equal(fixed.gain, draw_batch_effect(TRAINING_EXPERIMENTS[0], "home", None).gain)
    away = [draw_batch_effect("AWAY", "other", seed).gain for seed in (1, 2)]
    assert not np.allclose(*away)


@pytest.mark.parametrize("seed", range(20))
def test_another_lab_is_always_far_from_home(seed: int):
    home = [draw_batch_effect(name, "home", None) for name in TRAINING_EXPERIMENTS]
    away = draw_batch_effect(f"AWAY-{seed}", "other", seed)
    assert (away.background > max(effect.background.max() for effect in home)).all()
    assert (np.abs(np.log(away.gain)) > 0.25).all()


@pytest.mark.parametrize("seed", range(8))
def test_every_plate_has_24_controls_and_every_treatment_thrice(seed: int):
    wells = draw_layout(np.random.default_rng(seed))
    controls = wells["role"] == "negative_control"
    assert controls.sum() == 24
    assert set(wells.loc[controls, "treatment"]) == {"DMSO"}
    assert wells.loc[~controls, "treatment"].value_counts().tolist() == [3] * len(TREATMENTS)
    assert wells.loc[~controls, "mechanism"].value_counts().to_dict() == dict.fromkeys(MECHANISMS, 9)
    assert wells["well"].is_unique


def test_controls_lie_in_columns_on_some_plates_and_scattered_on_others():
    layouts = [draw_layout(np.random.default_rng(seed)) for seed in range(20)]
    columns = {len(set(wells.loc[wells["role"] == "negative_control", "well"].str[1:])) for wells in layouts}
    assert 3 in columns
    assert max(columns) > 6


def test_a_label_shift_leaves_the_number_of_wells_alone():
    wells = draw_layout(np.random.default_rng(1), label_shift=0.1)
    counts = wells["mechanism"].value_counts()
    assert counts["DMSO"] == 24
    assert counts.drop("DMSO").max() > 27  # a plain layout has 9 of each


def test_fields_are_camera_counts_of_five_channels():
    image = draw_field(plan_screen(0, SMALL)[0], 0, 0, 128)
    assert image.shape == (5, 128, 128)
    assert image.dtype == np.uint16
    assert (image == 65535).mean() < 0.001
    assert (image.reshape(5, -1).std(axis=1) > 100).all()


def test_a_sparse_plate_has_no_empty_field():
    traits = BASELINE | {"density": 0.02}
    fields = [draw_cells(traits, 64, np.random.default_rng(seed)) for seed in range(10)]
    assert all(np.isfinite(field).all() for field in fields)


def _features(wells: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean, deviation and percentiles of every channel in a well of each treatment, over a few plates."""
    rows, labels = [], []
    for seed in range(wells):
        plate = plan_screen(seed, SMALL)[0]
        treated = plate.wells[plate.wells["concentration"] == 3.0]
        for index, mechanism in treated["mechanism"].items():
            image = draw_field(plate, int(index), 0, 128).reshape(5, -1)
            rows.append(np.concatenate([image.mean(1), image.std(1), *np.percentile(image, [5, 50, 95, 99], axis=1)]))
            labels.append(mechanism)
    return np.array(rows), np.unique(labels, return_inverse=True)[1]


def test_no_single_pixel_statistic_gives_the_class_away():
    features, labels = _features(16)
    train, test = slice(0, 288), slice(288, None)
    accuracies = []
    for values in features.T:
        bins = np.digitize(values, np.quantile(values[train], np.linspace(0, 1, 13)[1:-1]))
        table = [np.bincount(labels[train][bins[train] == k], minlength=8).argmax() for k in range(12)]
        accuracies.append(np.mean(np.array(table)[bins[test]] == labels[test]))
    assert max(accuracies) < 0.4  # chance is 0.125


def test_a_higher_dose_shifts_the_traits_further():
    still = np.random.default_rng(0)
    treatment = next(t for t in TREATMENTS if t.mechanism == "ER stress")
    low, high = (np.mean([draw_traits(treatment, dose, still)["er_reach"] for _ in range(200)]) for dose in (1.0, 10.0))
    assert high < low < BASELINE["er_reach"]
