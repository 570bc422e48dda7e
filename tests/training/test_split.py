"""What validates never trains, and what leaks is said."""

from dataclasses import replace

import numpy as np
import pytest

from napari_ben.errors import ArgumentError
from napari_ben.training import TrainingConfig, TrainingData, describe_split, hold_out

from .conftest import make_data


@pytest.fixture
def screen() -> TrainingData:
    """Four plates of two experiments."""
    return replace(make_data(n_plates=4), experiments=("X", "X", "Y", "Y"))


def sides(data: TrainingData, held: np.ndarray, column: np.ndarray) -> tuple[set, set]:
    return set(column[held & data.is_labelled]), set(column[~held & data.is_labelled])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("by", "share", "n_units"), [("plate", 0.3, 1), ("plate", 0.5, 2), ("experiment", 0.5, 1), ("position", 0.25, 2)]
)
def test_whole_units_are_held_out(screen: TrainingData, by: str, share: float, n_units: int, seed: int):
    held = hold_out(screen, TrainingConfig(validation_by=by, validation_share=share, seed=seed))
    names = {"plate": screen.plate_names, "experiment": screen.experiments}
    column = screen.wells if by == "position" else np.array(names[by])[screen.plates]
    validates, trains = sides(screen, held, column)
    assert len(validates) == n_units
    assert not validates & trains


def test_whole_wells_are_held_out_and_never_a_whole_class(data: TrainingData):
    held = hold_out(data, TrainingConfig(validation_by="well", validation_share=0.9))
    for plate in range(2):
        here = data.plates == plate
        for label in (0, 1):
            wells = here & (data.labels == label)
            assert 0 < (held & wells).sum() < wells.sum()
    assert not (held & data.is_control).any()


def test_nothing_is_held_out_unless_asked(data: TrainingData):
    assert not hold_out(data, TrainingConfig()).any()


def test_plates_are_held_out_with_their_controls(data: TrainingData):
    held = hold_out(data, TrainingConfig(validation_plates=("plate-1",)))
    np.testing.assert_array_equal(held, data.plates == 1)


def test_wells_of_a_training_plate_are_held_out_only_where_asked():
    assert TrainingConfig(validation_share=0.2).validation_by == "plate"


@pytest.mark.parametrize(
    ("by", "n_plates", "words"),
    [("plate", 1, "There is one plate with labels"), ("experiment", 2, "No experiments are known")],
)
def test_what_cannot_be_held_out_is_refused(by: str, n_plates: int, words: str):
    with pytest.raises(ArgumentError, match=words):
        hold_out(make_data(n_plates=n_plates), TrainingConfig(validation_by=by, validation_share=0.5))


def leaks(data: TrainingData, **config: object) -> str:
    return " ".join(describe_split(data, hold_out(data, TrainingConfig(**config))).leaks)


def test_a_plate_on_both_sides_is_named(screen: TrainingData):
    found = leaks(screen, validation_by="well", validation_share=0.4)
    assert "4 plates on both sides (plate-0, plate-1, plate-2, plate-3)" in found


def test_an_experiment_on_both_sides_is_named(screen: TrainingData):
    assert "1 experiment on both sides (X)." in leaks(screen, validation_plates=("plate-0",))


def test_a_position_that_gives_the_class_away_is_named(screen: TrainingData):
    found = leaks(screen, validation_by="experiment", validation_share=0.5)
    assert found.startswith("The well position alone names the class of 100% of the held-out wells")
    assert "(the most frequent class: 50%)" in found
    labels = np.where(screen.is_labelled & (screen.plates >= 2), 1 - screen.labels, screen.labels)
    assert leaks(replace(screen, labels=labels), validation_plates=("plate-2", "plate-3")) == ""


@pytest.mark.parametrize("seed", range(5))
def test_a_layout_drawn_for_each_plate_gives_nothing_away(seed: int):
    data = make_data(n_plates=12, n_wells=40, size=4)
    rng, labels = np.random.default_rng(seed), data.labels.copy()
    for plate in range(12):
        rows = np.flatnonzero((data.plates == plate) & data.is_labelled)
        labels[rows] = rng.permutation(labels[rows])
    shuffled = replace(data, labels=labels)
    assert leaks(shuffled, validation_plates=("plate-2", "plate-3", "plate-4")) == ""


def test_the_split_is_told_in_words(screen: TrainingData):
    held = hold_out(screen, TrainingConfig(validation_plates=("plate-3",)))
    assert describe_split(screen, held).sizes == (
        "Trains on 3 plates of 2 experiments (plate-0, plate-1, plate-2), 24 wells, 24 images.",
        "Validates on 1 plate of 1 experiment (plate-3), 8 wells, 8 images.",
    )
    assert str(describe_split(screen, np.zeros(len(screen), bool))).count("\n") == 0


def test_the_split_names_the_side_of_every_well_with_a_label(screen: TrainingData):
    held = hold_out(screen, TrainingConfig(validation_by="position", validation_share=0.25))
    sides = describe_split(screen, held).sides
    assert set(sides) == set(screen.plate_names)
    for plate, wells in sides.items():
        rows = (screen.plates == screen.plate_names.index(plate)) & screen.is_labelled
        assert set(wells) == set(screen.wells[rows])
        assert {well for well, side in wells.items() if side == "held out"} == set(screen.wells[rows & held])
