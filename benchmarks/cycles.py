"""Whether anything stays behind when a plate was opened, run and closed a hundred times in one process.

    python benchmarks/cycles.py [--cycles 100] [--what plate|dock|window] [--bare]

A cycle opens a tiny plate of TIFF files, runs a small network on it, selects wells and lets them go. Then, with
``plate``, the next one is opened in the same dock; with ``dock``, the dock is closed and a new one made; with
``window``, napari's whole window. With ``--bare`` a cycle is such images in napari alone, in the same window or, with
``window``, in a new one: what napari itself leaves behind. What is counted after the first cycles and at the end:
memory, threads, open files, Qt widgets, layers, callbacks on the viewer's events, temporary files, and the living
objects of this project by their class. Where the C library is GNU's, memory also as what it has handed out, without
the gaps between: that is what something holds. Needs a display; the person's own settings and caches are not touched.
"""

import argparse
import ctypes
import gc
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

os.environ["NAPARI_CONFIG"] = str(
    Path(tempfile.mkdtemp(prefix="cycles-")) / "settings.yaml"
)  # before napari is imported

import napari
import numpy as np
import psutil
import tifffile
from qtpy.QtCore import QCoreApplication, QEvent, QEventLoop, QThreadPool, QTimer
from qtpy.QtWidgets import QApplication

from napari_ben.models import ModelCard, Scaling, Tiling, TrainingRecord, build_network, save_model
from napari_ben.session import _tasks as tasks
from napari_ben.widgets import BenDock

HOME = Path(os.environ["NAPARI_CONFIG"]).parent
WELLS = [f"{row}{column:02d}" for row in "ABC" for column in range(1, 5)]
SETTLED = 10
PATIENCE = 120.0
OWN = "napari_ben."


def write_plate(folder: Path) -> Path:
    """Twelve wells of one field and two channels; the first column are controls."""
    images = folder / "Images"
    images.mkdir(parents=True)
    random = np.random.default_rng(0)
    for number, well in enumerate(WELLS):
        row, column = "ABC".index(well[0]) + 1, int(well[1:])
        for channel in (1, 2):
            pixels = random.gamma(2, 200 + 50 * number, (32, 32)).astype(np.uint16)
            tifffile.imwrite(images / f"r{row:02d}c{column:02d}f01p01-ch{channel}sk1fk1fl1.tiff", pixels)
    roles = "".join(f"{well},{'negative_control' if well.endswith('01') else 'treatment'}\n" for well in WELLS)
    (folder / "platemap.csv").write_text("well,role\n" + roles)
    return folder


def write_model(path: Path) -> Path:
    """Write a small untrained model for the plate."""
    network = build_network("resnet10", 2, 3, seed=1, width=8)
    card = ModelCard(
        name=path.stem,
        architecture="resnet10",
        options={"width": 8},
        classes=("actin", "tubulin", "kinase"),
        channels=("ch1", "ch2"),
        scaling=Scaling(kind="range", limits=(0, 4000)),
        tiling=Tiling(size=(32, 32)),
        embedding_size=network.embedding_size,
        training=TrainingRecord(method="cs-arm-bn"),
    )
    save_model(path, network, card)
    return path


