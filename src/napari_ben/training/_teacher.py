"""DeepNoise's semi-supervised part: a mean teacher, consistency, and pseudo-labels (arXiv 2209.05772, and its code).

L = (1 − w) L_labelled + λ(t) · ‖softmax z_s(x_easy) − softmax z_t(x_hard)‖² + w · CE(z_s(x_easy), ŷ), means over images

The teacher's parameters are a running mean of the student's; its BatchNorm buffers are its own and are never averaged.
In the code they come from its forward passes, which see heavily distorted images only; here they are measured after
every epoch on images as inference shows them. Pseudo-labels ŷ come from the teacher's logits, averaged over four
turns of an image, the fields of a well and refreshes, and balanced to the plate's design where it is known.

The code saves the student under the teacher's name; here the teacher is what is validated and kept.
"""

import copy
import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_ben.methods import apply_statistics, is_batch_norm, measure_statistics
from napari_ben.models import Classifier
from napari_ben.results import assign_classes
from napari_ben.training._data import UNLABELLED, TrainingData
from napari_ben.training._losses import cross_entropy
from napari_ben.training._options import Teacher
from napari_ben.training._pixels import chunks_of

__all__ = ["MeanTeacher", "decay_at", "ramp_up"]

N_SETTLE = 2048  # images that the buffers are measured on, at most


def ramp_up(epoch: int, options: Teacher) -> float:
    """Weight of the consistency in an epoch, from 1: λ exp(−5 (1 − t)²) with t rising to 1."""
    t = min(epoch / options.ramp_up, 1.0)
    return options.consistency * math.exp(-5 * (1 - t) ** 2)


def decay_at(epoch: int, step: int, options: Teacher) -> float:
    """Decay of the running mean in a step, both counted from 1 and 0: as scheduled, at most 1 − 1 / (step + 1)."""
    scheduled = next((decay for last, decay in options.decays if epoch <= last), options.last_decay)
    return min(scheduled, 1 - 1 / (step + 1))


class MeanTeacher:
    """The teacher of a run, and what it has said about the unlabelled images.

    Parameters
    ----------
    student
        Where it starts.
    options
        Of the config.
    data
        Of the run.
    """

    def __init__(self, student: Classifier, options: Teacher, data: TrainingData) -> None:
        self.network = copy.deepcopy(student).requires_grad_(requires_grad=False)
        self.options, self.data = options, data
        self.logits = torch.zeros(len(data), len(data.classes))
        self.labels = torch.full((len(data),), UNLABELLED, dtype=torch.int64)
        self.best = torch.tensor(-1.0, dtype=torch.float64)

    @torch.no_grad()
    def follow(self, student: Classifier, epoch: int, step: int) -> None:
        """Move the parameters towards the student's; buffers stay the teacher's own."""
        decay = decay_at(epoch, step, self.options)
        for own, new in zip(self.network.parameters(), student.parameters(), strict=True):
            own.lerp_(new, 1 - decay)

    def join(
        self, loss: Tensor, student: Classifier, images: tuple[Tensor, Tensor], rows: NDArray[np.int64], epoch: int
    ) -> Tensor:
        """Total loss.

        Parameters
        ----------
        loss
            Of the labelled images.
        student
            In training mode.
        images
            The same rows, lightly and heavily distorted.
        rows
            Of the data, labelled and not.
        epoch
            From 1.
        """
        easy, hard = images
        logits = student(easy).float()
        with torch.no_grad():
            wanted = self.network.train()(hard).float().softmax(1)
        apart: Tensor = (logits.softmax(1) - wanted).square().sum(1).mean()
        total = loss + ramp_up(epoch, self.options) * apart
        weight = self.options.pseudo_weight if epoch > self.options.pseudo_from else 0.0
        if not weight:
            return total
        pseudo = self.labels[torch.from_numpy(rows)].to(logits.device)
        return total - weight * loss + weight * cross_entropy(logits, pseudo, 0.0)

    def settle(self, rows: NDArray[np.int64]) -> None:
        """Measure the BatchNorm buffers, where there are any, on rows taken evenly, as inference shows them."""
        if not any(map(is_batch_norm, self.network.modules())):
            return
        some = rows[np.linspace(0, len(rows) - 1, min(len(rows), N_SETTLE)).round().astype(np.int64)]
        images = chunks_of(self.data, some, next(self.network.parameters()).device)
        self.network = apply_statistics(self.network, measure_statistics(self.network, images))

    def listen(self, rows: NDArray[np.int64], accuracy: float | None) -> None:
        """Refresh the pseudo-labels when the teacher's validation got better, or when nothing validates.

        Parameters
        ----------
        rows
            Unlabelled ones.
        accuracy
            Of the teacher on what is held out.
        """
        if not self.options.pseudo_weight or (accuracy is not None and accuracy <= float(self.best)):
            return
        new, device = self._predict(rows), torch.tensor(rows)
        memory = self.options.memory if bool(self.best > -1) else 0.0
        self.best = torch.tensor(0.0 if accuracy is None else accuracy, dtype=torch.float64)
        self.logits[device] = memory * self.logits[device] + (1 - memory) * new
        self.labels[device] = torch.from_numpy(self._decide(rows))

    def state(self) -> dict[str, Tensor]:
        """Everything that the next epoch depends on."""
        own = {"logits": self.logits, "labels": self.labels, "best": self.best}
        return own | {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}

    def fill(self, state: dict[str, Tensor]) -> None:
        """Undo ``state``."""
        self.logits, self.labels, self.best = (state[name].clone() for name in ("logits", "labels", "best"))
        prefix = "network."
        weights = {name.removeprefix(prefix): part for name, part in state.items() if name.startswith(prefix)}
        self.network.load_state_dict(weights)

    @torch.no_grad()
    def _predict(self, rows: NDArray[np.int64]) -> Tensor:
        """(n, K) logits, averaged over four turns of each image, with the teacher's own statistics."""
        network, device = self.network.eval(), next(self.network.parameters()).device
        found = []
        for images in chunks_of(self.data, rows, device):
            turns = [images.flip(dims) for dims in ([], [2], [3], [2, 3])]
            found.append(torch.stack([network(turned) for turned in turns]).mean(0).float().cpu())
        return torch.cat(found)

    def _decide(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) classes: one a well, balanced on each plate where its design is known."""
        data, labels = self.data, np.empty(len(rows), np.int64)
        logits = self.logits.numpy()[rows]
        for plate in np.unique(data.plates[rows]):
            here = data.plates[rows] == plate
            _, well = np.unique(data.wells[rows][here], return_inverse=True)
            sums = np.zeros((well.max() + 1, logits.shape[1]))
            np.add.at(sums, well, logits[here])
            means = sums / np.bincount(well)[:, None]
            per_plate = self.options.per_plate
            classes = means.argmax(1) if per_plate is None else assign_classes(means, "balance", per_plate)
            labels[here] = classes[well]
        return labels
