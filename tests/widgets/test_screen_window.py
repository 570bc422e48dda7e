"""The whole screen in a window: rows that follow the run, sorting, the keyboard, and what is asked of the session."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from qtpy.QtCore import Qt

from napari_ben.plates import Screen
from napari_ben.session import ScreenRun, Workforce
from napari_ben.widgets import _screen_window
from napari_ben.widgets._plate_step import PlateStep
from napari_ben.widgets._screen_table import COLUMNS
from napari_ben.widgets._screen_window import ScreenWindow
from napari_ben.workflow import PlateOutcome, Progress, Scores, ScreenStep

TITLES = [column.title for column in COLUMNS]
FOUND = {"accuracy": 0.9, "accuracy_low": 0.6, "accuracy_high": 0.98, "n_labelled": 10}


def ended(name, status="predicted", problems=(), **scores):
    outcome = PlateOutcome(name, status, Path("out") / name, problems=problems, scores=Scores(**scores))
    return ScreenStep(1, 3, name, outcome=outcome)


STEPS = {
    "P1": ended("P1", drift=0.5, **FOUND),
    "P2": ended("P2", "failed", ("Plate 'P2' has no control.",)),
    "P3": ended("P3", drift=0.2, problems=("Field 1 is left out.", "Field 2 is left out.")),
    "P4": ScreenStep(4, 4, "P4", progress=Progress(3, 12, "wells", "prediction")),
}


@pytest.fixture
def session(ready, plate):
    plates = tuple(replace(plate, name=name, path=Path(name)) for name in STEPS)
    index = pd.Index(list(STEPS), name="plate")
    screen = Screen("study", Path("study"), plates, pd.DataFrame({"experiment": list("aabb")}, index=index))
    ready._set(screen=screen, plate=plates[0])
    return ready


@pytest.fixture
def window(qtbot, session, monkeypatch, tmp_path):
    monkeypatch.setattr(_screen_window, "user_documents_path", lambda: tmp_path)
    window = ScreenWindow(session)
    qtbot.addWidget(window)
    window._survey.stop()
    return window


def shown(window, title):
    model = window.table.model()
    return [model.index(row, TITLES.index(title)).data() for row in range(model.rowCount())]


def test_a_row_a_plate_says_how_far_it_is_and_how_good(window, session):
    session._set(screen_run=ScreenRun("running", Path("out"), STEPS))
    assert shown(window, "Plate") == ["P1", "P2", "P3", "P4"]
    assert shown(window, "Experiment") == ["a", "a", "b", "b"]
    assert shown(window, "State") == ["done", "failed: Plate 'P2' has no control.", "done", "3 of 12 wells"]
    assert shown(window, "Accuracy") == ["90 % (60–98)", "", "", ""]
    assert shown(window, "Problems") == ["", "1", "2", ""]
    problems = window.table.model().index(2, TITLES.index("Problems"))
    assert problems.data(Qt.ItemDataRole.ToolTipRole) == "Field 1 is left out.\nField 2 is left out."
    assert window.progress.format().startswith("3 of 4 plates · ")


ORDERS = {
    "drift, up": ("Drift", Qt.SortOrder.AscendingOrder, ["P3", "P1"]),
    "drift, down": ("Drift", Qt.SortOrder.DescendingOrder, ["P1", "P3"]),
    "problems, down": ("Problems", Qt.SortOrder.DescendingOrder, ["P3", "P2"]),
}


@pytest.mark.parametrize(("title", "order", "first"), ORDERS.values(), ids=ORDERS)
def test_any_column_sorts_and_what_is_unknown_goes_last(window, session, title, order, first):
    session._set(screen_run=ScreenRun("idle", Path("out"), STEPS))
    window.table.sortByColumn(TITLES.index(title), order)
    assert shown(window, "Plate")[:2] == first


def test_enter_and_a_double_click_show_the_plate(window, session, qtbot):
    todo = []
    session.wanted.connect(todo.append)
    window.table.selectRow(2)
    qtbot.keyClick(window.table, Qt.Key.Key_Return)
    window.table.doubleClicked.emit(window.table.model().index(1, 0))
    assert [task.title for task in todo if task.lane == "plate"] == ["Opening P3", "Opening P2"]


def test_run_all_becomes_cancel(window, session, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(session, "run_screen", lambda *wish: asked.append(wish))
    window.folder.setText("results")
    window.resamples.setValue(5)
    window.workforce.offer(3)
    qtbot.mouseClick(window.button, Qt.MouseButton.LeftButton)
    assert asked == [(Path("results"), Workforce(workers=3), 5)]
    session._set(screen_run=ScreenRun("running", Path("results")))
    assert window.button.text() == "Cancel"
    assert not window.folder.isEnabled()
    qtbot.mouseClick(window.button, Qt.MouseButton.LeftButton)
    assert session.state.screen_run.phase == "cancelling"
    assert window.button.text() == "Cancelling…"


def test_a_scheduler_is_asked_for_by_its_address(window):
    window.workforce.kind.setCurrentIndex(2)
    window.workforce.scheduler.setText(" tcp://head:8786 ")
    assert window.workforce.value() == Workforce(scheduler="tcp://head:8786")
    assert window.workforce.workers.isHidden()


def test_closing_the_window_does_not_stop_the_run(window, session):
    session._set(screen_run=ScreenRun("running", Path("out")))
    window.show()
    window.close()
    assert session.state.screen_run.phase == "running"
    session._set(screen_run=ScreenRun("idle", Path("out"), STEPS))
    assert set(shown(window, "State")) == {"not run"}


def test_what_is_finished_in_the_folder_is_looked_up_when_the_wish_changes(window, session, qtbot):
    todo = []
    session.wanted.connect(todo.append)
    session.choose_method("ben")
    qtbot.waitUntil(lambda: bool(todo), timeout=5000)
    assert [task.lane for task in todo] == ["survey"]
    assert "BEN" in window.wish.text()


def test_the_plate_step_offers_the_screen_where_there_are_several_plates(qtbot, session, plate):
    step = PlateStep(session)
    qtbot.addWidget(step)
    old = replace(session.state, screen=None, plate=None)
    step.show_state(session.state, old)
    assert not step.screen_button.isHidden()
    alone = Screen("P1", Path("P1"), (plate,), pd.DataFrame({"experiment": [""]}, index=[plate.name]))
    step.show_state(replace(session.state, screen=alone, plate=plate), session.state)
    assert step.screen_button.isHidden()
