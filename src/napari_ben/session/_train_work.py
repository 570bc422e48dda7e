"""Training as a task: reports while it goes on, a model or a stop at the end."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_ben.errors import NapariBenError
from napari_ben.models import Model
from napari_ben.plates import Plate, Screen
from napari_ben.session._parts import Notice, Training
from napari_ben.session._torch import load_torch_library

if TYPE_CHECKING:
    from napari_ben.training import Epoch, Split, TrainingConfig


@dataclass(frozen=True)
class Stopped:
    """A training that was stopped by the person; its checkpoint is kept."""


def train_work(
    plates: Screen | Sequence[Plate], config: "TrainingConfig", out: Path, *, resume: bool
) -> Generator["Epoch", "bool | None", Model | Stopped]:
    """Train, and stop when asked to; the checkpoint of the last whole epoch stays.

    A model that is there is replaced: the person was asked when the file was chosen.
    """
    from napari_ben.workflow import run_training

    steps = run_training(plates, config, out, resume=resume, replace=True)
    try:
        while True:
            if (yield next(steps)):
                return Stopped()
    except StopIteration as finished:
        model: Model = finished.value
        return model
    finally:
        steps.close()


def outline_work(
    plates: Screen | Sequence[Plate], config: "TrainingConfig"
) -> Generator[None, "bool | None", "Split | Notice"]:
    """Say what would train and what would be held out, or why nothing can be trained; no image is read."""
    from napari_ben.workflow import plan_training

    yield
    load_torch_library()
    try:
        return plan_training(plates, config)
    except NapariBenError as error:
        return Notice.of("train", error)


def with_epoch(training: Training, epoch: "Epoch") -> Training:
    """Take a report in: the latest, and a point of the curve when its epoch is over."""
    split = training.split if epoch.split is None else epoch.split
    if not epoch.is_complete or not epoch.n_steps:
        return replace(training, epoch=epoch, split=split)
    point = (epoch.number, epoch.loss, epoch.accuracy)
    curve = (*(known for known in training.curve if known[0] != epoch.number), point)
    return replace(training, epoch=epoch, split=split, curve=curve)
