"""The dock as a whole, on a viewer model: no window, no torch, no loop."""

import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.compat import isalive
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QThreadPool, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QApplication

from napari_ben.session import KEY
from napari_ben.widgets import BenDock, _context_step, _looks
from napari_ben.widgets import _dock as dock_module
from napari_ben.widgets import _preferences as preferences

LIGHT = """
import os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qtpy.QtWidgets import QApplication
app = QApplication([])
from napari.components import ViewerModel
from napari_ben.widgets import BenDock
dock = BenDock(ViewerModel())
from qtpy.compat import isalive
from qtpy.QtCore import QThreadPool
for _ in range(50):
    app.processEvents()
QThreadPool.globalInstance().waitForDone(10000)
app.processEvents()
assert "torch" not in sys.modules, "torch was loaded"
"""


@pytest.fixture
def viewer():
    return ViewerModel()


@pytest.fixture
def dock(qtbot, opens, threads_end, viewer, monkeypatch):
    monkeypatch.setattr(preferences, "_PLUGIN", "not there")
    dock = BenDock(viewer)
    dock.show()
    yield dock
    if isalive(dock):
        dock.close()
        dock.deleteLater()


@pytest.fixture
def opened(qtbot, dock):
    dock.session.open(Path("P1"))
    qtbot.waitUntil(lambda: dock.session.state.picture is not None and dock.session.state.model is not None)
    qtbot.waitUntil(lambda: dock.canvas.is_complete and dock.plate.plates.count() == 1)
    return dock


def test_opening_the_dock_loads_no_torch():
    command = [sys.executable, "-c", LIGHT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)  # noqa: S603
    assert done.returncode == 0, done.stderr[-2000:]


def test_a_plate_fills_every_step(opened, viewer):
    assert {layer.name for layer in viewer.layers} == {"DNA", "Mito", "Well marks", "Wells"}
    assert opened.plate.plates.currentText() == "P1"
    assert opened.context.state.text().startswith("4 wells")
    assert opened.model.models.currentText() == "toy"
    assert opened.method.button.isEnabled()
    assert opened.method.state.text() == "ready"


def test_one_selection_in_three_views_without_a_loop(qtbot, opened, runs):
    runs()
    opened.method.button.click()
    qtbot.waitUntil(lambda: len(opened.results.embedding.canvas.data) == 24, timeout=10000)
    states = []
    opened.session.changed.connect(lambda state, _old: states.append(state.selected))
    for pick in (
        opened.context.grid.select_all,
        lambda: opened.results._on_points_selected(np.array([0, 5])),
        lambda: opened.canvas.clicks.click((8.0, 8.0)),
    ):
        states.clear()
        pick()
        qtbot.wait(50)
        assert len(states) == 1
        assert opened.context.grid.selection() == opened.session.state.selected
        shown = opened.results.embedding.selection()
        assert set(opened.session.state.predictions.index["well"].iloc[shown]) == set(opened.session.state.selected)


def test_a_new_selection_asks_nothing_again_and_touches_one_layer_once(qtbot, opened, viewer, runs, monkeypatch):
    runs()
    opened.method.button.click()
    qtbot.waitUntil(lambda: len(opened.results.embedding.canvas.data) == 24, timeout=10000)
    opened.session.select(["A01"])
    qtbot.wait(200)
    counts = Counter()
    grid, embedding = opened.context.grid, opened.results.embedding
    shown = [(grid, "set_data"), (embedding, "set_data"), (opened.context.legend, "updateGeometry")]
    for owner, name in [*shown, (_context_step, "fill"), (_context_step, "grid_data"), (_looks, "_tells_apart")]:
        monkeypatch.setattr(owner, name, partial(counted, counts, name, getattr(owner, name)))
    for layer in viewer.layers:
        layer.events.set_data.connect(lambda event: counts.update([event.source.name]))
        if hasattr(layer, "text"):
            layer.text.events.connect(lambda _event: counts.update(["text"]))
    opened.session.select(["A01", "B02"])
    qtbot.wait(200)
    assert counts == {"Well marks": 1}


def counted(counts, name, do, *arguments):
    """Count a call and make it."""
    counts[name] += 1
    return do(*arguments)


def test_wells_appear_as_they_come_and_survive_a_cancel(qtbot, opened, runs):
    opened.method.button.click()
    qtbot.waitUntil(lambda: opened.session.state.run.done == 4, timeout=10000)
    qtbot.waitUntil(lambda: sum(bool(look.prediction) for look in opened.context.grid.data.wells.values()) == 4)
    assert opened.method.button.text() == "Cancel"
    opened.method.button.click()
    qtbot.waitUntil(lambda: opened.session.state.run.phase == "idle", timeout=10000)
    qtbot.waitUntil(lambda: opened.method.button.text() == "Run")
    assert opened.session.state.predictions.index["well"].nunique() == 4
    assert "4 wells" in opened.method.notice.text()


def test_closing_the_dock_in_a_run_stops_it(qtbot, opened, runs):
    opened.method.button.click()
    qtbot.waitUntil(lambda: opened.session.state.run.done == 4, timeout=10000)
    opened.close()
    opened.deleteLater()
    qtbot.waitUntil(lambda: not isalive(opened))
    assert QThreadPool.globalInstance().waitForDone(5000)
    qtbot.wait(50)


