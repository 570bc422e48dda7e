"""From a session's facts to what the grid and the scatter show."""

from dataclasses import replace

import numpy as np
import pytest

from napari_ben.results import class_colours
from napari_ben.widgets import _looks
from napari_ben.widgets._legend_data import ColourScale
from napari_ben.widgets._looks import CHANGED, CONFIDENCE, PREDICTED, colour_columns, fill, grid_data, meanings
from napari_ben.widgets._palette import ROLE_COLOURS
from napari_ben.widgets._points import field_row, point_words, points, points_of, shown_layout, wells_of


@pytest.fixture
def mapped(plate):
    """The plate with a platemap: a treatment, a dose, and columns that say nothing."""
    wells = plate.wells.copy()
    wells["treatment"] = ["DMSO"] * 4 + ["taxol"] * 8
    wells["dose"] = [""] * 4 + [str(0.1 * number) for number in range(8)]
    wells["barcode"] = "P1"
    return replace(plate, wells=wells)


@pytest.fixture
def predicted(ready, mapped, predict):
    """A state with predictions and a layout for half of the wells."""
    half = predict(mapped, list(mapped.wells.index[:6]), complete=False)
    half = half.with_layout("PCA", np.arange(24, dtype=float).reshape(12, 2))
    return replace(ready.state, plate=mapped, results={(mapped.path, mapped.view): half})


def test_columns_that_tell_wells_apart_are_offered(mapped, predicted):
    assert colour_columns(mapped, None) == ("role", "treatment", "dose")
    of_the_run = (PREDICTED, CONFIDENCE, "P(actin)", "P(tubulin)", "P(DMSO)")
    assert colour_columns(mapped, predicted.predictions)[-5:] == of_the_run


def test_the_columns_of_a_plate_are_looked_at_once(mapped, predicted, monkeypatch):
    asked = []
    tells_apart = _looks._tells_apart
    monkeypatch.setattr(_looks, "_tells_apart", lambda column: asked.append(column.name) or tells_apart(column))
    other = replace(mapped)
    for predictions in (None, predicted.predictions, predicted.predictions):
        colour_columns(other, predictions)
    assert asked.count("dose") == 1
    assert len(asked) == len(set(asked))


def test_role_fills_in_its_colours_with_counts(predicted):
    colours = fill(predicted, "role")
    assert colours.colours["A01"] == ROLE_COLOURS["negative_control"]
    assert [(entry.label, entry.count) for entry in colours.legend] == [("treatment", 8), ("negative control", 4)]


def test_numbers_fill_on_a_scale_and_missing_ones_stay_blank(predicted):
    colours = fill(predicted, "dose")
    assert isinstance(colours.legend, ColourScale)
    assert (colours.legend.low, colours.legend.high) == (0.0, pytest.approx(0.7))
    assert "A01" not in colours.colours
    assert colours.colours["B01"] != colours.colours["C04"]


def test_a_column_that_is_gone_falls_back_to_role(predicted):
    assert fill(predicted, "nonsense").groups["A01"] == "negative control"


def test_classes_have_the_colours_of_the_figures(predicted):
    colours = fill(predicted, PREDICTED)
    palette = class_colours(predicted.predictions.classes)
    well, name = next(iter(predicted.predictions.wells["pred_class"].items()))
    assert colours.colours[well] == palette[name]


@pytest.mark.parametrize("column", [CONFIDENCE, "P(actin)"])
def test_probabilities_fill_on_one_scale_from_0_to_1(predicted, column):
    legend = fill(predicted, column).legend
    assert (legend.low, legend.high) == (0.0, 1.0)


def test_the_grid_shows_four_meanings_in_four_channels(ready, predicted):
    data = grid_data(predicted, ready.resolution, fill(predicted, "role"))
    control, treated, waiting = data.wells["A01"], data.wells["B01"], data.wells["C04"]
    assert control.in_context
    assert not treated.in_context
    assert treated.prediction
    assert treated.predicted in predicted.predictions.classes
    assert not waiting.prediction
    assert treated.tooltip.splitlines()[:3] == ["B01", "taxol · 0.0", "treatment · 2 fields"]
    assert "in the context" in control.tooltip


def test_meanings_name_what_is_there():
    entries = meanings(has_context=True, has_selection=False, classes=("a", "b"), counts={"b": 3})
    found = [(entry.label, entry.mark, entry.count) for entry in entries]
    assert found == [("context", "hatch", None), ("b", "disc", 3)]


def test_points_are_fields_and_follow_the_selection(predicted):
    data = points(predicted)
    assert len(data) == 12
    assert data.title == "PCA"
    assert data.in_context.sum() == 8
    chosen = points_of(predicted.predictions, ("B01",))
    assert chosen.tolist() == [8, 9]
    assert wells_of(predicted.predictions, chosen) == ("B01",)
    assert field_row(predicted.plate, predicted.predictions, 9) == 9
    assert point_words(predicted.predictions, 9).startswith("B01 · field 2\ntaxol\n")


def test_the_layout_that_is_there_stands_in_for_the_one_asked_for(ready, predicted):
    assert shown_layout(predicted) == "PCA"
    assert shown_layout(ready.state) == ""
    assert len(points(ready.state)) == 0


@pytest.fixture
def twice(ready, plate, predict):
    """A state with two runs, the later of which says something else about the first two wells."""
    before = predict(plate)
    logits = before.logits.copy()
    rows = before.index["well"].isin(["A01", "A02"]).to_numpy()
    logits[rows] = np.roll(logits[rows], 1, axis=1)
    after, key = replace(before, logits=logits), (plate.path, plate.view)
    return replace(ready.state, colour_by=CHANGED, results={key: after}, runs={key: (before, after)})


def test_a_change_of_class_fills_the_wells_that_changed(twice, ready):
    colours = fill(twice, CHANGED)
    now = twice.predictions.wells["pred_class"]
    assert colours.groups == {well: now[well] for well in ("A01", "A02")}
    assert set(colours.colours.values()) <= set(class_colours(twice.predictions.classes).values())
    assert sum(entry.count for entry in colours.legend) == 2
    wells = grid_data(twice, ready.resolution, colours).wells
    was = twice.shown_runs[0].wells["pred_class"]
    assert f"{was['A01']} in the run before" in wells["A01"].tooltip.splitlines()
    assert "in the run before" not in wells["A03"].tooltip
    assert wells["A03"].fill == ""


def test_no_change_of_class_is_said_in_the_legend(twice):
    (run, _), key = twice.shown_runs, (twice.plate.path, twice.plate.view)
    same = replace(twice, results={key: replace(run, logits=run.logits.copy())}, runs={key: (run,)})
    assert [entry.label for entry in fill(same, CHANGED).legend] == ["no well changed class"]
