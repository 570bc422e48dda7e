"""The story: wishes change the state, work comes back, stale answers are dropped."""

import json
from pathlib import Path

import pandas as pd
import pytest

from napari_ben.errors import DeviceError, PlateError
from napari_ben.models import ModelCard, Scaling, Tiling, build_network, load_model, to_model
from napari_ben.plates import Screen
from napari_ben.session import Session, SessionState, plate_of
from napari_ben.session import _tasks as tasks
from napari_ben.workflow import Progress, predict


def screen_of(plate):
    return Screen("P1", Path("P1"), (plate,), pd.DataFrame({"experiment": [""]}, index=[plate.name]))


@pytest.fixture
def on_disk(plate, monkeypatch):
    """Whatever folder is opened holds the plate; a folder named 'broken' does not."""

    def open_screen(path, **_):
        if path.name == "broken":
            raise PlateError("'broken' holds no image.", "Choose another folder.")
        return screen_of(plate)

    monkeypatch.setattr(tasks, "open_screen", open_screen)


@pytest.fixture
def fake_run(predict, monkeypatch):
    """A run of three steps, each of which finishes four wells, without a network."""

    def run_work(plan, _cache):
        wells = list(plan.wells)
        for done in (4, 8, 12):
            partial = predict(plan.plate, wells[:done], complete=False)
            progress = Progress(done, 12, "wells", "prediction")
            if (yield tasks.RunStep(progress, partial)):
                return partial
        return predict(plan.plate)

    monkeypatch.setattr(tasks, "run_work", run_work)


def taught_session(plate):
    """A session with a real small model, its run, two labelled wells of each class, and teaching asked for."""
    network = build_network("resnet10", 2, 2, seed=1, width=8)
    card = ModelCard(
        name="small", architecture="resnet10", options={"width": 8}, channels=("DNA", "Mito"), classes=("a", "b"),
        scaling=Scaling(kind="image"), tiling=Tiling(size=(16, 16)), embedding_size=network.embedding_size,
    )  # fmt: skip
    model = to_model(network, card)
    session, todo = Session(SessionState(plate=plate, model=model, source=Path("P1"))), []
    session.wanted.connect(todo.append)
    session._set(results={(plate.path, plate.view): predict(plate, model, method="ben")})
    session.label(["A01", "A02"], "round")
    session.label(["C01", "C02"], "spiky")
    session.teach()
    return session, todo


def test_opening_leaves_as_a_task_and_comes_back(on_disk, plate, drain, wanted):
    session = Session()
    todo = wanted(session)
    session.open(Path("P1"))
    assert session.state.opening == Path("P1")
    assert session.state.plate is None
    drain(session, todo[0])
    assert session.state.plate is plate
    assert session.state.opening is None
    assert [task.lane for task in todo] == ["plate"]


def test_the_overview_develops_field_by_field(on_disk, plate, drain, wanted):
    session = Session()
    todo, channels = wanted(session), []
    session.developed.connect(channels.append)
    session.open(Path("P1"))
    drain(session, todo[0])
    assert not session.state.picture.overviews[0].any()
    session.develop()
    drain(session, todo[1])
    assert session.state.picture.overviews[0].any()
    assert set(channels) == {(0, 1)}


def test_the_overview_of_the_plate_before_is_dropped(on_disk, drain, wanted):
    session = Session()
    todo, channels = wanted(session), []
    session.developed.connect(channels.append)
    session.open(Path("P1"))
    drain(session, todo[0])
    session.open(Path("P1"))
    session.develop()
    drain(session, todo[1])
    drain(session, todo[2])
    assert not channels


def test_a_folder_that_is_no_plate_is_said_in_words(on_disk, drain, wanted):
    session = Session()
    todo = wanted(session)
    session.open(Path("broken"))
    drain(session, todo[0])
    assert session.state.opening is None
    notice = session.state.notices["plate"]
    assert notice.problem == "'broken' holds no image."
    assert notice.remedy == "Choose another folder."


def test_a_slow_answer_never_overwrites_a_newer_question(on_disk, plate, drain, wanted):
    session = Session()
    todo = wanted(session)
    session.open(Path("broken"))
    session.open(Path("P1"))
    drain(session, todo[1])
    drain(session, todo[0])
    assert session.state.plate is plate
    assert "plate" not in session.state.notices


def test_a_plate_without_controls_asks_for_the_whole_plate(on_disk, plate, drain, wanted, monkeypatch):
    bare = plate.with_roles(dict.fromkeys(plate.wells.index, "treatment"))
    monkeypatch.setattr(tasks, "open_screen", lambda *_, **__: screen_of(bare))
    session = Session()
    todo = wanted(session)
    session.open(Path("P1"))
    drain(session, todo[0])
    assert session.state.choice.kind == "plate"
    assert session.state.method == "ben"


def test_a_run_shows_wells_as_they_come(fake_run, ready, drain, wanted):
    seen = []
    todo = wanted(ready)
    ready.changed.connect(lambda state, _old: seen.append((state.run.phase, state.run.done)))
    ready.run()
    drain(ready, todo[0])
    assert [done for phase, done in seen if phase == "running"] == [0, 4, 8, 12]
    assert ready.state.predictions.complete
    assert ready.state.run.phase == "idle"
    assert [task.lane for task in todo] == ["run", "layout"]


def test_a_step_that_comes_after_the_end_is_stale(fake_run, ready, predict, drain, wanted):
    todo = wanted(ready)
    ready.run()
    drain(ready, todo[0])
    late = tasks.RunStep(Progress(4, 12, "wells", "prediction"), predict(ready.state.plate, ["A01"], complete=False))
    ready.receive(todo[0], late)
    assert ready.state.predictions.complete


