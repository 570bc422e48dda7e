"""Make the pictures of the README: the real window at 1400×900 with the sample plate, in the dark and the light theme.

Needs a display (``xvfb-run -s "-screen 0 1600x1000x24" python docs/make_screenshots.py`` where there is none) and takes
about a minute. The plate is one of the other laboratory, which the model has never seen.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import napari
from qtpy.QtCore import QEventLoop, QTimer

from napari_ben.widgets import BenDock

SIZE = (1400, 900)
PLATE = "AWAY-0-P1"
PATIENCE = 300.0


def wait(seconds: float) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Let the window live until something is so.

    Raises
    ------
    TimeoutError
        When it does not become so within `PATIENCE` seconds.
    """
    start = monotonic()
    while not is_so():
        if monotonic() - start > PATIENCE:
            message = f"waited {PATIENCE:.0f} s for {what}"
            raise TimeoutError(message)
        wait(0.1)
    wait(1.0)


def predict(dock: BenDock) -> None:
    """Open the sample screen, show the plate, run the method that the dock starts with."""
    session = dock.session
    session.open_sample()
    wait_until(lambda: session.state.plate is not None, "the sample screen")
    session.show_plate(PLATE)
    wait_until(lambda: session.state.plate is not None and session.state.plate.name == PLATE, "the plate")
    session.choose_method("cs-arm-bn")
    wait_until(lambda: dock.canvas.is_complete and session.resolution.plan is not None, "the plan")
    session.run()
    wait_until(lambda: session.state.predictions is not None and not session.state.run.is_busy, "the run")
    wait_until(lambda: session.state.predictions is not None and "UMAP" in session.state.predictions.layouts, "UMAP")


def main(folder: Path) -> None:
    """Write ``dock-dark.png`` (from near, with names) and ``dock-light.png`` (the plate, with the embedding)."""
    folder.mkdir(parents=True, exist_ok=True)
    viewer = napari.Viewer(show=True)
    viewer.window.resize(*SIZE)
    dock = BenDock(viewer)
    viewer.window.add_dock_widget(dock, name="Plates", area="right")
    predict(dock)

    viewer.theme = "light"
    dock.session.select(("C03", "C04", "D03", "D04"))
    wait(1.0)
    dock.show_results()
    wait(1.0)
    viewer.screenshot(str(folder / "dock-light.png"), canvas_only=False, flash=False)

    viewer.theme = "dark"
    dock.show_top()
    dock.session.select(("D04",))
    dock.canvas.go_to("D04", around=0.3)
    wait(2.0)
    viewer.screenshot(str(folder / "dock-dark.png"), canvas_only=False, flash=False)
    viewer.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent / "images")
    main(parser.parse_args().folder)
