"""One line for each step, in the words of the bench."""

from dataclasses import replace

import pytest

from napari_ben.session import (
    RunState,
    Session,
    SessionState,
    context_line,
    model_details,
    model_line,
    plate_details,
    plate_line,
    results_line,
    roles_line,
    run_line,
)


def test_a_session_that_has_just_begun_says_so():
    session = Session()
    assert plate_line(session.state) == "No plate yet"
    assert context_line(session.state, session.resolution) == ""
    assert model_line(session.state) == "No model yet"
    assert results_line(None) == "Nothing predicted yet"


def test_a_plate_is_counted_and_measured(ready, plate):
    assert plate_line(ready.state) == "12 wells · 24 fields · 2 channels"
    assert plate_details(plate) == "in memory · 12-well · 16×16 uint16 · 25 KB"
    assert roles_line(plate) == "8 treated · 4 negative controls"


def test_what_is_under_way_is_said(tmp_path):
    state = SessionState(opening=tmp_path / "BR1", loading="net")
    assert plate_line(state) == "Opening BR1 …"
    assert plate_line(replace(state, opening_note="Drawing: 3%")) == "Drawing: 3%"
    assert model_line(state) == "Loading net …"


def test_the_context_says_what_it_means_or_why_not(ready):
    assert context_line(ready.state, ready.resolution).startswith("4 wells, 8 images")
    ready.choose_method("none")
    assert context_line(ready.state, ready.resolution) == "not needed without adaptation"
    ready.choose_context("wells")
    assert context_line(ready.state, ready.resolution) == "no context"


def test_a_model_says_what_it_is(model, ready):
    assert model_line(ready.state) == "3 classes · trained with CS-ARM-BN on 2 plates"
    assert "Classes: actin, tubulin, DMSO" in model_details(model)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (RunState("running"), "Preparing the network …"),
        (RunState("running", "prediction", 1, 12), "1 of 12 wells"),
        (RunState("running", "prediction", 6, 12), "6 of 12 wells · 10 s left"),
        (RunState("running", "statistics", 30, 60, "images"), "Measuring the context: 30 of 60 images · 10 s left"),
        (RunState("cancelling", "prediction", 6, 12), "Cancelling… 6 of 12 wells done"),
    ],
)
def test_a_run_says_how_far_it_is(run, words):
    assert run_line(run, now=10.0) == words


def test_results_say_when_they_are_not_all(plate, predict):
    assert results_line(predict(plate, ["A01"], complete=False)) == "1 well · 2 fields · not finished"
    assert results_line(predict(plate), ("A01", "A02")) == "12 wells · 24 fields · 2 selected"
