"""A whole screen while someone watches: plate after plate, cancelled, gone on with, and shown from its folder."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from napari_ben.models import ModelCard, Scaling, Tiling, TrainingRecord, build_network, to_model
from napari_ben.plates import Screen
from napari_ben.session import STOP, ScreenRun, Session, SessionState, screen_line, screen_rows, usual_workers
from napari_ben.session._arrivals import on_result
from napari_ben.workflow import PlateOutcome, ScreenStep


@pytest.fixture
def small():
    """A real small network for the plate's channels."""
    network = build_network("resnet10", 2, 2, seed=1, width=8)
    card = ModelCard(
        name="small", architecture="resnet10", options={"width": 8}, channels=("DNA", "Mito"), classes=("a", "b"),
        scaling=Scaling(kind="image"), tiling=Tiling(size=(16, 16)), embedding_size=network.embedding_size,
        training=TrainingRecord(method="cs-arm-bn"),
    )  # fmt: skip
    return to_model(network, card)


def screen_of(*plates):
    index = pd.Index([plate.name for plate in plates], name="plate")
    return Screen("study", Path("study"), plates, pd.DataFrame({"experiment": ["e"] * len(plates)}, index=index))


@pytest.fixture
def session(plate, small):
    """A screen of two plates; the second is shown."""
    plates = [replace(plate, name=name, path=Path(name)) for name in ("P1", "P2")]
    session = Session(SessionState(screen=screen_of(*plates), plate=plates[1], model=small, source=Path("study")))
    session.choose_method("ben")
    session.choose_context("plate")
    return session


def standings(session):
    return {row.plate: row.standing for row in screen_rows(session.state)}


def test_every_plate_is_predicted_into_the_folder_and_the_shown_one_is_shown(session, drain, wanted, tmp_path):
    todo, seen = wanted(session), []
    session.changed.connect(lambda state, _old: seen.append([row.standing for row in screen_rows(state)]))
    session.run_screen(tmp_path / "out")
    drain(session, todo[0])
    assert standings(session) == {"P1": "done", "P2": "done"}
    assert ["running", "idle"] in seen
    assert ["done", "running"] in seen
    row = screen_rows(session.state)[0]
    assert row.scores.separation_between == "negative controls and treated wells"
    assert row.scores.drift > 0
    assert "2 predicted" in session.state.notices["screen"].problem
    assert len(pd.read_csv(tmp_path / "out/plates.csv")) == 2
    recall = next(task for task in todo if task.lane == "recall")
    drain(session, recall)
    assert session.state.predictions.plate_name == "P2"
    assert session.state.shown_runs == (session.state.predictions,)
    assert todo[-1].lane == "layout"


def test_a_plate_that_is_opened_later_is_shown_with_its_results(session, drain, wanted, tmp_path):
    todo = wanted(session)
    session.run_screen(tmp_path / "out")
    drain(session, todo[0])
    session.show_plate("P1")
    drain(session, next(task for task in todo if task.lane == "plate"))
    drain(session, [task for task in todo if task.lane == "recall"][-1])
    written = pd.read_csv(tmp_path / "out/P1/wells.csv", keep_default_na=False)
    shown = session.state.predictions
    assert shown.wells["pred_class"].tolist() == written["pred_class"].tolist()
    assert shown.statistics is not None


def cancelled(session, todo, tmp_path):
    """Run, and cancel when the first plate has ended."""
    session.run_screen(tmp_path / "out")
    task, answer = todo[-1], None
    try:
        while True:
            session.receive(task, task.work.send(answer))
            if session.state.screen_run.outcomes:
                session.stop_screen()
                answer = STOP
    except StopIteration as stopped:
        session.finish(task, stopped.value)


def test_a_cancel_keeps_finished_plates_and_a_rerun_skips_them(session, drain, wanted, tmp_path, monkeypatch):
    todo = wanted(session)
    cancelled(session, todo, tmp_path)
    assert standings(session) == {"P1": "done", "P2": "idle"}
    assert session.state.notices["screen"].problem.startswith("Stopped: 1 predicted.")
    assert not session.state.screen_run.is_busy
    built = []
    network = type(session.state.model).network
    monkeypatch.setattr(type(session.state.model), "network", lambda model: built.append(1) or network(model))
    session.run_screen(tmp_path / "out")
    drain(session, todo[-1])
    assert [outcome.status for outcome in session.state.screen_run.outcomes.values()] == ["skipped", "predicted"]
    assert len(built) == 2  # one run, and one look at the training's statistics
    assert "1 finished before, 1 predicted" in session.state.notices["screen"].problem


def test_a_folder_tells_what_is_finished_before_a_run(session, drain, wanted, tmp_path):
    todo = wanted(session)
    cancelled(session, todo, tmp_path)
    session.survey_screen(tmp_path / "empty")
    drain(session, todo[-1])
    assert standings(session) == {"P1": "idle", "P2": "idle"}
    session.survey_screen(tmp_path / "out")
    drain(session, todo[-1])
    assert standings(session) == {"P1": "done", "P2": "idle"}
    assert screen_rows(session.state)[0].words == "done before"
    assert not (tmp_path / "empty").exists()


def test_a_plate_that_fails_does_not_stop_the_other(session, drain, wanted, tmp_path):
    todo = wanted(session)
    first, second = session.state.screen.plates
    odd = replace(first, channels=("DNA", "other"))
    session._set(screen=screen_of(odd, second))
    session.run_screen(tmp_path / "out")
    drain(session, todo[0])
    assert standings(session) == {"P1": "failed", "P2": "done"}
    row = screen_rows(session.state)[0]
    assert "Mito" in row.words
    assert row.problems


def test_without_a_model_it_is_said_what_is_missing(session, wanted, tmp_path):
    todo = wanted(session)
    session._set(model=None)
    session.run_screen(tmp_path / "out")
    assert todo == []
    assert session.state.notices["screen"].problem == "No model is chosen yet."


def test_another_folder_waits_until_the_screen_is_done(session, wanted, tmp_path):
    todo = wanted(session)
    session.run_screen(tmp_path / "out")
    session.open(tmp_path)
    session.run_screen(tmp_path / "out")
    assert [task.lane for task in todo] == ["screen"]
    assert "plates of the screen" in session.state.notices["plate"].problem


def test_the_time_that_is_left_is_said_once_a_plate_is_done():
    ended = {"P1": ScreenStep(1, 3, "P1", outcome=PlateOutcome("P1", "predicted", Path("P1")))}
    run = ScreenRun("running", Path("out"), ended, started=100.0)
    assert screen_line(run, 3, now=130.0) == "1 of 3 plates · 60 s left"
    assert screen_line(replace(run, phase="idle"), 3, now=130.0) == "1 of 3 plates"
    assert screen_line(replace(run, phase="cancelling"), 3) == "Cancelling… 1 of 3 plates done"


@pytest.mark.parametrize(
    ("cores", "device", "expected"), [(2, "CPU", None), (16, "CPU", 4), (4, "CPU", 2), (16, "GPU: x", None)]
)
def test_workers_are_offered_where_there_are_cores_for_them(cores, device, expected):
    pytest.importorskip("distributed", reason="distributed is an extra")
    assert usual_workers(24, device, cores) == expected


def test_results_of_another_plate_are_not_taken_for_those_of_the_shown_one(session, predict, plate):
    late = predict(replace(plate, name="P9"))
    assert on_result(session.state, "recall", late) == session.state
