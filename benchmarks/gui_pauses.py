"""How long the window stands still while a person works, and whose work that is.

    python benchmarks/gui_pauses.py [--plate FOLDER | --wells 384 --fields 9 --channels 5] [--only dock|bare] [--stacks]

Two windows, one after the other: one with the dock, and a bare one to which the same images are added, one per turn of
the event loop; what napari alone costs here is the yardstick. A pause is ascribed by processor time (`watching`): to
our code, to napari at our call, or to napari and Qt on their own. Without a plate the sample screen is opened and its
model run. With ``--wells`` a screen of two synthetic plates is written, small in pixels, and predictions are invented:
what is measured is the window. Needs a display. The person's own settings and cache are not touched.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

os.environ.setdefault("NAPARI_CONFIG", str(Path(tempfile.mkdtemp()) / "settings.yaml"))  # before napari is imported

import napari
import numpy as np
import pandas as pd
import tifffile
from qtpy.QtCore import QEventLoop, QTimer
from watching import PAUSE, Pause, Whose, watched, words

from napari_ben.plates import FORMATS, Plate, PlateFormat, well_position
from napari_ben.readers import open_screen
from napari_ben.results import Predictions
from napari_ben.session import KEY, RunState, RunStep, Session, mosaic_layers
from napari_ben.session._picture import first_picture
from napari_ben.session._tasks import BETWEEN_STEPS, sample_work
from napari_ben.widgets import BenDock
from napari_ben.widgets._looks import colour_columns
from napari_ben.workflow import Progress

SIZE = (1400, 900)
PATIENCE = 300.0
SIDE, DISTINCT = 64, 8
Steps = dict[str, Callable[[], None]]


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


def write_screen(folder: Path, plate_format: PlateFormat, fields: int, channels: int) -> Path:
    """Write two plates of small TIFFs, which are links to a few, with a platemap each."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for number in range(DISTINCT):
        tifffile.imwrite(folder.parent / f"{number}.tif", rng.gamma(2.0, 400.0, (SIDE, SIDE)).astype(np.uint16))
    wells = plate_format.well_names()
    for plate in ("P1", "P2"):
        (folder / plate).mkdir()
        images = product(wells, range(1, fields + 1), range(1, channels + 1))
        for place, (well, field, channel) in enumerate(images):
            row, column = (part + 1 for part in well_position(well))
            name = f"r{row:02d}c{column:02d}f{field:02d}p01-ch{channel}sk1fk1fl1.tiff"
            os.link(folder.parent / f"{place % DISTINCT}.tif", folder / plate / name)
        platemap(wells).to_csv(folder / plate / "platemap.csv", index=False)
    return folder


def platemap(wells: tuple[str, ...]) -> pd.DataFrame:
    """Say what is on a synthetic plate: two columns of controls, sixty compounds, three doses, twelve mechanisms."""
    numbers = np.arange(len(wells))
    is_control = np.array([well_position(well)[1] < 2 for well in wells])
    return pd.DataFrame(
        {
            "well": wells,
            "role": np.where(is_control, "negative_control", "treatment"),
            "treatment": np.where(is_control, "DMSO", [f"compound {number % 60}" for number in numbers]),
            "dose": np.array([0.1, 1.0, 10.0])[numbers % 3],
            "mechanism": [f"mechanism {number % 12}" for number in numbers],
        }
    )


def invented(plate: Plate, wells: list[str] | None = None) -> Predictions:
    """Predictions for a plate, or for its first wells."""
    chosen = list(plate.imaged.index) if wells is None else wells
    fields = plate.fields.iloc[plate.rows_of(chosen)]
    table = plate.wells.loc[fields["well"]]
    index = pd.DataFrame({"well": fields["well"].to_numpy(), "site": fields["field"].to_numpy()})
    for column in ("role", "treatment", "dose", "mechanism"):
        index[column] = table[column].to_numpy()
    index["in_context"] = index["role"] == "negative_control"
    rng = np.random.default_rng(1)
    return Predictions(
        plate_name=plate.name,
        classes=tuple(f"class {number}" for number in range(12)),
        logits=rng.normal(size=(len(index), 12)).astype(np.float32),
        embeddings=rng.normal(size=(len(index), 16)).astype(np.float32),
        well_logits=rng.normal(size=(len(chosen), 12)).astype(np.float32),
        index=index,
        run={"method": "cs-arm-bn", "model": {"sha256": ""}},
        complete=wells is None,
    )


