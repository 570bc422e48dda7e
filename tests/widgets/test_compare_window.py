"""Two runs side by side: the words, the wells that changed, and a selection that is one in all views."""

from dataclasses import replace

import numpy as np
import pytest

from napari_ben.session import compare_pair, run_name
from napari_ben.session._runs import KEPT, add_run
from napari_ben.widgets._compare_window import CompareWindow, changes, pair_words


def named(predictions, title):
    return replace(predictions, run={**predictions.run, "method_title": title})


@pytest.fixture
def runs(plate, predict):
    """Two runs; the second says the second class everywhere."""
    before = named(predict(plate), "No adaptation")
    after = replace(named(before, "BEN"), logits=np.tile(np.float32([0, 9, 0]), (len(before), 1)))
    return before, after


@pytest.fixture
def window(qtbot, ready, runs, drain):
    plate = ready.state.plate
    ready._set(runs={(plate.path, plate.view): runs})
    ready.wanted.connect(lambda task: drain(ready, task))
    window = CompareWindow(ready)
    qtbot.addWidget(window)
    return window


def test_the_last_two_runs_are_compared(window, runs):
    assert [side.runs.currentText().split(" · ")[0] for side in window.sides] == ["No adaptation", "BEN"]
    n_changed = int((runs[0].wells["pred_class"] != "tubulin").sum())
    assert window.summary.text().startswith(f"{n_changed} wells of 12 changed class. No well's class is known")
    header = [window.runs.table.horizontalHeaderItem(column).text() for column in range(5)]
    assert header == ["Run", "Right (95 %)", "actin", "tubulin", "DMSO"]
    assert [window.runs.table.item(row, 0).text() for row in range(2)] == ["No adaptation", "BEN"]
    assert [window.runs.table.item(1, column).text() for column in range(1, 5)] == ["unknown", "0", "12", "0"]


def test_other_runs_can_be_chosen(window):
    window.sides[1].runs.setCurrentIndex(0)
    window.sides[1].runs.activated.emit(0)
    assert "0 wells of 12 changed class" in window.summary.text()


def test_both_embeddings_have_one_frame(window):
    frames = [side.embedding.canvas.data.frame for side in window.sides]
    np.testing.assert_array_equal(*frames)
    assert frames[0] is not None


def test_a_selection_is_one_in_all_views(window, ready):
    window.grid.selection_changed.emit(("A01", "B02"))
    assert ready.state.selected == ("A01", "B02")
    assert [len(side.embedding.selection()) for side in window.sides] == [4, 4]
    window.sides[0].embedding.selection_changed.emit(np.array([0, 1]))
    assert ready.state.selected == ("A01",)
    assert window.grid.selection() == ("A01",)


def test_a_known_class_tells_how_right_both_are(plate, runs):
    truth = ["tubulin"] * len(runs[0])
    known = [replace(run, index=run.index.assign(moa=truth, role="treatment")) for run in runs]
    pair = compare_pair(*known)
    assert pair.accuracies[1].value == 1.0
    assert "→ 100.0% of 12 wells" in pair_words(pair)


def test_unchanged_wells_stay_neutral(plate, runs):
    pair = compare_pair(*runs)
    looks = changes(plate, pair, {"actin": "#111111", "tubulin": "#222222", "DMSO": "#333333"}).wells
    assert {look.fill for well, look in looks.items() if well in pair.changed.index} == {"#222222"}
    assert {look.fill for well, look in looks.items() if well not in pair.changed.index} <= {""}


def test_runs_of_other_embeddings_have_axes_of_their_own(runs):
    pair = compare_pair(runs[0], replace(runs[1], embeddings=np.random.default_rng(2).normal(size=(24, 7))))
    assert not pair.shares_axes
    assert [xy.shape for xy in pair.places] == [(24, 2), (24, 2)]


def test_a_run_made_the_same_way_takes_the_place_of_the_older(runs):
    again = named(runs[0], "No adaptation")
    assert add_run(runs, again) == (runs[1], again)
    many = ()
    for number in range(KEPT + 3):
        many = add_run(many, named(runs[0], f"method {number}"))
    assert len(many) == KEPT


def test_a_run_is_named_by_how_it_was_made(runs):
    run = {"method_title": "CS-ARM-BN", "context": {"text": "controls"}, "control_weight": 0.67, "model": {"name": "m"}}
    assert run_name(replace(runs[0], run=run)) == "CS-ARM-BN · controls · controls 67 % · m"


def test_all_runs_are_in_the_table_with_the_model_where_it_tells_them_apart(runs):
    other = replace(runs[1], run={**runs[1].run, "model": {"name": "mine"}})
    table = compare_pair(*runs, (*runs, other)).table
    assert table["name"].tolist() == ["No adaptation · ", "BEN · ", "BEN · mine"]
    assert table[["actin", "tubulin", "DMSO"]].sum(axis=1).tolist() == [12, 12, 12]


def test_embeddings_aligned_otherwise_have_axes_of_their_own(runs):
    aligned = replace(runs[1], run={**runs[1].run, "alignment": {"name": "coral"}})
    assert not compare_pair(runs[0], aligned).shares_axes
    assert compare_pair(aligned, aligned).shares_axes


def test_an_alignment_is_asked_for_shown_and_stopped(window, ready, monkeypatch):
    asked = []
    monkeypatch.setattr(ready, "align", asked.append)
    window.align.button.click()
    assert asked == ["tvn-csarmbn"]
    ready._set(aligning="Running without adaptation: 3 of 12 wells")
    assert window.align.busy.text() == "Running without adaptation: 3 of 12 wells"
    assert window.align.button.text() == "Stop"
    window.align.button.click()
    assert ready.state.aligning == ""
    assert window.align.button.text() == "Align"
