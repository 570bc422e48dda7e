"""Xception with the keys of the widely used Cadene weights, and DeepNoise's two changes as options.

Chollet: Xception: deep learning with depthwise separable convolutions, CVPR 2017. DeepNoise (arXiv 2209.05772) swaps
the 3×3 stem for a padded 7×7 one and averages the last normalisation without rectifying it first.
"""

from itertools import chain, pairwise
from typing import Literal

from torch import Tensor, nn

from napari_ben.models._classifier import Classifier, initialize

__all__ = ["Xception", "xception"]

MIDDLE = 728  # features of the eight middle blocks


class SeparableConv(nn.Module):
    """A 3×3 convolution of each feature, then a 1×1 of all."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_in, 3, padding=1, groups=n_in, bias=False)
        self.pointwise = nn.Conv2d(n_in, n_out, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, n_in, Y, X) to (N, n_out, Y, X)."""
        mixed: Tensor = self.pointwise(self.conv1(x))
        return mixed


class Block(nn.Module):
    """Rectified separable convolutions around a shortcut.

    Parameters
    ----------
    widths
        Features before and after each convolution.
    stride
        2 halves the size by max pooling and makes the shortcut a convolution.
    """

    def __init__(self, widths: tuple[int, ...], stride: int, *, rectify_first: bool = True) -> None:
        super().__init__()
        triples = ((nn.ReLU(), SeparableConv(n_in, n_out), nn.BatchNorm2d(n_out)) for n_in, n_out in pairwise(widths))
        layers: list[nn.Module] = list(chain.from_iterable(triples))
        pool = [nn.MaxPool2d(3, stride, padding=1)] if stride > 1 else []
        self.rep = nn.Sequential(*(layers if rectify_first else layers[1:]), *pool)
        self.has_shortcut = stride > 1 or widths[0] != widths[-1]
        if self.has_shortcut:
            self.skip = nn.Conv2d(widths[0], widths[-1], 1, stride, bias=False)
            self.skipbn = nn.BatchNorm2d(widths[-1])

    def forward(self, x: Tensor) -> Tensor:
        """(N, n_in, Y, X) to (N, n_out, Y / stride, X / stride)."""
        shortcut = self.skipbn(self.skip(x)) if self.has_shortcut else x
        summed: Tensor = self.rep(x) + shortcut
        return summed


class Xception(Classifier):
    """The network; layers are named as in the Cadene weights, the classifier ``fc``.

    Parameters
    ----------
    n_channels, n_classes
        Of the input and the logits.
    stem
        Size of the first convolution's kernel: 3 as published, 7 (padded) as in DeepNoise.
    rectify_last
        False averages the last normalisation as it is, as in DeepNoise.
    """

    def __init__(self, n_channels: int, n_classes: int, stem: Literal[3, 7], *, rectify_last: bool) -> None:
        super().__init__(n_channels, n_classes, 2048)
        self.conv1 = nn.Conv2d(n_channels, 32, stem, 2, padding=3 if stem == 7 else 0, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 3, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        self.block1 = Block((64, 128, 128), 2, rectify_first=False)
        self.block2 = Block((128, 256, 256), 2)
        self.block3 = Block((256, MIDDLE, MIDDLE), 2)
        for block in range(4, 12):
            self.add_module(f"block{block}", Block((MIDDLE,) * 4, 1))
        self.block12 = Block((MIDDLE, MIDDLE, 1024), 2)
        self.conv3 = SeparableConv(1024, 1536)
        self.bn3 = nn.BatchNorm2d(1536)
        self.conv4 = SeparableConv(1536, 2048)
        self.bn4 = nn.BatchNorm2d(2048)
        self.relu = nn.ReLU()
        self.last = nn.ReLU() if rectify_last else nn.Identity()
        self.fc = nn.Linear(2048, n_classes)
        initialize(self)

    def embed(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) inputs to (N, 2048) embeddings."""
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        for block in range(1, 13):
            x = self.get_submodule(f"block{block}")(x)
        x = self.relu(self.bn3(self.conv3(x)))
        features: Tensor = self.last(self.bn4(self.conv4(x)))
        return features.mean(dim=(2, 3))

    def classify(self, z: Tensor) -> Tensor:
        """(N, 2048) embeddings to (N, K) logits."""
        logits: Tensor = self.fc(z)
        return logits


def xception(n_channels: int, n_classes: int, stem: Literal[3, 7] = 3, *, rectify_last: bool = True) -> Xception:
    """Build Xception as published, or DeepNoise's with ``stem=7, rectify_last=False``."""
    return Xception(n_channels, n_classes, stem, rectify_last=rectify_last)