def test_a_model_that_is_dropped_on_the_dock_is_loaded(dock, tmp_path):
    path = tmp_path / "mine.safetensors"
    path.write_bytes(b"")
    wanted = []
    dock.session.wanted.connect(lambda task: wanted.append((task.lane, task.title)))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    for event in (QDragEnterEvent, QDropEvent):
        place = QPointF(5, 5) if event is QDropEvent else QPoint(5, 5)
        held = Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(dock, event(place, *held))
    assert wanted[0][0] == "model"
    assert "mine" in wanted[0][1]


def test_a_plate_that_is_dropped_on_the_viewer_is_picked_up(qtbot, dock, viewer):
    metadata = {KEY: {"path": "/somewhere/P1", "plate": "P1", "channel": "DNA"}}
    viewer.add_image([np.zeros((4, 4)), np.zeros((2, 2))], multiscale=True, metadata=metadata)
    qtbot.waitUntil(lambda: dock.session.state.picture is not None)


# Qt 6.12 takes a QPointF as well, which PyQt6 does not yet
@pytest.mark.filterwarnings("ignore:Function. .QDragEnterEvent:DeprecationWarning")
@pytest.mark.parametrize(("urls", "opens_one"), [(["P1"], True), (["P1", "P2"], False), ([], False)])
def test_a_plate_that_is_dropped_on_the_dock_is_opened(qtbot, dock, tmp_path, urls, opens_one):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in urls])
    for event in (QDragEnterEvent, QDropEvent):
        place = QPointF(5, 5) if event is QDropEvent else QPoint(5, 5)
        dropped = event(
            place, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
        dropped.ignore()
        QApplication.sendEvent(dock, dropped)
        assert dropped.isAccepted() is opens_one
    if opens_one:
        qtbot.waitUntil(lambda: dock.session.state.source == tmp_path / "P1")
        qtbot.waitUntil(lambda: dock.canvas.is_complete)
    assert (dock.session.state.plate is not None) is opens_one


def test_layers_of_others_are_none_of_our_business(qtbot, dock, viewer):
    viewer.add_image(np.zeros((4, 4)))
    qtbot.wait(50)
    assert dock.session.state.opening is None


def test_hovering_a_well_is_mirrored_in_the_status_bar(opened, viewer):
    opened.context.grid.well_hovered.emit("A01")
    assert viewer.status.startswith("A01 · ")


def test_fields_are_opened_at_full_size(opened, viewer):
    opened.context.grid.fields_requested.emit(("A01", "B02"))
    layer = viewer.layers["DNA · A01, B02"]
    assert layer.data.shape == (4, 16, 16)
    assert viewer.scene.camera.center[1] > opened.session.state.plate.mosaic.shape[0]
    opened.canvas.clicks.click((0.0, 8.0, 8.0))
    assert opened.session.state.selected == ("A01",)


def test_roles_are_corrected_from_the_menu(qtbot, opened):
    opened.context.grid.role_requested.emit("negative_control", ("B01",))
    assert "B01" in opened.session.resolution.context.wells
    qtbot.waitUntil(lambda: opened.context.grid.data.wells["B01"].in_context)


def test_activating_a_well_moves_the_camera(opened, viewer):
    before = viewer.scene.camera.zoom
    opened.context.grid.well_activated.emit("C04")
    assert viewer.scene.camera.zoom != before


def test_recent_plates_are_remembered_latest_first(monkeypatch, tmp_path):
    class Wishes:
        recent_plates = ""

    wishes = Wishes()
    monkeypatch.setattr(preferences, "remembered", lambda: wishes)
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    memory = preferences.Memory()
    for path in (first, second, first):
        memory.note(recent_plates=preferences.with_plate(path))
        memory.write()
    assert preferences.recent_plates() == (first, second)
    second.rmdir()
    assert preferences.recent_plates() == (first,)


def test_without_napari_s_preferences_the_defaults_hold(monkeypatch):
    monkeypatch.setattr(preferences, "_PLUGIN", "not there")
    wishes = preferences.remembered()
    wishes.method = "ben"
    assert wishes.method == "cs-arm-bn"
    assert preferences.run_options().device == "auto"


def test_the_dock_shows_what_a_session_already_has(qtbot, viewer, ready, opens, threads_end, monkeypatch):
    monkeypatch.setattr(dock_module, "available_models", dict)
    monkeypatch.setattr(preferences, "_PLUGIN", "not there")
    dock = BenDock(viewer, ready)
    qtbot.addWidget(dock)
    qtbot.waitUntil(lambda: dock.model.models.currentText() == "toy")


def test_wishes_are_written_when_the_person_rests_or_leaves(qtbot, monkeypatch):
    class Wishes:
        writes = ()
        recent_plates = ""

        def __setattr__(self, name, value):
            object.__setattr__(self, name, value)
            if name != "writes":
                self.writes = (*self.writes, name)

    wishes = Wishes()
    wishes.method, wishes.model, wishes.writes = "ben", "toy", ()
    monkeypatch.setattr(preferences, "remembered", lambda: wishes)
    monkeypatch.setattr(preferences, "_UNTIL_AT_REST", 20)
    memory = preferences.Memory()
    memory.note(method="custom", model="toy")
    assert "method" not in wishes.writes
    qtbot.waitUntil(lambda: "method" in wishes.writes)
    assert "model" not in wishes.writes
    memory.note(method="none")
    memory.write()
    assert wishes.method == "none"
