"""How long the window stands still while a person works, and whose work that is.

    python benchmarks/gui_pauses.py [--plate FOLDER] [--bare] [--stacks]

A timer in the window's thread beats every 5 ms; a gap of more than 100 ms between two beats is a pause. Another thread
looks meanwhile where the window's thread is, so that each pause is ascribed: to our code, to napari's (and to which
line of ours called it), to Qt, or to a thread that held the interpreter. In brackets is how long the window's thread
was computing; the rest of a pause it waited, for the interpreter, the graphics, or a processor. With ``--bare`` the
same images are added to a viewer without the dock, one per turn of the event loop: what napari alone costs here. Needs
a display. The person's own settings are not touched: napari's are read from, and written to, a temporary file.
"""

import argparse
import os
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from time import perf_counter, sleep, thread_time
from types import FrameType
from typing import Any

os.environ.setdefault("NAPARI_CONFIG", str(Path(tempfile.mkdtemp()) / "settings.yaml"))  # before napari is imported

import napari
import numpy as np
from qtpy.QtCore import QEventLoop, QTimer

from napari_ben.session import Session, mosaic_layers
from napari_ben.session._picture import first_picture
from napari_ben.session._tasks import sample_work
from napari_ben.widgets import BenDock

BEAT, LOOK, PAUSE = 0.005, 0.01, 0.1
SIZE = (1400, 900)
PATIENCE = 300.0


@dataclass(frozen=True)
class Look:
    """Where the window's thread was, and how late the looking thread came: it waits for the interpreter too."""

    time: float
    late: float
    stack: tuple[tuple[str, str, int], ...]
    others: tuple[str, ...]


@dataclass(frozen=True)
class Pause:
    """A gap between two beats, how much of it the window's thread was computing, and what it was at."""

    seconds: float
    busy: float
    looks: list[Look]


@dataclass
class Pauses:
    """Beats of the window's thread, and looks at it between them."""

    beats: list[tuple[float, float]] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def beat(self) -> None:
        """Note that the window's thread is alive."""
        self.beats.append((perf_counter(), thread_time()))

    def look(self, window_thread: int) -> None:
        """Note where the window's thread is, whenever it has not beaten for a while."""
        last = perf_counter()
        while not self.is_over.is_set():
            sleep(LOOK)
            now = perf_counter()
            frames = sys._current_frames()  # noqa: SLF001 # the standard library's own word for it
            if self.beats and now - self.beats[-1][0] > 2 * LOOK:
                own = threading.get_ident()
                others = tuple(
                    _words(_stack(frame)[0]) for key, frame in frames.items() if key not in {window_thread, own}
                )
                self.looks.append(Look(now, now - last - LOOK, _stack(frames[window_thread]), others))
            last = now

    def between(self, start: float, end: float) -> Iterator[Pause]:
        """Gaps between two beats."""
        beats = [beat for beat in self.beats if start <= beat[0] <= end]
        for (earlier, was_busy), (later, is_busy) in pairwise(beats):
            if later - earlier > PAUSE:
                looks = [look for look in self.looks if earlier < look.time <= later]
                yield Pause(later - earlier, is_busy - was_busy, looks)


def _stack(frame: FrameType | None) -> tuple[tuple[str, str, int], ...]:
    lines = []
    while frame is not None:
        lines.append((frame.f_code.co_filename, frame.f_code.co_name, frame.f_lineno))
        frame = frame.f_back
    return tuple(lines)


def _words(line: tuple[str, str, int]) -> str:
    path, name, number = line
    parts = Path(path).parts
    start = next((place for place, part in enumerate(parts) if part == "site-packages"), None)
    shown = parts[start + 1 :] if start is not None else parts[-2:]
    return f"{'/'.join(shown)}:{number} {name}"


def whose(look: Look) -> str:
    """Say whose work a look met: the innermost of ours and napari's lines, and who called it."""
    if look.late > 4 * LOOK:
        return "interpreter held by another thread or a library"
    ours = next((line for line in look.stack if "napari_ben" in line[0]), None)
    parts = [Path(line[0]).parts for line in look.stack]
    inner = next(
        (line for line, part in zip(look.stack, parts, strict=True) if {"napari", "napari_ben"} & {*part}), None
    )
    if inner is None:
        return "Qt and what it calls"
    if inner is ours:
        return f"OURS {_words(inner)}"
    return f"napari {_words(inner)}" + (f"  <- {_words(ours)}" if ours else "")


@contextmanager
def watched() -> Iterator[Pauses]:
    pauses = Pauses()
    heart = QTimer()
    heart.timeout.connect(pauses.beat)
    heart.start(round(1000 * BEAT))
    watcher = threading.Thread(target=pauses.look, args=(threading.get_ident(),), daemon=True)
    watcher.start()
    try:
        yield pauses
    finally:
        pauses.is_over.set()
        watcher.join()
        heart.stop()


