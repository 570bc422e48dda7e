"""No word is cut: the dock at its narrowest and the windows it opens, in both themes, at each scaling of the screen."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from napari._qt.qt_resources import get_stylesheet
from napari.components import ViewerModel
from qtpy.QtCore import QPoint
from qtpy.QtGui import QHelpEvent
from qtpy.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QToolTip, QVBoxLayout, QWidget

from napari_ben.plates import Screen
from napari_ben.session import Notice, Session, SessionState, Training
from napari_ben.session import _tasks as tasks
from napari_ben.session._trust import run_key
from napari_ben.training import Epoch, Split
from napari_ben.widgets import BenDock, _screen_window
from napari_ben.widgets import _preferences as preferences
from napari_ben.widgets._canvas_view import CanvasView
from napari_ben.widgets._chooser import Chooser
from napari_ben.widgets._pattern_dialog import PatternDialog
from napari_ben.widgets._tinted import QuietLabel

from .conftest import no_device
from .legibility import unreadable
from .test_trust_window import make_trust

THEMES, SCALES = ("dark", "light"), ("1.5", "2")
WIDTH, HEIGHT = 350, 900
LONG = "BR00117010__2020-11-08T18_57_47-Measurement1"
REMEDY = "Choose another context, or set the roles of the wells in the platemap; then press Run again."


@pytest.fixture
def session(plate, model, predict, monkeypatch, tmp_path, threads_end):
    """All that a session can know, with names as long as real ones."""
    monkeypatch.setattr(preferences, "_PLUGIN", "not there")
    monkeypatch.setattr(CanvasView, "show_state", lambda *_: None)  # what is looked at here is the dock
    monkeypatch.setattr(tasks, "device_work", no_device)
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
def dock(qtbot, session):
    """The dock at its narrowest, all steps unfolded."""
    host = QWidget()
    qtbot.addWidget(host)
    dock = BenDock(ViewerModel(), session)
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


def put_on(qtbot, dock, theme):
    dock.window().setStyleSheet(get_stylesheet(theme))
    qtbot.wait(50)


@pytest.mark.parametrize("theme", THEMES)
def test_no_word_of_the_dock_is_cut(qtbot, dock, theme):
    put_on(qtbot, dock, theme)
    assert dock.width() == WIDTH
    assert unreadable(dock) == []


WINDOWS = {
    "table": lambda dock: dock.results.open_table(),
    "compare": lambda dock: dock.results.open_comparison(),
    "trust": lambda dock: dock.results.open_trust(),
    "screen": lambda dock: dock.plate.open_screen(),
    "pattern": lambda dock: PatternDialog(dock.session, Path(LONG), dock).show(),
}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", WINDOWS)
def test_no_word_of_a_window_is_cut(qtbot, dock, theme, name):
    put_on(qtbot, dock, theme)
    before = set(QApplication.topLevelWidgets())
    WINDOWS[name](dock)
    window = next(one for one in set(QApplication.topLevelWidgets()) - before if one.isVisible() and one.windowTitle())
    qtbot.wait(50)
    parts = window.parts if name == "trust" else None
    for part in ("stability", "drift", "wells") if parts else ("",):
        if parts:
            parts.button(part).click()
            qtbot.wait(20)
        assert unreadable(window) == []
    window.close()


CUT = {
    "a line": lambda: QLabel("more than there is room for"),
    "a button": lambda: QPushButton("more than there is room for"),
    "a word": lambda: QuietLabel("BR00117010BR00117010BR00117010"),
    "a placeholder": lambda: placeholder("more than there is room for"),
}


def placeholder(text):
    line = QLineEdit()
    line.setPlaceholderText(text)
    return line


@pytest.mark.parametrize("make", CUT.values(), ids=CUT)
def test_what_is_cut_is_found(qtbot, make):
    host, widget = QWidget(), make()
    qtbot.addWidget(host)
    widget.setParent(host)
    widget.setFixedWidth(60)
    host.resize(200, 100)
    host.show()
    assert any("needs" in words for words in unreadable(host))
    widget.setFixedWidth(300)
    assert [words for words in unreadable(host) if "needs" in words] == []
    assert any("reaches from 0 to 299 px in a window of 200" in words for words in unreadable(host))


def test_a_choice_without_room_is_whole_on_hover_and_in_its_list(qtbot):
    box = Chooser("Plate", meaning="Which plate is shown")
    qtbot.addWidget(box)
    box.addItems([LONG, "P2"])
    box.resize(120, 28)
    box.show()
    QApplication.sendEvent(box, QHelpEvent(QHelpEvent.Type.ToolTip, QPoint(5, 5), box.mapToGlobal(QPoint(5, 5))))
    qtbot.waitUntil(lambda: QToolTip.text() == f"{LONG}\nWhich plate is shown")
    box.showPopup()
    qtbot.waitUntil(box.view().isVisible)
    assert box.view().viewport().width() >= box.view().fontMetrics().horizontalAdvance(LONG)
    box.hidePopup()
    box.setCurrentText("P2")
    assert box.help() == "Which plate is shown"


@pytest.mark.skipif("QT_SCALE_FACTOR" in os.environ, reason="this is the scaled process")
@pytest.mark.parametrize("scale", SCALES)
def test_no_word_is_cut_on_a_screen_of_finer_pixels(scale):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n0",
        "-pno:cacheprovider",
        "-k",
        "no_word_of or without_room",
        __file__,
    ]
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, timeout=240, env={**os.environ, "QT_SCALE_FACTOR": scale}
    )
    assert done.returncode == 0, done.stdout
