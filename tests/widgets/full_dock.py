"""The dock with all that a session can know, every step unfolded, at its narrowest: to look at, and to walk through."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from napari.components import ViewerModel
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_ben.plates import Screen
from napari_ben.session import Notice, Session, SessionState, Training
from napari_ben.session import _tasks as tasks
from napari_ben.session._trust import run_key
from napari_ben.training import Epoch, Split
from napari_ben.widgets import BenDock, _screen_window
from napari_ben.widgets import _preferences as preferences
from napari_ben.widgets._canvas_view import CanvasView

from .test_trust_window import make_trust

WIDTH, HEIGHT = 350, 900
LONG = "BR00117010__2020-11-08T18_57_47-Measurement1"
REMEDY = "Choose another context, or set the roles of the wells in the platemap; then press Run again."


@pytest.fixture
def full_session(plate, model, predict, monkeypatch, tmp_path, threads_end):
    """All that a session can know, with names as long as real ones."""
    monkeypatch.setattr(preferences, "_PLUGIN", "not there")
    monkeypatch.setattr(CanvasView, "show_state", lambda *_: None)  # what is looked at here is the dock
    model = replace(model, card=with_long_name(model.card))
    monkeypatch.setattr(tasks, "load_model", lambda _name: model)
    monkeypatch.setattr(_screen_window, "user_documents_path", lambda: tmp_path)
    monkeypatch.setattr(_screen_window.ScreenWindow, "_look", lambda _self: None)
    plate = replace(plate, name=LONG, path=Path(LONG))
    others = (plate, replace(plate, name="P2", path=Path("P2")))
    screen = Screen(LONG, Path(LONG), others, pd.DataFrame({"experiment": [LONG, ""]}, index=[LONG, "P2"]))
    run = replace(predict(plate), run={"config": {"method": "ben"}, "method_title": "BEN", "plate": {"wells": {}}})
    run = run.with_layout("PCA", run.embeddings[:, :2].astype(float))
    key, trusted = (plate.path, plate.view), run_key(plate.path, plate.view, run)
    split = Split((f"Trains on 1 plate ({LONG}).",), (f"1 experiment on both sides ({LONG}).",))
    steps = ("plate", "context", "model", "method", "results", "teach", "train", "trust", "screen", "compare")
    return Session(
        SessionState(
            plate=plate,
            model=model,
            source=Path(LONG),
            screen=screen,
            results={key: run},
            runs={key: (replace(run, run={**run.run, "method_title": f"No adaptation of {LONG}"}), run)},
            trust={trusted: make_trust(list(plate.wells.index))},
            training=Training("running", epoch=Epoch(2, 4, 3, 10, 1.5), split=split, curve=((1, 2.0, 0.5),)),
            labels={"B01": "round cells", "B02": "spiky cells"},
            selected=("A01", "B02", "C03"),
            device="CPU (slow): no GPU that this torch can use was found on this machine",
            notices={step: Notice(step, "The context holds no well with images.", REMEDY) for step in steps},
        )
    )


def with_long_name(card):
    return card.model_copy(update={"name": f"{LONG}-cs-arm-bn", "licence": "BSD-3-Clause", "description": LONG})


@pytest.fixture
def full_dock(qtbot, full_session):
    """The dock at its narrowest, all steps unfolded."""
    host = QWidget()
    qtbot.addWidget(host)
    dock = BenDock(ViewerModel(), full_session)
    layout = QVBoxLayout(host)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(dock)
    for step in (dock.teach, dock.train):
        step.heading.setChecked(True)
    host.resize(WIDTH, HEIGHT)
    host.show()
    qtbot.waitUntil(lambda: dock.results.content.isVisible())
    dock.model.channels_button.setChecked(True)
    yield dock
    host.close()
