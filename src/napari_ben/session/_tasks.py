"""The work that takes longer than a blink, as generators.

Whoever watches drains them: the dock in a thread, a test or a script in place. A generator yields what can be shown
meanwhile. Sending it `STOP` asks it to stop and to return what it has; closing it stops it and drops that.
"""

import subprocess
import sys
from collections.abc import Generator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Literal

import pandas as pd

from napari_ben.models import Model, load_model
from napari_ben.plates import Opening, Plate, Screen, View, ZChoice
from napari_ben.readers import PatternPreview, Place, open_plate, open_screen, pattern_images, preview_pattern
from napari_ben.results import Predictions
from napari_ben.session._picture import Picture, first_picture
from napari_ben.session._torch import load_torch_library

if TYPE_CHECKING:
    from napari_ben.workflow import InputCache, Plan, Progress

Lane = Literal[
    "plate",
    "model",
    "run",
    "layout",
    "export",
    "device",
    "picture",
    "details",
    "preview",
    "teach",
    "save",
    "compare",
    "quality",
    "train",
    "split",
    "session",
    "keep",
    "kept",
    "trust",
    "align",
    "screen",
    "survey",
    "recall",
]
Work = Generator[object, "bool | None", object]

STOP = True
"""What is sent into a task's work to make it stop."""
BETWEEN_STEPS = 0.2
"""Seconds between two pictures of a run: more often nobody sees, and the tables would cost more than the network."""


@dataclass(frozen=True, eq=False)
class Task:
    """A piece of work that the session wants done.

    Parameters
    ----------
    lane
        What it is for; a new task on a lane makes the older one's results stale.
    generation
        Its number, by which stale results are told.
    title
        What the person reads while it runs.
    work
        The generator; not started.
    """

    lane: Lane
    generation: int
    title: str
    work: Work


@dataclass(frozen=True)
class RunStep:
    """A picture of a run: its progress, and the wells finished so far when there are new ones."""

    progress: "Progress"
    predictions: Predictions | None


@dataclass(frozen=True, eq=False)
class Opened:
    """A plate ready to be shown, and the screen that it came with when a folder was opened."""

    plate: Plate
    picture: Picture
    screen: Screen | None = None
    source: Path | None = None
    asked: Opening | None = None


def open_work(
    path: Path, platemap: Path | None, layout: str | None = None, pattern: str | None = None, view: View | None = None
) -> Generator[None, "bool | None", Opened]:
    """Open a folder as a screen, and prepare its first plate to be shown."""
    yield
    asked = Opening(layout=layout, pattern=pattern)
    screen = open_source(path, asked, platemap)
    yield
    if view is not None:
        screen = replace(screen, plates=tuple(plate.at(**asdict(view)) for plate in screen))
    plate = screen.plates[0]
    return Opened(plate, first_picture(plate), screen, path.expanduser().absolute(), asked)


def open_source(path: Path, asked: Opening, platemap: Path | None = None) -> Screen:
    """Open a folder as a screen; with a pattern it is one plate."""
    if asked.pattern is None:
        return open_screen(path, platemap=platemap, layout=asked.layout)
    plate = open_plate(path, platemap=platemap, pattern=asked.pattern)
    table = pd.DataFrame({"experiment": [plate.experiment]}, index=pd.Index([plate.name], name="plate"))
    return Screen(plate.name, plate.path, (plate,), table)


def sample_work() -> Generator[str | None, "bool | None", Opened]:
    """Open the sample screen; the first time it is drawn, which is told in words."""
    from napari_ben.samples import iter_sample_screen

    folder = yield from _in_words(iter_sample_screen())
    return (yield from open_work(folder, None))


def _in_words(steps: Generator[tuple[int, int], None, Path]) -> Generator[str, "bool | None", Path]:
    try:
        while True:
            done, total = next(steps)
            yield f"Drawing the sample plates: {done / total:.0%}"
    except StopIteration as finished:
        folder: Path = finished.value
        return folder


def show_work(plate: Plate) -> Generator[None, "bool | None", Opened]:
    """Prepare another plate of the screen to be shown."""
    yield
    return Opened(plate, first_picture(plate))


def view_work(
    plate: Plate, z: ZChoice | None, time: int | None, acquisition: str | None
) -> Generator[None, "bool | None", Opened]:
    """Prepare another view of the plate to be shown."""
    yield
    view = plate.at(z=z, time=time, acquisition=acquisition)
    return Opened(view, first_picture(view))


def preview_work(path: Path, pattern: str) -> Generator[None, "bool | None", PatternPreview]:
    """Try a pattern on the names of a folder."""
    yield
    return preview_pattern(pattern_images(Place(path), pattern), pattern)


def model_work(name: str | Path) -> Generator[None, "bool | None", Model]:
    """Load a model's card and weights file; large files take a moment to check."""
    yield
    return load_model(name)


def run_work(plan: "Plan", cache: "InputCache | None" = None) -> Generator[RunStep, "bool | None", Predictions]:
    """Run a plan, with a picture at most every `BETWEEN_STEPS`; when asked to stop, the finished wells are returned.

    Parameters
    ----------
    plan
        What to run.
    cache
        Decoded images of earlier runs on this plate.
    """
    from napari_ben.workflow import partial_predictions, run_prediction

    load_torch_library()
    finished = []
    is_new = False
    due = monotonic()
    run = run_prediction(plan, cache)
    try:
        while True:
            progress = next(run)
            if progress.finished is not None:
                finished.append(progress.finished)
                is_new = True
            if monotonic() < due:
                continue
            partial = partial_predictions(plan, finished) if is_new else None
            if (yield RunStep(progress, partial)):
                return partial_predictions(plan, finished)
            is_new, due = False, monotonic() + BETWEEN_STEPS
    except StopIteration as stop:
        predictions: Predictions = stop.value
        return predictions
    finally:
        run.close()


def device_work() -> Generator[None, "bool | None", str]:
    """Put into words what a network would run on, asking another process: here torch is not loaded before Run."""
    question = "from napari_ben.workflow import describe_device; print(describe_device())"
    with subprocess.Popen([sys.executable, "-c", question], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 # our own question
        try:
            while process.poll() is None:
                if (yield):
                    return ""
                sleep(BETWEEN_STEPS)
            answer = process.stdout.read() if process.stdout else ""
        finally:
            process.kill()
    return answer.strip() or "GPU or CPU is chosen at Run"
