"""One loop for every method: draw, forward, step; validate; keep the best. A generator: a caller may stop it."""

import hashlib
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from napari_ben.training._batches import Pool
from napari_ben.training._checkpoint import RunState, load_state, save_state
from napari_ben.training._config import TrainingConfig
from napari_ben.training._data import TrainingData
from napari_ben.training._learner import Learner, Moment
from napari_ben.training._prefetch import prefetch
from napari_ben.training._probe import field_features, fit_probe
from napari_ben.training._recipes import RECIPES, make_pool
from napari_ben.training._schedule import learning_rate
from napari_ben.training._split import Split, describe_split, hold_out
from napari_ben.training._trained import TrainedNetwork
from napari_ben.training._validation import well_accuracy

__all__ = ["Epoch", "check_run", "fit"]


@dataclass(frozen=True)
class Epoch:
    """How far a run is.

    Parameters
    ----------
    number, n_epochs
        The epoch, from 1, and how many there will be at most.
    step, n_steps
        Steps done in it, and how many it has.
    loss
        Mean over the steps done; NaN before the first.
    accuracy
        Of held-out wells, 0–1; None before the end of the epoch, or when nothing is held out.
    rate
        Learning rate of the last step.
    split
        What trains and what validates; with the first report only, before anything is trained.
    """

    number: int
    n_epochs: int
    step: int
    n_steps: int
    loss: float
    accuracy: float | None = None
    rate: float = 0.0
    split: Split | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the epoch has ended."""
        return self.step == self.n_steps


@dataclass(frozen=True)
class _Run:
    """What stays the same from the first step to the last."""

    learner: Learner
    pool: Pool
    held: NDArray[np.bool_]
    n_steps: int

    @property
    def config(self) -> TrainingConfig:
        return self.learner.config

    @property
    def validates(self) -> bool:
        return bool((self.held & self.learner.data.is_labelled).any())


def check_run(outline: TrainingData, config: TrainingConfig) -> Split:
    """Refuse a run before an image is read, or say what trains, what validates, and what leaks.

    Parameters
    ----------
    outline
        From `outline_data` with the same config.
    config
        How.

    Raises
    ------
    ArgumentError, MethodError
        The data or the network do not fit the method.
    """
    held = hold_out(outline, config)
    make_pool(outline, ~held, config)
    Learner(outline, config, torch.device("cpu"))
    return describe_split(outline, held)


def fit(
    data: TrainingData, config: TrainingConfig, *, checkpoint: Path | None = None, device: str = "cpu"
) -> Generator[Epoch, None, TrainedNetwork]:
    """Train a network.

    Parameters
    ----------
    data
        From ``collect_data`` with the same config.
    config
        How.
    checkpoint
        File to save the run in after every epoch. Where it exists the run goes on from there, to the same losses as if
        it had never stopped.
    device
        Where torch computes.

    Yields
    ------
    How far the run is: first what it is about to do, then after every step.

    Returns
    -------
    The network of the best epoch, or of the last where nothing validates.

    Raises
    ------
    ArgumentError, MethodError
        Before the first step: the data or the network do not fit the method.
    """
    held = hold_out(data, config)
    pool = make_pool(data, ~held, config)
    run = _Run(Learner(data, config, torch.device(device)), pool, held, _count_steps(pool, config))
    state = _start(run, checkpoint)
    if not _is_over(state, config):
        first = len(state.losses) + 1
        yield Epoch(first, config.epochs, 0, run.n_steps, float("nan"), split=describe_split(data, held))
    while not _is_over(state, config):
        loss = yield from _train_epoch(run, len(state.losses) + 1)
        accuracy = _finish_epoch(run, state, loss)
        if checkpoint:
            save_state(checkpoint, state)
        yield Epoch(len(state.losses), config.epochs, run.n_steps, run.n_steps, loss, accuracy, _rate(run, state))
    network = run.learner.plain(state.best or None)
    return TrainedNetwork(network, data, config, state.best_epoch, tuple(state.losses), tuple(state.accuracies))


def _start(run: _Run, checkpoint: Path | None) -> RunState:
    fingerprint = _fingerprint(run.learner.data, run.config)
    exists = checkpoint is not None and checkpoint.exists()
    state = load_state(checkpoint, fingerprint) if checkpoint and exists else RunState(fingerprint)
    run.learner.resume(state)
    return state


def _train_epoch(run: _Run, number: int) -> Generator[Epoch, None, float]:
    config, n_steps = run.config, run.n_steps
    drawing, changing = (np.random.default_rng([config.seed, number, stream]) for stream in (1, 2))
    run.learner.network.train()
    losses: list[float] = []
    steps = RECIPES[config.method].draw(run.pool, config, drawing)
    with closing(prefetch(steps, run.learner.load)) as loads:
        for loaded in loads:
            done = (number - 1) * n_steps + len(losses)
            rate = learning_rate(done / (config.epochs * n_steps), config)
            losses.append(run.learner.step(loaded, changing, Moment(number, done, rate)))
            if len(losses) < n_steps:
                yield Epoch(number, config.epochs, len(losses), n_steps, float(np.mean(losses)), rate=rate)
    return float(np.mean(losses))


def _finish_epoch(run: _Run, state: RunState, loss: float) -> float | None:
    """Validate, and put everything that the next epoch depends on into the state."""
    learner = run.learner
    is_contrastive = RECIPES[run.config.method].is_contrastive
    is_last = len(state.losses) + 1 == run.config.epochs
    if is_contrastive and is_last:
        _probe(run)
    if learner.teacher is not None:
        learner.teacher.settle(np.concatenate([*run.pool.queries, run.pool.unlabelled]))
    accuracy = None
    if run.validates and (is_last or not is_contrastive):
        accuracy = well_accuracy(learner.plain(), learner.data, run.held, run.config, learner.device)
    if learner.teacher is not None:
        learner.teacher.listen(run.pool.unlabelled, accuracy)
    state.losses.append(loss)
    learner.save(state)
    if accuracy is not None and not is_contrastive:
        state.accuracies.append(accuracy)
        if state.best_epoch == len(state.accuracies):
            state.best = learner.keep()
    return accuracy


def _probe(run: _Run) -> None:
    learner = run.learner
    rows = np.concatenate(run.pool.queries)
    features, labels = field_features(learner.plain(), learner.data, rows, run.config, learner.device)
    probe = learner.network.get_submodule("probe")
    if isinstance(probe, torch.nn.Linear):
        fit_probe(features, labels, probe, run.config)


def _rate(run: _Run, state: RunState) -> float:
    """Learning rate of the last step done."""
    n_steps = run.n_steps
    return learning_rate((len(state.losses) * n_steps - 1) / (run.config.epochs * n_steps), run.config)


def _count_steps(pool: Pool, config: TrainingConfig) -> int:
    """Count the steps of an epoch by drawing one: no image is touched."""
    return sum(1 for _ in RECIPES[config.method].draw(pool, config, np.random.default_rng(0)))


def _is_over(state: RunState, config: TrainingConfig) -> bool:
    done = len(state.losses)
    waited = done - state.best_epoch
    return done >= config.epochs or (config.patience is not None and waited >= config.patience)


def _fingerprint(data: TrainingData, config: TrainingConfig) -> str:
    digest = hashlib.sha256(config.model_dump_json().encode())
    some = np.arange(0, len(data), max(1, len(data) // 16))
    for column in (data.labels, data.plates, data.is_control, data.images[some], *data.lines(some)):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
