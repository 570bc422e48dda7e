"""How far a run can be trusted: resampled contexts, single wells, statistics beside the training's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_ben.models import ModelCard, Scaling, Tiling, TrainingRecord, build_network, to_model
from napari_ben.session import (
    CONTEXT_DRIFT,
    STABILITY,
    Session,
    SessionState,
    drift_words,
    edge_words,
    measured,
    stability_words,
    trust_of,
    trust_refusal,
    trusting_line,
    wells_words,
)
from napari_ben.session import _trust_work as trust_work
from napari_ben.session._trust import Stability, Trusting
from napari_ben.workflow import predict


def make_model(*, is_trained: bool = True):
    """A real small network; trained or not as far as its running statistics tell."""
    network = build_network("resnet10", 2, 2, seed=1, width=8)
    for name, buffer in network.named_buffers():
        if is_trained and name.endswith("running_mean"):
            buffer.fill_(0.1)
    card = ModelCard(
        name="small", architecture="resnet10", options={"width": 8}, channels=("DNA", "Mito"), classes=("a", "b"),
        scaling=Scaling(kind="image"), tiling=Tiling(size=(16, 16)), embedding_size=network.embedding_size,
        training=TrainingRecord(method="ben", plates=("T1", "T2")),
    )  # fmt: skip
    return to_model(network, card)


def session_of(plate, model, method="ben", **others):
    """A session after a run, and the list of what it wants done."""
    results = {(plate.path, plate.view): predict(plate, model, method=method), **others}
    session, todo = Session(SessionState(plate=plate, model=model, source=Path("P1"), results=results)), []
    session.wanted.connect(todo.append)
    return session, todo


@pytest.fixture(scope="module")
def small():
    return make_model()


@pytest.fixture
def after_run(plate, small):
    return session_of(plate, small)


def test_stability_is_shown_after_each_draw_and_kept_by_run(after_run, drain):
    session, todo = after_run
    drawn, seen = [], []
    session.changed.connect(lambda state, _old: drawn.append(trust_of(state).stability))
    session.changed.connect(lambda state, _old: seen.append(trusting_line(state.trusting)))
    session.check_stability(3)
    assert todo[0].title == "Resampling the context of P1"
    drain(session, todo[0])
    assert [found.n_resamples for found in dict.fromkeys(drawn) if found is not None] == [1, 2, 3]
    assert seen[0] == "Resampling the context · 1 of 3"
    assert seen[-1] == ""
    assert trust_of(session.state).stability.table.index.tolist() == list(session.state.plate.wells.index)
    assert measured(session.state)[STABILITY].between(0, 1).all()


def test_a_study_that_is_stopped_keeps_what_it_drew(after_run, drain, monkeypatch):
    monkeypatch.setattr(trust_work, "BETWEEN_STEPS", 1e9)  # one report of progress, then the draws
    session, todo = after_run
    session.check_stability(50)
    unwanted = []
    session.unwanted.connect(unwanted.append)
    session.stop_trusting()
    assert unwanted == ["trust"]
    assert trusting_line(session.state.trusting) == "Cancelling…"
    drain(session, todo[0], stop_after=2)
    assert trust_of(session.state).stability.n_resamples == 1
    assert session.state.trusting.phase == "idle"


def test_another_run_of_the_plate_starts_with_nothing_known(after_run, drain, plate, small):
    session, todo = after_run
    session.check_stability(1)
    drain(session, todo[0])
    before = session.state.predictions
    other = predict(plate, small, method="controls")
    session._set(results={(plate.path, plate.view): other})
    assert trust_of(session.state).stability is None
    session._set(results={(plate.path, plate.view): before.with_layout("UMAP", np.zeros((len(before), 2)))})
    assert trust_of(session.state).stability is not None


def test_roles_changed_since_the_run_do_not_change_what_is_studied(after_run, drain, plate):
    session, todo = after_run
    session.leave_out(["A01"])
    assert session.state.plate.wells.at["A01", "excluded"]
    session.measure_wells()
    drain(session, todo[0])
    assert set(trust_of(session.state).wells.influence.index) == set(plate.wells.index)


def test_wells_are_ranked_and_the_edge_is_compared(after_run, drain):
    session, todo = after_run
    session.measure_wells()
    drain(session, todo[0])
    effects = trust_of(session.state).wells
    assert effects.influence["influence"].is_monotonic_decreasing
    assert len(effects.chance) == 20
    assert " than chance (as many wells drawn at random" in edge_words(effects)
    assert "the edge differs" in edge_words(replace(effects, chance=np.zeros(2)))
    assert "cannot be compared" in edge_words(replace(effects, edge=None))
    assert "12 wells measured." in wells_words(effects)
    assert list(measured(session.state)) == [CONTEXT_DRIFT]


def test_drift_is_measured_against_the_training_and_other_plates(plate, small, drain):
    other = replace(plate, name="T1", path=Path("T1"))
    run = predict(other, small, method="ben")
    session, todo = session_of(plate, small, x=run)
    session._set(results={(plate.path, plate.view): session.state.predictions, (other.path, other.view): run})
    assert session.needs_drift()
    session.measure_drift()
    drain(session, todo[0])
    drift = trust_of(session.state).drift
    assert drift.plates.index.tolist() == ["P1", "T1"]
    assert drift.plates["from_this"].tolist() == [0, 0]  # the same images
    assert not session.needs_drift()
    words = drift_words(drift, small.card)
    assert words.startswith("P1 lies ")
    assert words.endswith(
        "That is usual (1 plate of the training run here: " + f"{drift.plates['from_training'].iloc[0]:.2f})."
    )


def test_what_is_usual_is_unknown_until_a_plate_of_the_training_is_run(after_run, drain, small):
    session, todo = after_run
    session.measure_drift()
    drain(session, todo[0])
    drift = trust_of(session.state).drift
    assert drift_words(drift, small.card).endswith("is run here too, such as T1.")
    nameless = small.card.model_copy(update={"training": TrainingRecord()})
    assert drift_words(drift, nameless).endswith("the model does not name the plates of its training.")
    far = replace(
        drift, plates=drift.plates.reindex(["P1", "T2"]).assign(from_training=[2.0, 0.5], is_of_training=[False, True])
    )
    assert "further than is usual (1 plate of the training run here: 0.50)" in drift_words(far, small.card)


def test_a_network_that_saw_no_data_has_nothing_to_compare_with(plate, drain):
    session, todo = session_of(plate, make_model(is_trained=False))
    session.measure_drift()
    drain(session, todo[0])
    drift = trust_of(session.state).drift
    assert drift_words(drift, None).startswith("The model 'small' carries no statistics of a training")
    assert not session.needs_drift()


def test_a_run_of_a_model_that_is_gone_is_refused_in_words(after_run, model):
    session, todo = after_run
    session._set(model=model)
    session.check_stability()
    assert not todo
    notice = session.state.notices["trust"]
    assert notice.problem == "This run was made with small, which is not loaded now."
    assert notice.remedy.startswith("Choose it in the Model step")


def test_a_context_of_one_well_is_refused_when_its_wells_are_measured(plate, small, drain):
    session, todo = session_of(plate, small)
    alone = predict(plate, small, method="custom", context="A1")
    session._set(results={(plate.path, plate.view): alone})
    session.measure_wells()
    drain(session, todo[0])
    assert "One well cannot be left out" in session.state.notices["trust"].problem
    assert session.state.trusting.phase == "idle"


def test_a_new_run_makes_a_study_of_the_old_one_stale(after_run, drain):
    session, todo = after_run
    session.check_stability(2)
    session.choose_method("ben")
    session.run()
    drain(session, todo[0])
    assert not session.state.trust
    assert session.state.trusting.phase == "idle"


def test_wells_left_out_leave_the_context_and_come_back(after_run):
    session, _ = after_run
    session.choose_context("plate")
    session.leave_out(["B02", "C03"])
    assert not {"B02", "C03"} & set(session.resolution.context.wells)
    session.leave_out(["B02"], left_out=False)
    assert "B02" in session.resolution.context.wells
    session.select(["A01", "A02", "A03"])
    session.choose_context("wells")
    session.leave_out(["A02"])
    assert session.resolution.context.wells == ("A01", "A03")


REFUSALS = {
    "no plate": ({"plate": None}, "Open a plate"),
    "no run": ({"results": {}}, "Run a model on this plate first"),
}


@pytest.mark.parametrize(("changes", "words"), REFUSALS.values(), ids=REFUSALS)
def test_what_must_come_first_is_said(ready, changes, words):
    assert trust_refusal(replace(ready.state, **changes)).startswith(words)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ({"config": {"method": "none"}}, "took no statistics from the plate"),
        ({"config": {"method": "arm-bn"}}, "many small sets"),
        ({"config": {"method": "ben"}}, ""),
    ],
)
def test_methods_that_leave_nothing_to_study_are_told(ready, predict, run, words):
    plate = ready.state.plate
    state = replace(ready.state, results={(plate.path, plate.view): replace(predict(plate), run=run)})
    assert words in trust_refusal(state)
    assert bool(trust_refusal(state)) == bool(words)
    unfinished = replace(predict(plate, complete=False), run=run)
    assert "has not finished" in trust_refusal(replace(state, results={(plate.path, plate.view): unfinished}))


def test_stability_in_words():
    import pandas as pd

    table = pd.DataFrame({"stability": [1.0, 1.0, 0.9]}, index=["A01", "A02", "A03"])
    assert stability_words(Stability(table, 10)).startswith("2 of 3 wells keep their class in all 10 resamples")
    loose = table.assign(stability=[1.0, 0.5, 0.2])
    assert "2 wells change class in more than one of five" in stability_words(Stability(loose, 1))
    assert stability_words(Stability(table, 1)).startswith("2 of 3 wells keep their class in the one resample")


def test_progress_in_words():
    running = Trusting("stability", "running", share=0.25, lap=2, n_laps=10, started=0.0)
    assert trusting_line(running, now=10.0) == "Resampling the context · 3 of 10 · 30 s left"
    assert trusting_line(Trusting("wells", "running")) == "Measuring the wells"