def wait(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def wait_until(is_so: Callable[[], bool]) -> None:
    start = perf_counter()
    while not is_so():
        assert perf_counter() - start < PATIENCE, "waited too long"
        wait(0.05)
    wait(1.0)


def report(title: str, pauses: Pauses, action: Callable[[], None], *, has_stacks: bool) -> None:
    wait(0.5)
    start = perf_counter()
    action()
    end = perf_counter()
    met = sorted(pauses.between(start, end), key=lambda pause: -pause.seconds)
    own = sum(pause.busy > PAUSE for pause in met)
    longest = met[0].seconds if met else 0.0
    print(
        f"{title:20} {end - start:7.1f} s  {len(met):3} pauses, {own:3} computing  longest {longest:5.2f} s", flush=True
    )
    for pause in met:
        causes = Counter(whose(look) for look in pause.looks).most_common(3) or [("not seen", 0)]
        told = "\n                     ".join(f"{count:3}× {cause}" for cause, count in causes)
        print(f"    {pause.seconds:5.2f} ({pause.busy:5.2f}) s  {told}")
        if has_stacks and pause.looks:
            deepest = Counter(look.stack for look in pause.looks).most_common(1)[0][0]
            print("             " + "\n             ".join(_words(line) for line in deepest[:24]))
            print("             others: " + ", ".join(pause.looks[-1].others))


def person(viewer: Any, dock: BenDock, plate: Path | None) -> dict[str, Callable[[], None]]:
    """Give what a person does, step by step."""
    session: Session = dock.session

    def open_plate() -> None:
        session.open(plate) if plate else session.open_sample()
        wait_until(lambda: session.state.picture is not None and session.state.opening is None)
        wait_until(lambda: dock.canvas.is_complete)
        wait(3.0)

    def run() -> None:
        wait_until(lambda: session.resolution.plan is not None)
        session.run()
        wait_until(lambda: not session.state.run.is_busy)
        wait_until(lambda: session.state.predictions is not None and "UMAP" in session.state.predictions.layouts)

    def pick() -> None:
        wells = list(session.state.plate.imaged.index)
        for last in range(1, len(wells), max(len(wells) // 60, 1)):
            session.select(wells[:last])
            wait(0.03)

    steps = {"open a plate": open_plate, "select wells": pick, **looking(viewer)}
    has_model = plate is None
    return {**steps, **({"first run": run, "second run": run} if has_model else {})}


def looking(viewer: Any) -> dict[str, Callable[[], None]]:
    """Give what a person does with any image: zoom in and pan, out again, and switch channels off and on."""

    def move() -> None:
        lens = viewer.scene.camera
        (y, x), zoom = lens.center[-2:], lens.zoom
        for step in [*range(40), *range(40, 0, -1)]:
            lens.zoom = zoom * 1.1**step
            lens.center = (0.0, y * (1 - step / 200), x * (1 + step / 200))
            wait(0.03)

    def switch() -> None:
        for layer in [layer for layer in viewer.layers if "napari_ben" in layer.metadata] * 2:
            layer.visible = not layer.visible
            wait(0.2)

    return {"zoom and pan": move, "switch channels": switch}


def bare(viewer: Any, plate: Path | None) -> dict[str, Callable[[], None]]:
    """Give napari's own part: the coarsest level of the same images, in memory, one per turn of the event loop."""
    from napari_ben.readers import open_screen

    opened = open_screen(plate).plates[0] if plate else _drain(sample_work()).plate
    layers = mosaic_layers(opened, first_picture(opened))

    def add() -> None:
        for levels, keywords, _ in layers:
            viewer.add_image(np.asarray(levels[-1]), **(keywords | {"multiscale": False}))
            wait(0.05)
        wait(3.0)

    return {"open a plate": add, **looking(viewer)}


def _drain(work: Any) -> Any:
    try:
        while True:
            next(work)
    except StopIteration as finished:
        return finished.value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--plate", type=Path, help="a folder; the sample screen when left out")
    parser.add_argument("--bare", action="store_true", help="napari alone, without the dock")
    parser.add_argument("--stacks", action="store_true", help="print the commonest stack of each pause")
    arguments = parser.parse_args()
    viewer = napari.Viewer(show=True)
    viewer.window.resize(*SIZE)
    if arguments.bare:
        steps = bare(viewer, arguments.plate)
    else:
        dock = BenDock(viewer)
        viewer.window.add_dock_widget(dock, name="Plates", area="right")
        steps = person(viewer, dock, arguments.plate)
    wait(2.0)
    with watched() as pauses:
        for title, action in steps.items():
            report(title, pauses, action, has_stacks=arguments.stacks)
    viewer.close()


if __name__ == "__main__":
    main()
