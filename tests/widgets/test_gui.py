"""The real window, used as a person would: open, choose, run, cancel, look, drop, close."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from napari.utils.theme import available_themes
from qtpy.QtCore import Qt

from napari_ben.models import load_model
from napari_ben.plates import Screen, plate_from_arrays
from napari_ben.session import _tasks as tasks
from napari_ben.widgets import BenDock
from napari_ben.widgets import _preferences as preferences

pytestmark = pytest.mark.gui
SLOW = 30000


def quick_device():
    yield
    return "CPU"


@pytest.fixture
def window(make_napari_viewer_proxy, qtbot, threads_end, monkeypatch):
    """A real window with the dock in it."""
    monkeypatch.setattr(preferences, "_PLUGIN", "not there")
    monkeypatch.setattr(tasks, "device_work", quick_device)
    viewer = make_napari_viewer_proxy(show=True)
    viewer.window.resize(1200, 800)
    dock = BenDock(viewer)
    viewer.window.add_dock_widget(dock, name="Plates")
    qtbot.waitUntil(lambda: dock.session.state.model is not None, timeout=SLOW)
    yield viewer, dock
    dock.session.cancel()
    dock.session.cancel_layout()
    qtbot.waitUntil(lambda: not dock.session.state.run.is_busy, timeout=SLOW)


@pytest.fixture
def shipped_plate():
    """A plate for the shipped model: five channels, two columns of controls."""
    rng = np.random.default_rng(0)
    wells = [f"{row}{column:02d}" for row in "ABCD" for column in range(1, 7)]
    images = {well: rng.gamma(2.0, 400.0, (1, 5, 128, 128)).astype(np.uint16) for well in wells}
    roles = {well: "negative_control" if well[1:] in {"01", "02"} else "treatment" for well in wells}
    channels = load_model("sample-cs-arm-bn").card.channels
    return plate_from_arrays(images, channels, name="P9", roles=roles)


def open_plate(qtbot, dock, path):
    dock.session.open(path)
    qtbot.waitUntil(lambda: dock.session.state.picture is not None, timeout=SLOW)
    qtbot.waitUntil(lambda: dock.canvas.is_complete and dock.context.grid.isEnabled(), timeout=SLOW)


def click_well(qtbot, grid, cell, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, modifier, grid.well_rect(cell).center().toPoint())


def test_open_choose_run_and_look(qtbot, window, shipped_plate, monkeypatch):
    viewer, dock = window
    screen = Screen("P9", Path("P9"), (shipped_plate,), pd.DataFrame({"experiment": [""]}, index=["P9"]))
    monkeypatch.setattr(tasks, "open_screen", lambda *_, **__: screen)
    open_plate(qtbot, dock, Path("P9"))
    assert {"DNA", "Wells", "Well marks"} <= {layer.name for layer in viewer.layers}

    click_well(qtbot, dock.context.grid, (0, 0))
    click_well(qtbot, dock.context.grid, (3, 1), Qt.KeyboardModifier.ShiftModifier)
    qtbot.mouseClick(dock.context.kinds.button("wells"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dock.context.state.text().startswith("8 wells, 8 images"))

    qtbot.waitUntil(dock.method.button.isEnabled)
    qtbot.mouseClick(dock.method.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dock.method.button.text() == "Cancel")
    qtbot.waitUntil(lambda: not dock.session.state.run.is_busy, timeout=SLOW)
    assert "method" not in dock.session.state.notices
    assert dock.session.state.predictions.complete
    qtbot.waitUntil(lambda: len(dock.results.embedding.canvas.data) == 24, timeout=SLOW)
    classes = set(dock.session.state.predictions.classes)
    qtbot.waitUntil(lambda: set(viewer.layers["Wells"].features["predicted"]) <= classes)
    dock.canvas.go_to("B03")
    qtbot.waitUntil(lambda: viewer.layers["Wells"].text.visible)


def test_cancel_keeps_finished_wells(qtbot, window, opens, runs):
    _, dock = window
    dock.session.load_model("toy")
    qtbot.waitUntil(lambda: dock.session.state.model.card.name == "toy")
    open_plate(qtbot, dock, Path("P1"))
    qtbot.waitUntil(dock.method.button.isEnabled)
    qtbot.mouseClick(dock.method.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dock.session.state.run.done == 4, timeout=SLOW)
    qtbot.mouseClick(dock.method.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dock.method.button.text() == "Run", timeout=SLOW)
    assert dock.session.state.predictions.index["well"].nunique() == 4


def test_an_error_is_said_in_words_and_the_window_lives(qtbot, window, tmp_path):
    _, dock = window
    dock.session.open(tmp_path)
    qtbot.waitUntil(lambda: dock.plate.notice.isVisible(), timeout=SLOW)
    assert str(tmp_path) in dock.plate.notice.text()
    assert dock.plate.open_button.isEnabled()


def test_a_dropped_folder_is_taken_over(qtbot, window, tmp_path):
    viewer, dock = window
    for number, well in enumerate(("A-01", "A-02"), start=1):
        for channel in (1, 2):
            image = np.full((64, 64), 100 * number, np.uint8)
            tifffile.imwrite(tmp_path / f"Channel{channel}-{number:02d}-{well}.tif", image)
    viewer.open(str(tmp_path), plugin="napari-ben")
    qtbot.waitUntil(lambda: dock.session.state.picture is not None, timeout=SLOW)
    qtbot.waitUntil(lambda: dock.canvas.is_complete, timeout=SLOW)
    assert [layer.name for layer in viewer.layers] == ["Channel1", "Channel2", "Well marks", "Wells"]


def test_the_dock_follows_the_theme_and_is_narrow_friendly(qtbot, window, opens):
    viewer, dock = window
    open_plate(qtbot, dock, Path("P1"))
    inks = set()
    for theme in {"dark", "light"} & set(available_themes()):
        viewer.theme = theme
        qtbot.wait(100)
        inks.add(dock.plate.state.styleSheet())
    assert len(inks) == 2
    assert dock.results.isVisible()
    dock.results.content.show()
    assert dock._area.widget().minimumSizeHint().width() <= 350


def test_closing_the_dock_in_a_run_stops_it(qtbot, window, opens, runs):
    viewer, dock = window
    dock.session.load_model("toy")
    qtbot.waitUntil(lambda: dock.session.state.model.card.name == "toy")
    open_plate(qtbot, dock, Path("P1"))
    qtbot.waitUntil(dock.method.button.isEnabled)
    dock.session.run()
    qtbot.waitUntil(lambda: dock.session.state.run.done == 4, timeout=SLOW)
    session = dock.session
    viewer.window.remove_dock_widget(dock)
    qtbot.waitUntil(lambda: not session.state.run.is_busy, timeout=SLOW)
    assert session.state.predictions.index["well"].nunique() == 4
