"""Metrics as they come, and what a run that goes on keeps of them."""

import sys
from collections.abc import Generator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pandas as pd
import pytest

from napari_ben.errors import SaveError
from napari_ben.plates import Plate
from napari_ben.training import Epoch, Split
from napari_ben.workflow import train
from napari_ben.workflow._journal import keep_journal

from .test_train import OPTIONS


def run(first: int, last: int) -> Generator[Epoch, None, str]:
    yield Epoch(first, last, 0, 2, float("nan"), split=Split((), ()))
    for number in range(first, last + 1):
        yield Epoch(number, last, 1, 2, 3.0 / number, rate=0.1)
        yield Epoch(number, last, 2, 2, 2.0 / number, 0.25 * number, 0.1)
    return "done"


def drain(steps: Generator[Epoch, None, str]) -> str:
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return str(finished.value)


@pytest.fixture(autouse=True)
def no_board(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("napari_ben.workflow._journal.find_spec", lambda _: None)


def test_every_epoch_is_a_line_as_soon_as_it_ends(tmp_path: Path) -> None:
    steps = keep_journal(run(1, 3), tmp_path / "log")
    next(epoch for epoch in steps if epoch.number == 2 and not epoch.is_complete)
    assert list(pd.read_csv(tmp_path / "log" / "metrics.csv")["epoch"]) == [1]
    assert drain(steps) == "done"
    table = pd.read_csv(tmp_path / "log" / "metrics.csv")
    assert list(table.columns) == ["epoch", "loss", "accuracy", "learning_rate", "seconds"]
    assert list(table["loss"]) == pytest.approx([2, 1, 2 / 3], rel=1e-6)
    assert list(table["accuracy"]) == [0.25, 0.5, 0.75]


def test_a_run_that_goes_on_keeps_its_epochs_and_a_new_one_none(tmp_path: Path) -> None:
    drain(keep_journal(run(1, 4), tmp_path))
    drain(keep_journal(run(3, 5), tmp_path))
    assert list(pd.read_csv(tmp_path / "metrics.csv")["epoch"]) == [1, 2, 3, 4, 5]
    drain(keep_journal(run(1, 2), tmp_path))
    assert list(pd.read_csv(tmp_path / "metrics.csv")["epoch"]) == [1, 2]


def test_tensorboard_is_told_too_where_it_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[object, ...]] = []

    class Writer:
        def __init__(self, folder: str) -> None:
            told.append(("folder", folder))

        def __enter__(self) -> "Writer":
            return self

        def __exit__(self, *_: object) -> None:
            told.append(("closed",))

        def add_scalar(self, *scalar: object) -> None:
            told.append(scalar)

        def flush(self) -> None:
            """Nothing to flush."""

    module = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    monkeypatch.setattr("napari_ben.workflow._journal.find_spec", lambda _: SimpleNamespace())
    drain(keep_journal(run(1, 2), tmp_path))
    assert ("loss", 1.0, 2) in told
    assert ("accuracy", 0.5, 2) in told
    assert told[0] == ("folder", str(tmp_path))
    assert told[-1] == ("closed",)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SaveError, match="The metrics cannot be written to"):
        drain(keep_journal(run(1, 2), tmp_path / "file"))


def test_training_keeps_a_journal_where_it_is_told_to(plate: Plate, tmp_path: Path) -> None:
    train(plate, "erm", out=tmp_path / "m.safetensors", log=tmp_path / "log", **OPTIONS)
    assert list(pd.read_csv(tmp_path / "log" / "metrics.csv")["epoch"]) == [1, 2]
