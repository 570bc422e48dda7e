"""Make the pictures of the README: the real window at 1400×900 with the sample plate, in the dark and the light theme.

Takes about a minute. The plate is one of the other laboratory, which the model has never seen.
"""

import argparse
from pathlib import Path

from window import open_window, wait, wait_until

from napari_ben.widgets import BenDock

PLATE = "AWAY-0-P1"


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
    viewer, dock = open_window()
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
