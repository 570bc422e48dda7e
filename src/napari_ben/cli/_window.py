"""napari with the dock beside a plate; needs a screen."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from napari_ben.errors import ArgumentError

PLUGIN = "napari-ben"
DOCK = "Plates"
_QT_BINDINGS = ("PyQt6", "PySide6", "PyQt5", "PySide2")


def window_refusal() -> str | None:
    """Say why no window can be opened here; None when one can."""
    if not any(find_spec(name) for name in _QT_BINDINGS):
        return "no Qt is installed (pip install 'napari[pyqt6]')"
    is_x11 = sys.platform.startswith(("linux", "freebsd"))
    if is_x11 and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "there is no display"
    return None


def open_window(path: Path, **opening: Any) -> None:
    """Open napari with the dock and a plate, or a folder of plates; return when it is closed.

    The window is there at once; the dock's session opens the plate meanwhile, and says there what is wrong with it.

    Parameters
    ----------
    path
        The plate, or a folder of plates.
    **opening
        As `Session.open` takes them.

    Raises
    ------
    ArgumentError
        When there is no display or no Qt.
    """
    refusal = window_refusal()
    if refusal:
        raise ArgumentError(
            f"napari cannot open a window: {refusal}.",
            "Use info and predict, which need none, or log in with a display.",
        )
    import napari

    viewer = napari.Viewer(title="napari-ben")
    _, dock = viewer.window.add_plugin_dock_widget(PLUGIN, DOCK)
    dock.session.open(path, **opening)
    napari.run()