def wait(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def wait_until(is_so: Callable[[], bool]) -> None:
    steps = 0
    while not is_so():
        steps += 1
        assert steps * 0.02 < PATIENCE, "waited too long"
        wait(0.02)


def settle() -> None:
    """Let threads end, Qt delete what waits for it, and Python collect."""
    QThreadPool.globalInstance().waitForDone()
    for _ in range(3):
        wait(0.02)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        gc.collect()


class Heap(ctypes.Structure):
    """What GNU's ``mallinfo2`` gives: ten counts of bytes."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in (*"abcdefg", "used", *"ij"))


def handed_out() -> dict[str, int]:
    """Count what the C library has handed out, where it says so."""
    ask = getattr(ctypes.CDLL(None), "mallinfo2", None) if sys.platform == "linux" else None
    if ask is None:
        return {}
    ask.restype = Heap
    return {"memory handed out, KiB": ask().used // 1024}


def callbacks(viewer: Any) -> int:
    """Count what listens to the viewer, its layers, its camera and its cursor."""
    groups = (viewer.events, viewer.layers.events, viewer.layers.selection.events, viewer.scene.camera.events)
    listening = sum(len(emitter.callbacks) for group in groups for emitter in group.emitters.values())
    return listening + len(viewer.mouse_drag_callbacks) + len(viewer.mouse_move_callbacks)


def measure(viewer: Any) -> Counter[str]:
    """Count what is there now."""
    settle()
    process = psutil.Process()
    counts = Counter(
        {
            "memory, KiB": process.memory_info().rss // 1024,
            "threads": process.num_threads(),
            "open files": process.num_fds() if hasattr(process, "num_fds") else process.num_handles(),
            "Qt widgets": len(QApplication.allWidgets()),
            "temporary files": sum(1 for _ in HOME.rglob("*")),
            "objects": len(gc.get_objects()),
        }
    )
    if viewer is not None:
        counts |= {"layers": len(viewer.layers), "callbacks": callbacks(viewer)}
    counts |= handed_out()
    kinds = (type(thing) for thing in gc.get_objects())
    counts.update(f"{kind.__module__.removeprefix(OWN)}.{kind.__name__}" for kind in kinds if is_own(kind))
    return counts


def is_own(kind: type) -> bool:
    """Whether a class is of this project."""
    return str(getattr(kind, "__module__", "")).startswith(OWN)


def use(dock: BenDock, plate: Path, model: Path) -> None:
    """Open the plate, run, select, and let the selection go."""
    session = dock.session
    session.load_model(model)
    wait_until(lambda: session.state.model is not None and session.state.model.card.name == model.stem)
    session.open(plate)
    wait_until(lambda: session.state.picture is not None and session.state.opening is None)
    wait_until(lambda: dock.canvas.is_complete and session.resolution.plan is not None)
    session.run()
    wait_until(lambda: not session.state.run.is_busy)
    assert session.state.predictions is not None
    wait_until(lambda: "PCA" in session.state.predictions.layouts and not session.state.layout_note)
    session.select(WELLS[:5])
    wait(0.05)
    session.select(())
    wait(0.05)


def add_dock(viewer: Any) -> BenDock:
    dock = BenDock(viewer)
    viewer.window.add_dock_widget(dock, name="Plates")
    return dock


class Cycles:
    """Cycles with the dock."""

    def __init__(self, what: str, plates: list[Path], model: Path) -> None:
        self._what, self._plates, self._model = what, plates, model
        self._viewer = None if what == "window" else napari.Viewer(show=True)
        self._dock = add_dock(self._viewer) if what == "plate" else None

    def turn(self, number: int) -> Any:
        """Make one, and give the viewer that is still there."""
        viewer = self._viewer or napari.Viewer(show=True)
        dock = self._dock or add_dock(viewer)
        use(dock, self._plates[number % len(self._plates)], self._model)
        if self._what == "dock":
            viewer.window.remove_dock_widget(dock)
            viewer.layers.clear()
        if self._what == "window":
            viewer.close()
        return self._viewer


class Bare:
    """Cycles of such images without the dock."""

    def __init__(self, what: str) -> None:
        self._viewer = None if what == "window" else napari.Viewer(show=True)

    def turn(self, _number: int) -> Any:
        """Make one, and give the viewer that is still there."""
        viewer = self._viewer or napari.Viewer(show=True)
        for channel in range(2):
            viewer.add_image([np.zeros((96, 128), np.uint16), np.zeros((48, 64), np.uint16)], name=f"ch{channel}")
        viewer.add_points(np.zeros((12, 2)))
        wait(0.2)
        viewer.layers.clear()
        if self._viewer is None:
            viewer.close()
        return self._viewer


def no_device() -> Any:
    """Ask no other process: it costs seconds, and is over before the run."""
    yield
    return "CPU"


def report(first: Counter[str], last: Counter[str], cycles: int) -> int:
    """Print what grew; give how many kinds of things did."""
    grown = {name: last[name] - first[name] for name in last if last[name] > first[name]}
    for name in sorted(grown, key=lambda name: (name.startswith(tuple("abcdefghijklnopqrsuvwxyz")), -grown[name])):
        print(f"    {name:48} {first[name]:10,} → {last[name]:10,}   {grown[name] / cycles:8.2f} a cycle")
    return len(grown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cycles", type=int, default=100)
    parser.add_argument("--what", choices=("plate", "dock", "window"), default="plate")
    parser.add_argument("--bare", action="store_true", help="napari alone, without the dock")
    arguments = parser.parse_args()
    tasks.device_work = no_device
    os.environ["NAPARI_BEN_CACHE"] = str(HOME / "cache")
    tempfile.tempdir = str(HOME)
    plates = [write_plate(HOME / f"plate {number}") for number in (1, 2)]
    model = write_model(HOME / "tiny.safetensors")
    cycles = Bare(arguments.what) if arguments.bare else Cycles(arguments.what, plates, model)
    first: Counter[str] = Counter()
    for number in range(arguments.cycles):
        viewer = cycles.turn(number)
        if number == SETTLED - 1:
            first = measure(viewer)
    last = measure(viewer)
    what = f"{arguments.what}, bare" if arguments.bare else arguments.what
    print(f"{arguments.cycles} cycles ({what}), {process_time():.0f} s of CPU;")
    print(f"what is there after {SETTLED} and after {arguments.cycles} of them, where it grew:")
    report(first, last, arguments.cycles - SETTLED)
    sys.stdout.flush()
    if viewer is not None:
        viewer.close()
    shutil.rmtree(HOME)


if __name__ == "__main__":
    main()
