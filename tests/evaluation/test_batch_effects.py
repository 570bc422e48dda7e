import math

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances

from napari_ben.errors import ArgumentError
from napari_ben.evaluation import _batch_effects as module
from napari_ben.evaluation import control_distance, plate_predictability, replicate_precision, replicate_refusal

needs_copairs = pytest.mark.skipif(replicate_refusal() is not None, reason="the copairs extra is not installed")
Wells = tuple[np.ndarray, list[str], list[str]]


def make_controls(shift: float, n_wells: int = 20) -> Wells:
    random = np.random.default_rng(1)
    plates = [f"P{plate}" for plate in range(3) for _ in range(n_wells)]
    offsets = {name: shift * random.normal(size=5) for name in sorted(set(plates))}
    values = np.stack([offsets[name] + random.normal(size=5) for name in plates])
    return values, plates, [f"A{well:02d}" for well in range(n_wells)] * 3


def test_plates_that_differ_are_named_and_others_are_not() -> None:
    assert plate_predictability(*make_controls(10)).value == 1
    even = plate_predictability(*make_controls(0))
    assert even.low < 1 / 3 < even.high
    assert even.n == 60


def test_a_position_is_in_one_fold_on_all_plates() -> None:
    values, plates, wells = make_controls(0)
    by_position = {well: np.random.default_rng(number).normal(size=5) * 50 for number, well in enumerate(wells)}
    placed = values + np.stack([by_position[well] for well in wells])
    assert plate_predictability(placed, plates, wells).value < 0.6


@pytest.mark.parametrize("n_plates", [0, 1])
def test_one_plate_has_nothing_to_predict(n_plates: int) -> None:
    values, plates, wells = make_controls(1)
    keep = [plate in {f"P{n}" for n in range(n_plates)} for plate in plates]
    chosen = [[item for item, is_kept in zip(items, keep, strict=True) if is_kept] for items in (plates, wells)]
    assert math.isnan(plate_predictability(values[keep], *chosen).value)
    assert math.isnan(control_distance(values[keep], chosen[0]))


def test_distance_agrees_with_a_direct_count() -> None:
    values, plates, _ = make_controls(2)
    names = np.array(plates)
    squares = pairwise_distances(values) ** 2
    same = names[:, None] == names
    expected = math.sqrt(squares[~same].mean() / squares[same & ~np.eye(60, dtype=bool)].mean())
    assert control_distance(values, plates) == pytest.approx(expected)
    assert control_distance(make_controls(0)[0], plates) == pytest.approx(1, abs=0.05)


@needs_copairs
def test_replicates_are_found_across_plates() -> None:
    random = np.random.default_rng(0)
    treatments = [name for _ in range(3) for name in "abcdef"]
    plates = [f"P{plate}" for plate in range(3) for _ in "abcdef"]
    profiles = {name: random.normal(size=20) for name in "abcde"}
    values = np.stack(
        [profiles.get(name, random.normal(size=20)) + 0.1 * random.normal(size=20) for name in treatments]
    )
    table = replicate_precision(values, plates, treatments)
    scores = table.set_index("treatment")["mean_average_precision"]
    assert scores.index.tolist() == list("abcdef")
    assert scores[list("abcde")].to_numpy() == pytest.approx(1)
    assert scores["f"] < 1


@needs_copairs
def test_treatments_on_one_plate_have_no_replicates() -> None:
    assert replicate_precision(np.eye(4), ["P1"] * 4, list("aabb")).empty


def test_absence_of_copairs_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(ArgumentError, match="copairs is not installed"):
        replicate_precision(np.eye(2), ["P1", "P2"], ["a", "a"])
