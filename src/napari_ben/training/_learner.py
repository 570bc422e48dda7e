"""A network on its way: what changes from step to step, and what one step is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_ben.models import Classifier
from napari_ben.training._augment import see
from napari_ben.training._batches import Batch
from napari_ben.training._checkpoint import RunState, fill_optimizer, flatten_optimizer
from napari_ben.training._config import TrainingConfig
from napari_ben.training._data import UNLABELLED, TrainingData
from napari_ben.training._distort import Strength
from napari_ben.training._losses import (
    ARCFACE_SHARE,
    SCALE,
    SOFTMAX_SHARE,
    arcface_logits,
    cross_entropy,
    cut_and_mix,
)
from napari_ben.training._mixture import accept_shares, follow_shares, shares_of_images
from napari_ben.training._network import (
    build_classifier,
    build_heads,
    check_network,
    fill_start,
    layout_of,
    make_optimizer,
)
from napari_ben.training._pixels import Load, load_rows, to_device
from napari_ben.training._recipes import RECIPES
from napari_ben.training._simclr import contrastive_loss
from napari_ben.training._teacher import MeanTeacher

__all__ = ["Learner", "Moment"]

Loaded = tuple[Batch, Load]


@dataclass(frozen=True)
class Moment:
    """Where in a run a step is.

    Parameters
    ----------
    epoch
        From 1.
    step
        Steps done since the run began.
    rate
        Learning rate.
    """

    epoch: int
    step: int
    rate: float


class Learner:
    """What is trained, with the optimiser, the heads and the teacher that go with it.

    Parameters
    ----------
    data, config
        Of the run.
    device
        Where torch computes.
    """

    def __init__(self, data: TrainingData, config: TrainingConfig, device: torch.device) -> None:
        self.data, self.config, self.device = data, config, device
        self.network = build_classifier(data, config, device)
        fill_start(self.network, config)
        check_network(self.network, data, config)
        self.layout = layout_of(self.network)
        self.heads = build_heads(self.network, config, device)
        if RECIPES[config.method].uses_controls:
            accept_shares(self.network)
        self.teacher = None if config.teacher is None else MeanTeacher(self.network, config.teacher, data)
        self.optimizer = make_optimizer([*self.network.parameters(), *self.heads.parameters()], config)

    def load(self, batches: list[Batch]) -> list[Loaded]:
        """Read the images of a step; draws nothing, so it may run ahead of the steps."""
        rows = (np.concatenate([batch.rows, batch.unlabelled]) for batch in batches)
        return [
            (batch, load_rows(self.data, members, self.device)) for batch, members in zip(batches, rows, strict=True)
        ]

    def step(self, loaded: list[Loaded], rng: np.random.Generator, moment: Moment) -> float:
        """Sum the gradients of the batches and move; gives the mean loss."""
        for group in self.optimizer.param_groups:
            group["lr"] = moment.rate
        self.optimizer.zero_grad()
        losses = []
        for batch, load in loaded:
            loss = self._loss(batch, load, rng, moment) / len(loaded)
            torch.autograd.backward(loss)
            losses.append(loss.detach())
        self.optimizer.step()
        if self.teacher is not None:
            self.teacher.follow(self.network, moment.epoch, moment.step)
        return float(torch.stack(losses).sum())

    def plain(self, weights: dict[str, Tensor] | None = None) -> Classifier:
        """Copy with ordinary layers in inference mode: of the teacher where there is one, or with these weights."""
        network = build_classifier(self.data, self.config, self.device)
        network.load_state_dict(weights or self.keep())
        return network.eval()

    def keep(self) -> dict[str, Tensor]:
        """Copy of the weights that a run is judged by, and in the end keeps: the teacher's where there is one."""
        return _copy((self.network if self.teacher is None else self.teacher.network).state_dict())

    def save(self, state: RunState) -> None:
        """Put everything that the next epoch depends on into a state."""
        state.network, state.optimizer = _copy(self.network.state_dict()), _copy(flatten_optimizer(self.optimizer))
        state.extra = _copy({f"heads.{name}": tensor for name, tensor in self.heads.state_dict().items()})
        if self.teacher is not None:
            state.extra |= _copy({f"teacher.{name}": tensor for name, tensor in self.teacher.state().items()})

    def resume(self, state: RunState) -> None:
        """Go on from a checkpoint; a fresh state changes nothing."""
        if not state.network:
            return
        self.network.load_state_dict(state.network)
        fill_optimizer(self.optimizer, state.optimizer)
        self.heads.load_state_dict(_under("heads.", state.extra))
        if self.teacher is not None:
            self.teacher.fill(_under("teacher.", state.extra))

    def _loss(self, batch: Batch, load: Load, rng: np.random.Generator, moment: Moment) -> Tensor:
        if RECIPES[self.config.method].is_contrastive:
            return self._contrastive_loss(load, rng)
        loss = self._labelled_loss(batch, load.first(len(batch.rows)), rng)
        if self.teacher is None:
            return loss
        views = (self._see(load, rng, strength) for strength in ("easy", "hard"))
        easy, hard = (images.contiguous(memory_format=self.layout) for images in views)
        with self._precision():
            return self.teacher.join(loss, self.network, (easy, hard), load.rows, moment.epoch)

    def _labelled_loss(self, batch: Batch, load: Load, rng: np.random.Generator) -> Tensor:
        images = self._see(load, rng, self.config.distortion)
        labels = to_device(self._labels(batch), images)
        partners, own = np.arange(len(batch.rows)), 1.0
        n = len(batch.rows) if self.config.controls_in_loss else batch.n_queries
        if self.config.cutmix and rng.random() < self.config.cutmix:
            mixed, partners, own = cut_and_mix(images[:n], rng)
            images = torch.cat([mixed, images[n:]])
        with self._precision(), self._shares(batch):
            embeddings = self.network.embed(images.contiguous(memory_format=self.layout))[:n]
            loss = own * self._cost(embeddings, labels[:n])
            if own < 1:
                loss = loss + (1 - own) * self._cost(embeddings, labels[to_device(partners, labels)])
            return loss

    def _cost(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        config, logits = self.config, self.network.classify(embeddings)
        if config.loss == "arcface":
            logits = arcface_logits(logits.float() / SCALE, labels, config.margin)
        loss = cross_entropy(logits, labels, config.label_smoothing)
        if config.loss != "both":
            return loss
        margin_logits = arcface_logits(self.heads["arcface"](embeddings).float(), labels, config.margin)
        return SOFTMAX_SHARE * loss + ARCFACE_SHARE * cross_entropy(margin_logits, labels, 0.0)

    def _contrastive_loss(self, load: Load, rng: np.random.Generator) -> Tensor:
        config, rows = self.config, load.rows
        if config.method == "minclr":
            groups = rows if self.data.fields is None else self.data.fields[rows]
        else:
            groups = np.tile(np.arange(len(rows)), 2)
        images = torch.cat([self._see(load, rng, config.distortion) for _ in range(len(groups) // len(rows))])
        with self._precision():
            vectors = self.heads["projection"](self.network.embed(images.contiguous(memory_format=self.layout)))
        return contrastive_loss(vectors, to_device(groups, images), config.contrast.temperature)

    def _see(self, load: Load, rng: np.random.Generator, strength: Strength) -> Tensor:
        offsets = None if self.data.offsets is None else self.data.offsets[self.data.plates[load.rows]]
        return see(load, offsets, self.config, strength, rng)

    def _labels(self, batch: Batch) -> NDArray[np.int64]:
        """Labels of the rows that carry the loss; -1 for the others."""
        labels = self.data.labels[batch.rows].copy()
        if not self.config.controls_in_loss:
            labels[batch.n_queries :] = UNLABELLED
        return labels

    @contextmanager
    def _shares(self, batch: Batch) -> Iterator[None]:
        shares = None
        if batch.control_weight is not None:
            n_controls = len(batch.rows) - batch.n_queries
            shares = shares_of_images(batch.n_queries, n_controls, batch.control_weight).to(self.device)
        with follow_shares(self.network, shares):
            yield

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.precision == "mixed")


def _copy(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
