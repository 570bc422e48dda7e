"""A training while someone watches: reports, a curve, a cancel that keeps what was learned, and going on."""

from pathlib import Path

import pandas as pd
import pytest

from napari_ben.plates import Screen
from napari_ben.session import SPLIT, STOP, Session, SessionState, training_line
from napari_ben.training import TrainingConfig

CONFIG = TrainingConfig(
    method="ben", architecture="resnet10", options={"width": 8}, labels="role", label_controls=True, epochs=3,
    batch_size=4, accumulation=1, validation_by="well", validation_share=0.3,
)  # fmt: skip


@pytest.fixture
def session(plate):
    screen = Screen("P1", Path("P1"), (plate,), pd.DataFrame({"experiment": [""]}, index=[plate.name]))
    return Session(SessionState(plate=plate, screen=screen, source=Path("P1")))


@pytest.fixture
def todo(session):
    tasks = []
    session.wanted.connect(tasks.append)
    return tasks


def test_a_training_ends_with_a_model_in_the_model_step(session, todo, drain, tmp_path):
    seen = []
    session.changed.connect(lambda state, _old: seen.append(training_line(state.training)))
    session.train(CONFIG, tmp_path / "mine.safetensors")
    drain(session, todo[0])
    state = session.state
    assert state.model.path == tmp_path / "mine.safetensors"
    assert [epoch for epoch, _, _ in state.training.curve] == [1, 2, 3]
    assert all(0 <= accuracy <= 1 for _, _, accuracy in state.training.curve)
    assert state.training.phase == "idle"
    assert "Validates on" in state.training.split.sizes[1]
    assert "1 plate on both sides" in state.training.split.leaks[0]
    assert any(words.startswith("epoch 3 of 3") for words in seen)


def test_a_stopped_training_goes_on(session, todo, drain, tmp_path):
    session.train(CONFIG, tmp_path / "mine.safetensors")
    task = todo[0]
    answer = None
    try:
        while True:
            value = task.work.send(answer)
            session.receive(task, value)
            if len(session.state.training.curve) == 1 and value.number == 2:
                session.stop_training()
                assert session.state.training.phase == "cancelling"
                answer = STOP
    except StopIteration as stopped:
        session.finish(task, stopped.value)
    assert session.state.model is None
    assert "press Go on" in session.state.notices["train"].problem
    assert training_line(session.state.training) == "stopped"
    session.train(session.state.training.config, session.state.training.out, resume=True)
    drain(session, todo[-1])
    assert session.state.model is not None
    assert [epoch for epoch, _, _ in session.state.training.curve] == [1, 2, 3]


def test_what_is_held_out_shows_on_the_grid_before_a_training_begins(session, todo, drain):
    session.outline_training(CONFIG)
    drain(session, todo[0])
    assert session.state.training.phase == "idle"
    assert session.state.colour_by == SPLIT
    assert set(session.state.sides.values()) == {"trains", "held out"}
    assert "1 plate on both sides" in session.state.training.split.leaks[0]
    session.colour_by("role")
    session.outline_training(CONFIG.model_copy(update={"epochs": 5}))
    drain(session, todo[1])
    assert session.state.colour_by == "role", "the same split again does not take the person's colours away"


def test_what_cannot_be_held_out_is_said_before_a_training_begins(session, todo, drain):
    session.outline_training(CONFIG)
    drain(session, todo[0])
    session.outline_training(CONFIG.model_copy(update={"validation_by": "plate"}))
    drain(session, todo[1])
    assert "none can be held out" in session.state.notices["train"].problem
    assert session.state.training.split is None
    assert not session.state.sides


def test_what_cannot_be_learned_is_said_at_the_step(session, todo, drain, tmp_path):
    session.train(CONFIG.model_copy(update={"labels": "mechanism"}), tmp_path / "mine.safetensors")
    drain(session, todo[0])
    assert "mechanism" in session.state.notices["train"].problem
    assert session.state.training.phase == "idle"
