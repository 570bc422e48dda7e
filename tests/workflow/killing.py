"""Does a piece of work in forks that are killed at the moment at which they touch a file: ``killing.py CASE FOLDER``.

A fork is killed with SIGKILL at its n-th touch of a file under FOLDER (opened to be written, moved, made, removed), for
a few n drawn by a seed. After each, what is there must be whole or absent; the work is then done again over what the
killed one left, and must come to what undisturbed work comes to.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from conftest import make_model, make_plate

from napari_ben.models import load_model
from napari_ben.plates import Screen
from napari_ben.results import ARCHIVE_FILE, RUN_FILE, restore_predictions
from napari_ben.workflow import Extras, compare, predict, predict_screen, read_run, train

POINTS, SEED = 5, 7
TOUCHES = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.move"}
PLATES = [replace(make_plate(seed=number), name=name) for number, name in enumerate(("P1", "P2"))]
SCREEN = Screen("S", Path("S"), tuple(PLATES), pd.DataFrame({"experiment": ["e", "e"]}, index=["P1", "P2"]))
MODEL = make_model()
OPTIONS = {"context": "controls", "threads": 1}


def check_results(folder: Path) -> None:
    """A folder with a run file holds whole tables."""
    for path in folder.rglob(RUN_FILE):
        if any(part.startswith(".napari-ben-") for part in path.parts):
            continue
        record = read_run(path)
        if (path.parent / ARCHIVE_FILE).exists():
            assert len(restore_predictions(path.parent / ARCHIVE_FILE)) == record.n_fields
        else:
            assert len(pd.read_csv(path.parent / "fields.csv")) == record.n_fields
            assert len(pd.read_csv(path.parent / "wells.csv")) == record.n_wells


def check_models(folder: Path) -> None:
    """A model that is there can be built."""
    for path in folder.glob("*.safetensors"):
        load_model(path).network()


def export(folder: Path) -> None:
    predict(PLATES[0], MODEL, "controls", **OPTIONS).save(folder / "out", ["csv"])


def export_again(folder: Path) -> None:
    predict(PLATES[0], MODEL, "none").save(folder / "out", ["csv"])


def screen(folder: Path) -> None:
    predict_screen(SCREEN, MODEL, folder / "out", method="controls", extras=Extras(formats=("csv",)), **OPTIONS)


def comparison(folder: Path) -> None:
    found = compare(SCREEN, [MODEL], methods=("none", "controls"), out=folder / "out", context="controls")
    found.table.drop(columns="seconds", errors="ignore").to_csv(folder / "table.csv")


def training(folder: Path) -> None:
    out = folder / "m.safetensors"
    train(
        PLATES,
        "erm",
        out=out,
        resume=out.with_name(out.name + ".checkpoint").exists(),
        labels="mechanism",
        label_controls=True,
        architecture="resnet10",
        options={"width": 4},
        epochs=2,
        batch_size=8,
        validation_share=0.0,
        threads=1,
    )


def bundle(folder: Path) -> None:
    MODEL.save(folder / "m.safetensors")


@dataclass(frozen=True)
class Case:
    """Work, what must hold of what it leaves, and what was there before it."""

    do: Callable[[Path], None]
    check: Callable[[Path], None]
    before: Callable[[Path], None] | None = None


CASES = {
    "an export": Case(export, check_results),
    "an export over another": Case(export_again, check_results, before=export),
    "a screen": Case(screen, check_results),
    "a comparison": Case(comparison, check_results),
    "a training": Case(training, check_models),
    "a model": Case(bundle, check_models),
}


def in_fork(do: Callable[[], None]) -> int:
    """Do something in a fork, and give its status."""
    child = os.fork()
    if child == 0:
        try:
            do()
        except Exception as error:  # noqa: BLE001 # the parent is told
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def watch(folder: Path, deadly: int, tally: Path) -> None:
    """Count touches of files below a folder, and end at one of them."""
    touches = [0]

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if event not in TOUCHES or not str(arguments[0]).startswith(str(folder)):
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)):
            return
        touches[0] += 1
        if touches[0] == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        os.pwrite(counter, b"%08d" % touches[0], 0)

    counter = os.open(tally, os.O_CREAT | os.O_RDWR)
    sys.addaudithook(hear)


def content(folder: Path) -> dict[str, bytes]:
    """Names and bytes of what is there, hidden files too.

    By their name alone: models, archives, and the table of plates, which says what was skipped.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    plain = [path.suffix in {".csv", ".json"} and path.name != "plates.csv" for path in paths]
    return {
        str(path.relative_to(folder)): path.read_bytes() * is_plain for path, is_plain in zip(paths, plain, strict=True)
    }


def main(case: Case, folder: Path) -> None:
    """Kill the work at a few points, and see what is left and what comes of it."""
    torch.set_num_threads(1)
    place, before, tally = folder / "work", folder / "before", folder / "tally"
    before.mkdir()
    if case.before is not None:
        assert in_fork(lambda: case.before(before)) == 0

    def attempt(deadly: int) -> int:
        def do() -> None:
            watch(place, deadly, tally)
            case.do(place)

        return in_fork(do)

    shutil.copytree(before, place)
    assert attempt(0) == 0
    case.check(place)
    whole, total = content(place), int(tally.read_text())
    for deadly in sorted(np.random.default_rng(SEED).choice(total, min(POINTS, total), replace=False) + 1):
        shutil.rmtree(place)
        shutil.copytree(before, place)
        assert os.WTERMSIG(attempt(deadly)) == signal.SIGKILL
        case.check(place)
        assert attempt(0) == 0, f"after touch {deadly} of {total} it could not go on"
        case.check(place)
        assert content(place) == whole, f"after touch {deadly} of {total} something else came out"
    sys.stdout.write(f"{total} touches\n")


if __name__ == "__main__":
    main(CASES[sys.argv[1]], Path(sys.argv[2]))