def invented_run(plate: Plate) -> Iterator[RunStep]:
    """Give a run that finishes some wells every fifth of a second."""
    wells = list(plate.imaged.index)
    for done in range(1, len(wells), max(len(wells) // 40, 1)):
        yield RunStep(Progress(done, len(wells), "wells", "prediction"), invented(plate, wells[:done]))
        sleep(BETWEEN_STEPS)
    whole = invented(plate)
    lying = whole.embeddings[:, :2].astype(float)
    return whole.with_layout("PCA", lying).with_layout("UMAP", lying[:, ::-1])


class Person:
    """What a person does with the dock, step by step.

    Parameters
    ----------
    viewer, dock
        The window.
    plate
        A folder to open; the sample screen when None.
    is_invented
        Whether the predictions are.
    """

    def __init__(self, viewer: Any, dock: BenDock, plate: Path | None, *, is_invented: bool) -> None:
        self._viewer, self._dock, self._plate, self._is_invented = viewer, dock, plate, is_invented
        self._session: Session = dock.session

    def steps(self) -> Steps:
        """Give what is done, in order."""
        steps = {"open a plate": self.open, "show another plate": self.show_another, "select wells": self.select}
        if self._is_invented or self._plate is None:
            steps |= {"first run": self.run, "second run": self.run, "select points": self.select_points}
        return {
            **steps,
            "colour by columns": self.colour,
            "choose contexts": self.choose,
            **looking(self._viewer),
            "zoom to names": self.zoom_to_names,
            "close the dock": self.close,
        }

    def _settle(self) -> None:
        wait_until(lambda: self._session.state.opening is None and self._dock.canvas.is_complete)
        wait(3.0)

    def open(self) -> None:
        """Open it."""
        self._session.open(self._plate) if self._plate else self._session.open_sample()
        wait_until(lambda: self._session.state.picture is not None)
        self._settle()

    def show_another(self) -> None:
        """Show the next plate of the screen, where there is one."""
        for name in [plate.name for plate in self._session.state.screen][1:2]:
            self._session.show_plate(name)
            self._settle()

    def select(self) -> None:
        """Select more and more wells, as a rubber band does."""
        wells = list(self._session.state.plate.imaged.index)
        for last in range(1, len(wells), max(len(wells) // 60, 1)):
            self._session.select(wells[:last])
            wait(0.03)

    def select_points(self) -> None:
        """Select more and more points, as a lasso does."""
        canvas = self._dock.results.embedding.canvas
        far = np.linalg.norm(canvas.data.xy - canvas.data.xy.mean(axis=0), axis=1)
        for share in np.linspace(0.0, 1.0, 60):
            canvas.select(far <= np.quantile(far, share))
            wait(0.03)

    def run(self) -> None:
        """Run, until the embedding is there."""
        session = self._session
        if self._is_invented:
            session._set(run=RunState("running"))  # noqa: SLF001 # as `run` does, with other work
            session._want("run", "Predicting", invented_run(session.state.plate))  # noqa: SLF001
        else:
            wait_until(lambda: session.resolution.plan is not None)
            session.run()
        wait_until(lambda: not session.state.run.is_busy)
        wait_until(lambda: session.state.predictions is not None and "UMAP" in session.state.predictions.layouts)

    def colour(self) -> None:
        """Colour wells and points by each column."""
        for column in colour_columns(self._session.state.plate, self._session.state.predictions):
            self._session.colour_by(column)
            wait(0.1)
            self._session.colour_points_by(column)
            wait(0.1)

    def choose(self) -> None:
        """Choose each kind of context."""
        for kind in ("plate", "wells", "controls"):
            self._session.choose_context(kind)
            wait(0.3)

    def zoom_to_names(self) -> None:
        """Go from well to well, so near that names are written."""
        for well in self._session.state.plate.imaged.index[:: max(len(self._session.state.plate.imaged) // 12, 1)]:
            self._dock.canvas.go_to(well, around=1.0)
            wait(0.5)

    def close(self) -> None:
        """Take the dock out of the window."""
        self._viewer.window.remove_dock_widget(self._dock)
        self._dock.close()
        self._dock.deleteLater()
        wait(1.0)


def looking(viewer: Any) -> Steps:
    """Give what a person does with any image: zoom in and pan, out again, and switch channels off and on."""

    def move() -> None:
        lens = viewer.scene.camera
        (y, x), zoom = lens.center[-2:], lens.zoom
        for step in [*range(40), *range(40, 0, -1)]:
            lens.zoom = zoom * 1.1**step
            lens.center = (0.0, y * (1 - step / 200), x * (1 + step / 200))
            wait(0.03)

    def switch() -> None:
        for layer in [layer for layer in viewer.layers if KEY in layer.metadata] * 2:
            layer.visible = not layer.visible
            wait(0.2)

    return {"zoom and pan": move, "switch channels": switch}


def bare(viewer: Any, plate: Path | None) -> Steps:
    """Give napari's own part: the coarsest level of the same images, in memory, one per turn of the event loop."""
    screen = open_screen(plate) if plate else _drain(sample_work()).screen
    described = [mosaic_layers(plate, first_picture(plate)) for plate in screen.plates[:2]]

    def add() -> None:
        for levels, keywords, _ in described[0]:
            viewer.add_image(np.asarray(levels[-1]), **(keywords | {"multiscale": False}))
            wait(0.05)
        y, x = described[0][0][0][-1].shape
        viewer.add_image(np.zeros((y, x, 4), np.uint8), rgb=True)
        wait(0.05)
        viewer.add_points(np.random.default_rng(0).uniform(0, (y, x), (384, 2)), text=[f"{n}" for n in range(384)])
        wait(3.0)

    def replace() -> None:
        for layer, (levels, _, _) in zip(viewer.layers, described[-1], strict=False):
            layer.data = np.asarray(levels[-1])
            wait(0.05)
        wait(3.0)

    return {"open a plate": add, "show another plate": replace, **looking(viewer)}


def _drain(work: Any) -> Any:
    try:
        while True:
            next(work)
    except StopIteration as finished:
        return finished.value


@dataclass(frozen=True)
class Summary:
    """A step in numbers, seconds of the window's thread.

    Parameters
    ----------
    title
        Of the step.
    pauses
        How many it had in which more than `PAUSE` was computed.
    longest
        What was computed in the longest.
    longest_ours
        The most that our own code computed in one.
    shares
        For whom was computed, in pauses and between them.
    """

    title: str
    pauses: int
    longest: float
    longest_ours: float
    shares: dict[str, float]

    @classmethod
    def of(cls, title: str, met: list[Pause], shares: Counter[Whose]) -> "Summary":
        """Add up the pauses of a step, longest first."""
        computing = sum(pause.busy > PAUSE for pause in met)
        ours = max((pause.shares()["ours"] for pause in met), default=0.0)
        return cls(title, computing, met[0].busy if met else 0.0, ours, dict(shares))


def measure(steps: Steps, *, has_stacks: bool) -> Iterator[Summary]:
    """Do the steps; print the pauses of each, and give what they add up to."""
    with watched() as watch:
        for title, action in steps.items():
            wait(0.5)
            start = perf_counter()
            action()
            end = perf_counter()
            met = sorted(watch.pauses(start, end), key=lambda pause: -pause.busy)
            tell(title, end - start, met, has_stacks=has_stacks)
            yield Summary.of(title, met, watch.shares(start, end))


def tell(title: str, seconds: float, met: list[Pause], *, has_stacks: bool) -> None:
    computing = [pause for pause in met if pause.busy > PAUSE]
    print(f"{title:20} {seconds:6.1f} s  {len(met):3} pauses, {len(computing):2} computing", flush=True)
    for pause in computing:
        shares = ", ".join(f"{whose} {share:.2f}" for whose, share in pause.shares().most_common())
        print(f"    {pause.busy:5.2f} of {pause.seconds:5.2f} s: {shares}")
        for cause, share in pause.causes(4):
            print(f"          {share:5.2f} s  {cause}")
        if has_stacks:
            print("             " + "\n             ".join(words(line) for line in pause.stack()[:24]))


def work(arguments: argparse.Namespace) -> None:
    """Open a window and do the steps."""
    viewer = napari.Viewer(show=True)
    viewer.window.resize(*SIZE)
    if arguments.only == "bare":
        steps = bare(viewer, arguments.plate)
    else:
        dock = BenDock(viewer)
        viewer.window.add_dock_widget(dock, name="Plates", area="right")
        steps = Person(viewer, dock, arguments.plate, is_invented=bool(arguments.wells)).steps()
    wait(2.0)
    summaries = [asdict(summary) for summary in measure(steps, has_stacks=arguments.stacks)]
    viewer.close()
    if arguments.out:
        arguments.out.write_text(json.dumps(summaries))


def beside(arguments: argparse.Namespace, folder: Path) -> None:
    """Measure both windows, each in a process of its own, and set them side by side."""
    found: dict[str, dict[str, Summary]] = {}
    options = [*(["--plate", str(arguments.plate)] if arguments.plate else []), *(["--stacks"] * arguments.stacks)]
    options += ["--wells", str(arguments.wells)] if arguments.wells else []
    for which in ("bare", "dock"):
        out = folder / f"{which}.json"
        print(f"{which}:", flush=True)
        command = [sys.executable, __file__, *options, "--only", which, "--out", str(out)]
        subprocess.run(command, check=True)  # noqa: S603 # ourselves
        found[which] = {part["title"]: Summary(**part) for part in json.loads(out.read_text())}
    print(
        f"\n{'computed, s':20} {'pauses':>7} {'longest':>8} {'all':>7} {'ours':>6} {'for us':>7} {'ours at most':>13}"
    )
    for title, summary in found["dock"].items():
        total, shares = sum(summary.shares.values()), Counter(summary.shares)
        told = f"{summary.pauses:7} {summary.longest:8.2f} {total:7.2f} {shares['ours']:6.2f}"
        told += f" {shares['napari for us']:7.2f} {summary.longest_ours:13.2f}"
        if title in found["bare"]:
            alone = found["bare"][title]
            ratio = summary.longest / max(alone.longest, 1e-3)
            told += f"   napari alone: {alone.pauses} pauses, longest {alone.longest:.2f}; dock : alone = {ratio:.1f}"
        print(f"{title:20} {told}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--plate", type=Path, help="a folder; the sample screen when left out")
    parser.add_argument("--wells", type=int, choices=sorted(FORMATS), help="of two synthetic plates")
    parser.add_argument("--fields", type=int, default=9, help="of a synthetic well")
    parser.add_argument("--channels", type=int, default=5, help="of a synthetic plate")
    parser.add_argument("--only", choices=["dock", "bare"], help="one of the two windows")
    parser.add_argument("--stacks", action="store_true", help="print the commonest stack of each pause")
    parser.add_argument("--out", type=Path, help="a JSON file for the numbers of one window")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.wells and not arguments.plate:
            size = (FORMATS[arguments.wells], arguments.fields, arguments.channels)
            arguments.plate = write_screen(Path(folder) / "screen", *size)
            os.environ["NAPARI_BEN_CACHE"] = str(Path(folder) / "cache")
        work(arguments) if arguments.only else beside(arguments, Path(folder))


if __name__ == "__main__":
    main()