def test_finished_wells_survive_a_cancel(fake_run, ready, drain, wanted):
    todo, unwanted = wanted(ready), []
    ready.unwanted.connect(unwanted.append)
    ready.run()
    ready.cancel()
    assert ready.state.run.phase == "cancelling"
    assert "run" in unwanted
    drain(ready, todo[0], stop_after=2)
    assert ready.state.run.phase == "idle"
    assert not ready.state.predictions.complete
    assert ready.state.predictions.index["well"].nunique() == 8
    assert "8 wells" in ready.state.notices["method"].problem


def test_finished_wells_survive_a_failure(fake_run, ready, wanted):
    todo = wanted(ready)
    ready.run()
    ready.receive(todo[0], todo[0].work.send(None))
    ready.fail(todo[0], DeviceError("The GPU has no memory left.", "Use smaller chunks."))
    assert ready.state.predictions.index["well"].nunique() == 4
    assert ready.state.run.phase == "idle"
    assert ready.state.notices["method"].remedy == "Use smaller chunks."


def test_an_error_that_nobody_foresaw_is_reported_too(fake_run, ready, wanted):
    todo = wanted(ready)
    ready.run()
    ready.fail(todo[0], KeyError("well"))
    assert "KeyError" in ready.state.notices["method"].problem


def test_no_other_plate_is_opened_while_a_run_is_in_flight(fake_run, ready, wanted, plate):
    todo = wanted(ready)
    ready.run()
    ready.open(Path("other"))
    assert [task.lane for task in todo] == ["run"]
    assert "cancel it first" in ready.state.notices["plate"].remedy


def test_a_context_of_selected_wells_follows_the_selection_until_the_run(fake_run, ready, wanted):
    ready.choose_context("wells")
    ready.select(("B02", "B01", "Z99"))
    assert ready.state.selected == ("B01", "B02")
    assert ready.resolution.context.wells == ("B01", "B02")
    ready.run()
    ready.select(("C03",))
    assert ready.state.selected == ("C03",)
    assert ready.resolution.context.wells == ("B01", "B02")


def test_selecting_what_is_selected_announces_nothing(ready):
    ready.select(("B01",))
    heard = []
    ready.changed.connect(lambda *_: heard.append(1))
    ready.select(("B01",))
    assert not heard


def test_the_resolution_is_kept_until_a_wish_changes(ready):
    first = ready.resolution
    ready.select(("B01",))
    ready.colour_by("treatment")
    assert ready.resolution is first
    ready.choose_method("none")
    assert ready.resolution is not first


def test_a_corrected_channel_is_used(ready):
    ready.map_channel("DNA", "Mito")
    ready.map_channel("Mito", "DNA")
    assert ready.resolution.channels == (0, 1)


def test_a_corrected_role_changes_the_context(ready):
    ready.set_role(("B01",), "negative_control")
    assert "B01" in ready.resolution.context.wells


def test_another_weight_runs_again_what_was_predicted(fake_run, ready, drain, wanted):
    ready.choose_method("cs-arm-bn")
    todo = wanted(ready)
    ready.set_weight(0.3)
    assert ready.resolution.plan.weight == 0.3
    assert not todo
    ready.run()
    drain(ready, todo[0])
    ready.set_weight(0.3)
    ready.set_weight(0.8)
    assert [task.lane for task in todo].count("run") == 2
    assert ready.resolution.plan.weight == 0.8


def test_what_was_taught_is_shown_saved_and_replayed_with_its_model(plate, drain, wanted, tmp_path):
    session, todo = taught_session(plate)
    for task in todo:
        drain(session, task)
    state = session.state
    assert state.predictions.run["model"]["sha256"] == state.taught.model.sha256
    assert state.predictions.classes == ("round", "spiky")
    session.export(tmp_path / "run", ["csv"])
    drain(session, todo[-1])
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert load_model(record["model"]["path"]).sha256 == record["model"]["sha256"]
    session.save_taught(tmp_path / "taught.safetensors")
    drain(session, todo[-1])
    assert session.state.model.path == tmp_path / "taught.safetensors"
    assert session.state.model.card.classes == ("round", "spiky")


def test_teaching_without_two_classes_is_refused_in_words(plate, drain, wanted):
    session, todo = taught_session(plate)
    session.clear_labels()
    session.teach()
    drain(session, todo[-1])
    assert "Two classes need an example each" in session.state.notices["teach"].problem


def test_export_says_where_it_went(fake_run, ready, drain, wanted, tmp_path):
    todo = wanted(ready)
    ready.run()
    drain(ready, todo[0])
    ready.export(tmp_path / "out", ("csv",))
    drain(ready, todo[-1])
    assert str(tmp_path / "out") in ready.state.notices["results"].problem
    assert list((tmp_path / "out").glob("*.csv"))


def test_layers_say_which_plate_they_show(plate):
    from napari_ben.session import mosaic_layers

    layers = mosaic_layers(plate, source=Path("somewhere"))
    assert [keywords["name"] for _, keywords, _ in layers] == ["DNA", "Mito"]
    assert all(kind == "image" and keywords["contrast_limits"] for _, keywords, kind in layers)
    assert plate_of(layers[0][1]["metadata"]) == Path("somewhere")
    assert plate_of({}) is None


def test_a_state_without_a_plate_has_no_predictions():
    assert SessionState().predictions is None
