"""The window that the command line opens."""

from pathlib import Path

import pytest

from napari_ben.plates import FORMATS, plate_from_arrays

pytestmark = pytest.mark.gui


def test_the_window_is_there_before_the_plate(make_napari_viewer, qtbot, monkeypatch, tmp_path):
    import napari
    import numpy as np
    import pandas as pd
    from qtpy.QtCore import QThreadPool

    from napari_ben.cli._window import open_window
    from napari_ben.plates import Screen
    from napari_ben.session import _tasks as tasks
    from napari_ben.widgets import BenDock
    from napari_ben.widgets import _preferences as preferences

    image = np.zeros((1, 1, 16, 16), np.uint8)
    plate = plate_from_arrays({"A01": image}, ["DNA"], format=FORMATS[6], name="P1")
    screen = Screen("P1", Path("P1"), (plate,), pd.DataFrame({"experiment": [""]}, index=["P1"]))
    monkeypatch.setattr(tasks, "open_screen", lambda *_, **__: screen)
    monkeypatch.setattr(tasks, "device_work", lambda: (word for word in ("CPU",)))
    monkeypatch.setattr(preferences, "_PLUGIN", "not there")
    monkeypatch.setattr("napari_ben.cli._window.window_refusal", lambda: None)
    viewer, seen = make_napari_viewer(show=True), []
    monkeypatch.setattr(napari, "Viewer", lambda **_: viewer)

    def run():
        (dock,) = viewer.window._qt_window.findChildren(BenDock)
        seen.append((viewer.window._qt_window.isVisible(), len(viewer.layers), dock.session.state.opening))
        qtbot.waitUntil(lambda: dock.canvas.is_complete and "DNA" in viewer.layers, timeout=30_000)

    monkeypatch.setattr(napari, "run", run)
    open_window(tmp_path)
    assert seen == [(True, 0, tmp_path)]
    viewer.close()
    QThreadPool.globalInstance().waitForDone(5000)
