"""Nothing stays behind: plates are opened, run and closed again and again, and what is there is counted."""

import gc
import threading
from collections import Counter
from pathlib import Path

import psutil
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import QCoreApplication, QEvent, QThreadPool
from qtpy.QtWidgets import QApplication

from napari_ben.session import _tasks as tasks
from napari_ben.widgets import BenDock
from napari_ben.widgets import _preferences as preferences

from .conftest import load_beside, no_device

bench = load_beside("bad_input")
tiff_plate, tiny_model = bench.plate, bench.model
SLOW = 30000
SETTLED, CYCLES = 2, 8
OWN = "napari_ben."
POOLS = ("ThreadPoolExecutor", "asyncio", "zarr", "Dummy")  # these live as long as Python


@pytest.fixture
def alone(monkeypatch, tmp_path, threads_end):
    """No preferences, no process that is asked for a GPU, caches of its own."""
    monkeypatch.setattr(preferences, "_PLUGIN", "not there")
    monkeypatch.setattr(tasks, "device_work", no_device)
    monkeypatch.setenv("NAPARI_BEN_CACHE", str(tmp_path / "cache"))


def settle(qtbot):
    QThreadPool.globalInstance().waitForDone(5000)
    for _ in range(3):
        qtbot.wait(20)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.collect()


def listeners(viewer):
    lens = viewer.scene.camera if hasattr(viewer, "scene") else viewer.camera
    groups = (viewer.events, viewer.layers.events, viewer.layers.selection.events, lens.events)
    heard = sum(len(emitter.callbacks) for group in groups for emitter in group.emitters.values())
    return heard + len(viewer.mouse_drag_callbacks)


def count(qtbot, viewer, folder):
    """Count threads, open files, widgets, listeners, files, and this project's objects by their class."""
    settle(qtbot)
    kinds = (type(thing) for thing in gc.get_objects())
    counts = Counter(kind.__name__ for kind in kinds if str(getattr(kind, "__module__", "")).startswith(OWN))
    counts["placed widgets"] = sum(type(thing).__name__ == "QWidgetItem" for thing in gc.get_objects())
    counts["threads"] = sum(not thread.name.startswith(POOLS) for thread in threading.enumerate())
    counts["open files"] = len(psutil.Process().open_files())
    counts["widgets"] = len(QApplication.allWidgets())
    counts["listeners"] = listeners(viewer)
    counts["layers"] = len(viewer.layers)
    counts["files"] = sum(1 for _ in folder.rglob("*"))
    return counts


def grown(before, after):
    """What is there once more for every cycle between; a thread may still hold the last plate."""
    return {name: number for name, number in (after - before).items() if number >= CYCLES - SETTLED}


def use(qtbot, dock, path):
    """Open a plate, run, select, and let go."""
    session = dock.session
    session.open(path)
    qtbot.waitUntil(lambda: session.state.opening is None and session.resolution.plan is not None, timeout=SLOW)
    qtbot.waitUntil(lambda: dock.canvas.is_complete, timeout=SLOW)
    session.run()
    qtbot.waitUntil(lambda: not session.state.run.is_busy, timeout=SLOW)
    assert session.state.predictions.complete
    qtbot.waitUntil(lambda: bool(session.state.predictions.layouts) and not session.state.layout_note, timeout=SLOW)
    session.select(session.state.plate.imaged.index[:5])
    qtbot.wait(50)
    session.select(())


def test_plates_come_and_go(qtbot, alone, tiff_plate, tiny_model, tmp_path):
    viewer = ViewerModel()
    dock = BenDock(viewer)
    qtbot.addWidget(dock)
    dock.show()
    dock.session.load_model(tiny_model)
    qtbot.waitUntil(lambda: dock.session.state.loading == "", timeout=SLOW)
    counts = []
    for number in range(CYCLES):
        use(qtbot, dock, tiff_plate)
        if number in {SETTLED - 1, CYCLES - 1}:
            counts.append(count(qtbot, viewer, tmp_path))
    assert grown(*counts) == {}


@pytest.mark.gui
def test_docks_come_and_go(qtbot, alone, opens, runs, make_napari_viewer, tmp_path):
    runs()
    viewer = make_napari_viewer(show=True)
    counts = []
    for number in range(CYCLES):
        dock = BenDock(viewer)
        viewer.window.add_dock_widget(dock, name="Plates")
        use(qtbot, dock, Path("P1"))
        viewer.window.remove_dock_widget(dock)
        del dock
        viewer.layers.clear()
        if number in {SETTLED - 1, CYCLES - 1}:
            counts.append(count(qtbot, viewer, tmp_path))
    assert grown(*counts) == {}
