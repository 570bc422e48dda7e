"""The trust window: what it says when nothing is known, what it shows when something is, one selection everywhere."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import Qt

from napari_ben.session import CONTEXT_DRIFT, STABILITY, Drift, Stability, Trust, WellEffects
from napari_ben.session._trust import Trusting, run_key
from napari_ben.widgets._looks import colour_columns, fill
from napari_ben.widgets._trust_plot import LayerLine, LayerPlot
from napari_ben.widgets._trust_rows import layer_lines, layer_words, plate_rows
from napari_ben.widgets._trust_window import TrustWindow

LAYERS = ("bn1", "bn2", "bn3")


def make_trust(wells) -> Trust:
    """Twelve wells of which B02 is loose, and C04 moves the statistics most."""
    share = pd.Series(1.0, index=wells)
    share["B02"] = 0.4
    steady = pd.DataFrame({"pred_class": "actin", "stability": share, "alternative": ""}, index=wells)
    steady.loc["B02", "alternative"] = "tubulin"
    order = ["C04", *(well for well in wells if well != "C04")]
    influence = pd.DataFrame({"influence": 0.01, "times_typical": 1.0, "layer": "bn2"}, index=order)
    influence.loc["C04", ["influence", "times_typical"]] = 0.05, 5.0
    edge = pd.DataFrame({"distance": [0.1, 0.2, 0.4]}, index=pd.Index(LAYERS, name="layer"))
    plates = pd.DataFrame(
        {"from_training": [0.9, 0.2], "from_this": [0.0, 0.7], "is_of_training": [False, True]}, index=["P1", "T1"]
    )
    layers = pd.DataFrame({"plate": ["P1"] * 3 + ["T1"] * 3, "layer": LAYERS * 2, "distance": [1, 0.5, 0.2] * 2})
    return Trust(Stability(steady, 10), Drift(layers, plates), WellEffects(influence, edge, np.array([0.1, 0.2])))


@pytest.fixture
def after_run(ready, plate, predict):
    """A session after a run of BEN, nothing known about it."""
    run = replace(predict(plate), run={"config": {"method": "ben"}, "method_title": "BEN", "plate": {"wells": {}}})
    ready._set(results={(plate.path, plate.view): run})
    return ready


@pytest.fixture
def known(after_run, plate):
    """The same session when all is known."""
    key = run_key(plate.path, plate.view, after_run.state.predictions)
    after_run._set(trust={key: make_trust(list(plate.wells.index))})
    return after_run


@pytest.fixture
def open_window(qtbot):
    def show(session):
        window = TrustWindow(session)
        qtbot.addWidget(window)
        return window

    return show


def test_before_a_run_it_says_what_comes_first(open_window, ready):
    window = open_window(ready)
    assert window.stack.currentWidget() is window.refusal
    assert window.refusal.text().startswith("Run a model on this plate first")
    assert not window.parts.button("stability").isEnabled()


def test_each_part_says_what_it_would_find_out(open_window, after_run):
    window = open_window(after_run)
    assert window.plate.text() == "P1"
    assert window.run.text().startswith("BEN")
    assert "drawn anew" in window.pages["stability"].words.text()
    assert "taken out" in window.pages["wells"].words.text()
    assert window.pages["stability"].wells.list.rowCount() == 0
    assert not window.progress.isVisibleTo(window)


def test_the_loosest_well_comes_first_and_has_another_colour(open_window, known):
    page = open_window(known).pages["stability"]
    assert [page.wells.list.item(0, column).text() for column in range(4)] == ["B02", "actin", "40 %", "tubulin"]
    looks = page.wells.grid.data.wells
    assert looks["B02"].fill != looks["A01"].fill
    assert looks["B02"].tooltip == "B02\nClass: actin\nKept: 40 %\nOtherwise: tubulin"
    assert page.words.text().startswith("11 of 12 wells keep their class in all 10 resamples")


def test_the_well_that_moves_the_statistics_most_is_named(open_window, known):
    page = open_window(known).pages["wells"]
    assert "C04 moves the statistics more than 3 times as far" in page.words.text()
    assert page.wells.list.item(0, 0).text() == "C04"


def test_drift_has_a_line_for_each_plate_and_for_the_edge(open_window, known):
    window = open_window(known)
    window.show_part("drift")
    page = window.pages["drift"]
    assert window.stack.currentWidget() is page
    assert [line.kind for line in page.plot.lines] == ["training", "edge", "this"]
    assert "further than is usual (1 plate of the training run here: 0.20)" in page.words.text()
    assert "the edge differs" in page.edge.text()
    page.plot.point_at(1)
    assert page.layer.text() == "Layer 2 of 3, bn2 · 0.50 from the training · edge and inside 0.20 apart"
    assert not page.measure.isVisibleTo(page)
    assert page.plates.item(1, 3).text() == "of the training"


def test_a_selection_is_one_in_all_views(open_window, known, qtbot):
    window = open_window(known)
    window.pages["stability"].wells.grid.selection_changed.emit(("A01", "B02"))
    assert known.state.selected == ("A01", "B02")
    chosen = window.pages["wells"].wells.list.selectionModel().selectedRows()
    assert sorted(index.data() for index in chosen) == ["A01", "B02"]
    window.pages["wells"].wells.list.selectRow(0)
    assert known.state.selected == ("C04",)
    assert window.pages["stability"].wells.grid.selection() == ("C04",)


def test_selected_wells_are_left_out_and_taken_in_again(open_window, known):
    window = open_window(known)
    page = window.pages["wells"]
    assert not page.leave_out.isEnabled()
    known.select(["C04"])
    page.leave_out.click()
    assert known.state.plate.wells.at["C04", "excluded"]
    assert page.wells.grid.data.wells["C04"].letter == "×"
    assert page.leave_out.text() == "Take these in again"
    assert page.words.text().endswith("1 well of this run is left out by now: press Run to see what that changes.")
    page.leave_out.click()
    assert not known.state.plate.wells.at["C04", "excluded"]
    assert "left out by now" not in page.words.text()


def test_a_study_shows_how_far_it_is_and_can_be_cancelled(open_window, after_run):
    window, unwanted = open_window(after_run), []
    after_run.unwanted.connect(unwanted.append)
    after_run._set(trusting=Trusting("stability", "running", share=0.0, lap=2, n_laps=10))
    assert window.progress.isVisibleTo(window)
    assert window.progress.format() == "Resampling the context · 3 of 10"
    assert not window.pages["stability"].run.isEnabled()
    window.cancel.click()
    assert unwanted == ["trust"]
    assert not window.cancel.isEnabled()


def test_a_refusal_stands_in_the_window(open_window, after_run):
    window = open_window(after_run)
    window.pages["stability"].run.click()
    assert "This run was made with another model, which is not loaded now." in window.notice.text()


def test_a_closed_window_listens_no_longer(open_window, after_run):
    window = open_window(after_run)
    window.reject()
    after_run.select(["A01"])
    assert window.pages["stability"].wells.grid.selection() == ()


def test_what_is_known_can_colour_the_plate(known, after_run):
    state = known.state
    colours = fill(state, STABILITY)
    assert (colours.legend.low, colours.legend.high) == (0.4, 1.0)
    assert fill(state, CONTEXT_DRIFT).legend.high == 0.05
    columns = colour_columns(state.plate, state.predictions, known=(STABILITY, CONTEXT_DRIFT))
    assert {STABILITY, CONTEXT_DRIFT} < set(columns)


def test_arrow_keys_walk_over_the_layers(qtbot):
    plot = LayerPlot()
    qtbot.addWidget(plot)
    plot.set_lines([LayerLine("this", "P1", (0.1, 0.2, 0.3))])
    seen = []
    plot.pointed.connect(seen.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Left):
        qtbot.keyClick(plot, key)
    assert seen == [0, 1, 0]
    qtbot.keyClick(plot, Qt.Key.Key_End)
    assert seen == [0, 1, 0]
    plot.resize(300, 200)
    assert not plot.grab().isNull()


def test_nothing_to_compare_with_leaves_no_line():
    plates = pd.DataFrame({"from_training": [np.nan], "from_this": [0.0], "is_of_training": [False]}, index=["P1"])
    drift = Drift(pd.DataFrame(columns=["plate", "layer", "distance"]), plates, "nothing to compare with")
    assert layer_lines(drift, None) == []
    assert layer_words(0, drift, None) == ""
    assert plate_rows(drift) == [("P1", "unknown", "this plate", "")]
