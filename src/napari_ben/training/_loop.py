"""One loop for every method: draw, forward, step; validate; keep the best. A generator: a caller may stop it."""

import hashlib
import math
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from napari_ben.models import Classifier, build_network
from napari_ben.training._augment import augment
from napari_ben.training._batches import Batch, Pool
from napari_ben.training._checkpoint import RunState, fill_optimizer, flatten_optimizer, load_state, save_state
from napari_ben.training._config import TrainingConfig
from napari_ben.training._data import TrainingData
from napari_ben.training._mixture import accept_shares, follow_shares, shares_of_images
from napari_ben.training._recipes import RECIPES, make_pool
from napari_ben.training._trained import TrainedNetwork
from napari_ben.training._validation import hold_out, well_accuracy

__all__ = ["Epoch", "fit"]

WARM_UP = 0.1  # share of all steps


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
        Mean over the steps done.
    accuracy
        Of held-out wells, 0–1; None before the end of the epoch, or when nothing is held out.
    """

    number: int
    n_epochs: int
    step: int
    n_steps: int
    loss: float
    accuracy: float | None = None

    @property
    def is_complete(self) -> bool:
        """Whether the epoch has ended."""
        return self.step == self.n_steps


class _Run:
    """A network on its way: what changes from step to step."""

    def __init__(self, data: TrainingData, config: TrainingConfig, device: torch.device) -> None:
        self.data, self.config, self.device = data, config, device
        self.network = _build(data, config, device)
        if RECIPES[config.method].uses_controls:
            accept_shares(self.network)
        decay, rate = config.weight_decay, config.learning_rate
        self.optimizer = torch.optim.AdamW(self.network.parameters(), lr=rate, weight_decay=decay)

    def step(self, batches: list[Batch], rng: np.random.Generator, rate: float) -> float:
        """Sum the gradients of the batches and move; gives the mean loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        total = 0.0
        for batch in batches:
            loss = self._loss(batch, rng) / len(batches)
            torch.autograd.backward(loss)
            total += loss.item()
        self.optimizer.step()
        return total

    def _loss(self, batch: Batch, rng: np.random.Generator) -> Tensor:
        images = torch.from_numpy(augment(self.data.images[batch.rows], self.config, rng)).to(self.device)
        labels = torch.from_numpy(self.data.labels[batch.rows[: batch.n_queries]]).to(self.device)
        shares = None
        if batch.control_weight is not None:
            n_controls = len(batch.rows) - batch.n_queries
            shares = shares_of_images(batch.n_queries, n_controls, batch.control_weight).to(self.device)
        with follow_shares(self.network, shares):
            logits = self.network(images.contiguous(memory_format=torch.channels_last))
        smoothing = self.config.label_smoothing
        return functional.cross_entropy(logits[: batch.n_queries], labels, label_smoothing=smoothing)

    def resume(self, state: RunState) -> None:
        """Go on from a checkpoint; a fresh state changes nothing."""
        if state.network:
            self.network.load_state_dict(state.network)
            fill_optimizer(self.optimizer, state.optimizer)

    def plain(self, weights: dict[str, Tensor] | None = None) -> Classifier:
        """Copy of the network with ordinary layers, in inference mode."""
        network = _build(self.data, self.config, self.device)
        network.load_state_dict(weights or self.network.state_dict())
        return network.eval()


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
    How far the run is, after every step.

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
    validates = bool((held & data.is_labelled).any())
    run = _Run(data, config, torch.device(device))
    fingerprint = _fingerprint(data, config)
    exists = checkpoint is not None and checkpoint.exists()
    state = load_state(checkpoint, fingerprint) if checkpoint and exists else RunState(fingerprint)
    run.resume(state)
    while not _is_over(state, config):
        loss = yield from _train_epoch(run, pool, len(state.losses) + 1)
        accuracy = well_accuracy(run.plain(), data, held, config, run.device) if validates else None
        _remember(state, run, loss, accuracy)
        if checkpoint:
            save_state(checkpoint, state)
        steps = _count_steps(pool, config)
        yield Epoch(len(state.losses), config.epochs, steps, steps, loss, accuracy)
    network = run.plain(state.best or state.network)
    return TrainedNetwork(network, data, config, state.best_epoch, tuple(state.losses), tuple(state.accuracies))


def _train_epoch(run: _Run, pool: Pool, number: int) -> Generator[Epoch, None, float]:
    config = run.config
    rng = np.random.default_rng([config.seed, number])
    n_steps = _count_steps(pool, config)
    run.network.train()
    losses: list[float] = []
    for batches in RECIPES[config.method].draw(pool, config, rng):
        done = (number - 1) * n_steps + len(losses)
        losses.append(run.step(batches, rng, _learning_rate(done / (config.epochs * n_steps), config)))
        if len(losses) < n_steps:
            yield Epoch(number, config.epochs, len(losses), n_steps, float(np.mean(losses)))
    return float(np.mean(losses))


def _learning_rate(progress: float, config: TrainingConfig) -> float:
    """Rate at a share of the run: a linear rise, then a cosine to zero."""
    if progress < WARM_UP:
        return config.learning_rate * (0.05 + 0.95 * progress / WARM_UP)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP)))


def _count_steps(pool: Pool, config: TrainingConfig) -> int:
    """Count the steps of an epoch by drawing one: no image is touched."""
    return sum(1 for _ in RECIPES[config.method].draw(pool, config, np.random.default_rng(0)))


def _remember(state: RunState, run: _Run, loss: float, accuracy: float | None) -> None:
    state.losses.append(loss)
    state.network = {name: tensor.detach().cpu().clone() for name, tensor in run.network.state_dict().items()}
    state.optimizer = {name: tensor.detach().cpu().clone() for name, tensor in flatten_optimizer(run.optimizer).items()}
    if accuracy is not None:
        state.accuracies.append(accuracy)
        if state.best_epoch == len(state.accuracies):
            state.best = {name: tensor.clone() for name, tensor in state.network.items()}


def _is_over(state: RunState, config: TrainingConfig) -> bool:
    done = len(state.losses)
    waited = done - state.best_epoch
    return done >= config.epochs or (config.patience is not None and waited >= config.patience)


def _build(data: TrainingData, config: TrainingConfig, device: torch.device) -> Classifier:
    sizes = len(data.channels), len(data.classes)
    network = build_network(config.architecture, *sizes, seed=config.seed, **config.options).to(device)
    for parameter in network.parameters():
        if parameter.ndim == 4:  # channels-last convolutions are a third faster on a CPU
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network


def _fingerprint(data: TrainingData, config: TrainingConfig) -> str:
    digest = hashlib.sha256(config.model_dump_json().encode())
    for column in (data.labels, data.plates, data.is_control, data.images[:: max(1, len(data) // 16)]):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
