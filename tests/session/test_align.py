"""Aligned embeddings stand beside the network's runs; the embedding alone where nothing says what classes look like."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_ben.models import ModelCard, Scaling, Tiling, build_network, to_model
from napari_ben.plates import Screen
from napari_ben.session import Session, SessionState, compare_pair, run_name
from napari_ben.workflow import predict


@pytest.fixture(scope="module")
def small():
    """A small network whose classes stand in the platemap."""
    network = build_network("resnet10", 2, 2, seed=1, width=8)
    card = ModelCard(
        name="small", architecture="resnet10", options={"width": 8}, channels=("DNA", "Mito"), classes=("a", "b"),
        scaling=Scaling(kind="image"), tiling=Tiling(size=(16, 16)), embedding_size=network.embedding_size,
    )  # fmt: skip
    return to_model(network, card)


@pytest.fixture
def labelled(plate):
    return replace(plate, wells=plate.wells.assign(moa=["a", "b"] * 6))


def session_of(plates, model, runs=()):
    """A session on the first of these plates, each of its own experiment, with runs of some."""
    table = pd.DataFrame({"experiment": [plate.name for plate in plates]}, index=[plate.name for plate in plates])
    screen = Screen("S", Path("S"), tuple(plates), table)
    kept = {(plate.path, plate.view): (run,) for plate, run in runs}
    session, todo = Session(SessionState(screen=screen, plate=plates[0], model=model, runs=kept)), []
    session.wanted.connect(todo.append)
    return session, todo


def test_other_plates_say_what_the_classes_look_like(labelled, small, drain):
    other = replace(labelled, name="P2", path=Path("P2"))
    session, todo = session_of([labelled, other], small, [(other, predict(other, small, method="none"))])
    said = []
    session.changed.connect(lambda state, _old: said.append(state.aligning))
    session.align("tvn-csarmbn")
    drain(session, todo[0])
    assert any(words.startswith("Running without adaptation: ") for words in said)
    unadapted, aligned = session.state.shown_runs
    assert run_name(unadapted).startswith("No adaptation")
    assert run_name(aligned).startswith("TVN (CS-ARM-BN)")
    assert aligned.run["head"]["kind"] == "logistic"
    assert session.state.notices["compare"].problem.startswith(
        "The aligned embeddings are classified by what was learned on P2."
    )
    assert session.state.aligning == ""
    pair = compare_pair(unadapted, aligned, session.state.shown_runs)
    assert not pair.shares_axes
    assert pair.table["right"].map(lambda right: right.n).tolist() == [8, 8]


def test_a_plate_alone_gets_its_embedding_aligned_and_keeps_the_classes(labelled, small, drain):
    session, todo = session_of([labelled], small)
    session.align("coral")
    drain(session, todo[0])
    unadapted, aligned = session.state.shown_runs
    assert run_name(aligned).startswith("CORAL, embedding only")
    assert aligned.wells["pred_class"].tolist() == unadapted.wells["pred_class"].tolist()
    is_control = (aligned.index["role"] == "negative_control").to_numpy()
    np.testing.assert_allclose(aligned.embeddings[is_control].mean(axis=0), 0, atol=1e-4)
    words = session.state.notices["compare"].problem
    assert words.startswith("Only the embedding is aligned")
    assert "no other plate was run with 'No adaptation'" in words


def test_plates_without_known_classes_say_nothing(plate, labelled, small, drain):
    other = replace(plate, name="P2", path=Path("P2"))
    session, todo = session_of([labelled, other], small, [(other, predict(other, small, method="none"))])
    session.align("coral")
    drain(session, todo[0])
    assert "no well of the other plates that were run has a known class" in session.state.notices["compare"].problem


def test_a_known_unadapted_run_is_used_again(labelled, small, drain):
    base = predict(labelled, small, method="none")
    session, todo = session_of([labelled], small, [(labelled, base)])
    session.align("coral")
    drain(session, todo[0])
    assert session.state.shown_runs[0] is base


def test_a_plate_without_controls_is_refused_in_words(labelled, small, drain):
    bare = labelled.with_roles(dict.fromkeys(labelled.wells.index, "treatment"))
    session, todo = session_of([bare], small)
    session.align("coral")
    drain(session, todo[0])
    notice = session.state.notices["compare"]
    assert "fewer than 2 images of negative controls" in notice.problem
    assert notice.remedy
    assert not session.state.shown_runs


def test_an_alignment_can_be_stopped(labelled, small, drain):
    session, todo = session_of([labelled], small)
    session.align("coral")
    session.align("tvn-csarmbn")  # one at a time
    assert len(todo) == 1
    session.stop_aligning()
    assert session.state.aligning == ""
    drain(session, todo[0], stop_after=1)
    assert not session.state.shown_runs


def test_channels_that_do_not_fit_are_refused_before_anything_runs(labelled, model, drain):
    other = replace(model, card=model.card.model_copy(update={"channels": ("Golgi",)}))
    session, todo = session_of([labelled], other)
    session.align("coral")
    assert not todo
    assert session.state.notices["compare"].remedy
