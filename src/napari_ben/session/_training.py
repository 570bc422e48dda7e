"""What a person may wish of a training."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_ben.session._lanes import Lanes
from napari_ben.session._parts import Training
from napari_ben.session._train_work import outline_work, train_work

if TYPE_CHECKING:
    from napari_ben.training import TrainingConfig


class TrainingWishes(Lanes):
    """Wishes about training."""

    def outline_training(self, config: "TrainingConfig") -> None:
        """Find out what a training would learn from and what it would hold out, before there is one."""
        screen, training = self._state.screen, self._state.training
        if screen is not None and training.phase == "idle":
            self._forget("train")
            self._want("split", "Splitting the wells", outline_work(screen, config))

    def train(self, config: "TrainingConfig", out: Path, *, resume: bool = False) -> None:
        """Train a model on the open screen."""
        screen, training = self._state.screen, self._state.training
        if screen is None or training.phase != "idle" or self._refuse_while_running("train"):
            return
        self._forget("train")
        curve = training.curve if resume else ()
        self._set(training=Training("running", out=out, config=config, split=training.split, curve=curve))
        self._want("train", f"Training {out.stem}", train_work(screen, config, out, resume=resume))

    def stop_training(self) -> None:
        """Ask the training to stop; what it has learned until the last whole epoch is kept."""
        if self._state.training.phase == "running":
            self._set(training=replace(self._state.training, phase="cancelling"))
            self.unwanted.emit("train")
