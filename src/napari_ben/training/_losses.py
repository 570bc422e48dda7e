"""What a labelled batch costs: softmax, ArcFace or both, on whole or mixed images."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from napari_ben.training._data import UNLABELLED

__all__ = ["ARCFACE_SHARE", "SOFTMAX_SHARE", "CosineHead", "arcface_logits", "cross_entropy", "cut_and_mix"]

SCALE = 30.0
SOFTMAX_SHARE, ARCFACE_SHARE = 0.8, 0.1  # of ``both``, as the winner of the RxRx1 challenge summed them


def arcface_logits(cosine: Tensor, labels: Tensor, margin: float, scale: float = SCALE) -> Tensor:
    """Logits with an angle added to that of the true class (Deng et al., CVPR 2019, as DeepNoise uses it).

    s · cos(θ + m) for the true class and s · cos θ for the others. Where θ + m would pass π the cosine would rise
    again; there cos θ − m sin m takes its place, which goes on falling. Rows without a label keep s · cos θ.

    Parameters
    ----------
    cosine
        (n, K) cos θ.
    labels
        (n,) int64, -1 for none.
    margin
        m, radians.
    scale
        s.
    """
    target = cosine.gather(1, labels.clamp(min=0)[:, None])
    sine = (1 - target.square()).clamp(min=1e-12).sqrt()
    moved = target * math.cos(margin) - sine * math.sin(margin)
    moved = torch.where(target > math.cos(math.pi - margin), moved, target - margin * math.sin(margin))
    moved = torch.where((labels != UNLABELLED)[:, None], moved, target)
    return scale * cosine.scatter(1, labels.clamp(min=0)[:, None], moved)


class CosineHead(nn.Module):
    """Cosines of the angles between embeddings and a direction for each class; for training alone."""

    def __init__(self, embedding_size: int, n_classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_classes, embedding_size))
        nn.init.xavier_normal_(self.weight)

    def forward(self, z: Tensor) -> Tensor:
        """(N, d) embeddings to (N, K) cosines."""
        return functional.linear(functional.normalize(z), functional.normalize(self.weight))


def cross_entropy(logits: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    """Mean over the labelled rows; 0 where there is none. A device is not asked how many there are."""
    total = functional.cross_entropy(
        logits.float(), labels, ignore_index=UNLABELLED, label_smoothing=smoothing, reduction="sum"
    )
    return total / (labels != UNLABELLED).sum().clamp(min=1)


def cut_and_mix(images: Tensor, rng: np.random.Generator) -> tuple[Tensor, NDArray[np.int64], float]:
    """Put a rectangle of another image into each (CutMix; Yun et al., ICCV 2019).

    Parameters
    ----------
    images
        (n, C, Y, X); left as they are.
    rng
        Of the epoch.

    Returns
    -------
    The images, (n,) which other image the rectangle is from, and the share of the image's own pixels.
    """
    height, width = images.shape[2:]
    partners = rng.permutation(len(images))
    side = math.sqrt(1 - rng.beta(1, 1))
    centre = rng.random(2) * (height, width)
    tops = np.clip(np.round(centre - np.array([height, width]) * side / 2), 0, (height, width)).astype(int)
    ends = np.clip(np.round(centre + np.array([height, width]) * side / 2), 0, (height, width)).astype(int)
    window = (..., slice(tops[0], ends[0]), slice(tops[1], ends[1]))
    mixed = images.clone()
    mixed[window] = images[torch.from_numpy(partners).to(images.device)][window]
    return mixed, partners, 1 - float(np.prod(ends - tops)) / (height * width)
