"""Residual networks with torchvision's keys, and the CS-ARM-BN variant that shares the keys but not the function.

`resnet50_avgstride` shrinks by average pooling instead of strided convolutions, and its head weights the middle of
the map more than the border. Its weights load into a plain ResNet-50 without complaint and give uncorrelated outputs
there, which is why model cards name the architecture and bundles carry a probe.
He, Zhang, Ren, Sun: Deep residual learning for image recognition, CVPR 2016.
"""

from collections.abc import Sequence

import torch.fx
from torch import Tensor, nn
from torch.nn import functional

from napari_ben.models._classifier import Classifier, initialize

__all__ = ["ResNet", "resnet10", "resnet18", "resnet50", "resnet50_avgstride"]


class BasicBlock(nn.Module):
    """Two 3×3 convolutions around a shortcut."""

    expansion = 1

    def __init__(self, n_in: int, width: int, stride: int, shortcut: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) to (N, width, Y / stride, X / stride)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.bn2(self.conv2(x))
        summed: Tensor = self.relu(x + shortcut)
        return summed


class Bottleneck(nn.Module):
    """1×1, 3×3 (strided) and 1×1 convolutions around a shortcut."""

    expansion = 4

    def __init__(self, n_in: int, width: int, stride: int, shortcut: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) to (N, 4 width, Y / stride, X / stride)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        x = self.bn3(self.conv3(x))
        summed: Tensor = self.relu(x + shortcut)
        return summed


class PooledBottleneck(Bottleneck):
    """A bottleneck whose stride is an average pooling after the second rectifier."""

    def __init__(self, n_in: int, width: int, stride: int, shortcut: nn.Module | None) -> None:
        super().__init__(n_in, width, 1, shortcut)
        self.pool = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) to (N, 4 width, Y / stride, X / stride)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.pool(self.relu(self.bn2(self.conv2(x))))
        x = self.bn3(self.conv3(x))
        summed: Tensor = self.relu(x + shortcut)
        return summed


class Shortcut(nn.Sequential):
    """A strided 1×1 convolution and its normalisation."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__(nn.Conv2d(n_in, n_out, 1, stride, bias=False), nn.BatchNorm2d(n_out))


class PooledShortcut(Shortcut):
    """Average pooling, then a 1×1 convolution and its normalisation: the layers keep the names 0 and 1."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__(n_in, n_out, 1)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) to (N, n_out, Y / stride, X / stride)."""
        convolution, normalization = self
        pooled = functional.avg_pool2d(x, self.stride) if self.stride > 1 else x
        normalized: Tensor = normalization(convolution(pooled))
        return normalized


class MeanOverMap(nn.Module):
    """The plain mean over a map."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) to (N, C)."""
        return x.mean(dim=(2, 3))


class MeanOfWindows(nn.Module):
    """The mean of all 7×7 windows of a map: its middle counts more than its border (CS-ARM-BN)."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) to (N, C)."""
        return mean_of_windows(x)


@torch.fx.wrap  # one node of a traced graph, since the window depends on the map's size
def mean_of_windows(x: Tensor) -> Tensor:
    """(N, C, Y, X) to (N, C); on an 8×8 map a corner counts 0.327 and a centre pixel 1.306 of their plain share.

    Maps below 7×7, which the published code refuses, get one window: the plain mean.
    """
    window = (min(7, x.shape[2]), min(7, x.shape[3]))
    return functional.avg_pool2d(x, window, stride=1).mean(dim=(2, 3))


class ResNet(Classifier):
    """A residual network of four stages.

    Parameters
    ----------
    n_channels, n_classes
        Of the input and the logits.
    depths
        Blocks of each stage.
    width
        Features of the first stage; each further one has twice as many.
    block, shortcut, pool
        What it is built from.
    """

    def __init__(  # noqa: PLR0913 – the three parts default together; two more are what every network takes
        self,
        n_channels: int,
        n_classes: int,
        depths: Sequence[int],
        width: int = 64,
        *,
        block: type[BasicBlock] | type[Bottleneck] = BasicBlock,
        shortcut: type[Shortcut] = Shortcut,
        pool: type[nn.Module] = MeanOverMap,
    ) -> None:
        super().__init__(n_channels, n_classes, width * 8 * block.expansion)
        self.conv1 = nn.Conv2d(n_channels, width, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        parts = (block, shortcut)
        self.layer1 = _stage(width, width, depths[0], 1, parts)
        self.layer2 = _stage(width * block.expansion, width * 2, depths[1], 2, parts)
        self.layer3 = _stage(width * 2 * block.expansion, width * 4, depths[2], 2, parts)
        self.layer4 = _stage(width * 4 * block.expansion, width * 8, depths[3], 2, parts)
        self.pool = pool()
        self.fc = nn.Linear(self.embedding_size, n_classes)
        initialize(self)

    def embed(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) inputs to (N, d) embeddings."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        embedding: Tensor = self.pool(x)
        return embedding

    def classify(self, z: Tensor) -> Tensor:
        """(N, d) embeddings to (N, K) logits."""
        logits: Tensor = self.fc(z)
        return logits


Parts = tuple[type[BasicBlock] | type[Bottleneck], type[Shortcut]]


def _stage(n_in: int, width: int, depth: int, stride: int, parts: Parts) -> nn.Sequential:
    block, shortcut = parts
    n_out = width * block.expansion
    way_round = shortcut(n_in, n_out, stride) if stride > 1 or n_in != n_out else None
    return nn.Sequential(
        block(n_in, width, stride, way_round), *(block(n_out, width, 1, None) for _ in range(depth - 1))
    )


def resnet10(n_channels: int, n_classes: int, width: int = 64) -> ResNet:
    """One basic block a stage: the small network of the sample models."""
    return ResNet(n_channels, n_classes, (1, 1, 1, 1), width)


def resnet18(n_channels: int, n_classes: int, width: int = 64) -> ResNet:
    """Two basic blocks a stage."""
    return ResNet(n_channels, n_classes, (2, 2, 2, 2), width)


def resnet50(n_channels: int, n_classes: int, width: int = 64) -> ResNet:
    """Bottlenecks 3, 4, 6, 3, strided at their 3×3 convolution as torchvision's."""
    return ResNet(n_channels, n_classes, (3, 4, 6, 3), width, block=Bottleneck)


def resnet50_avgstride(n_channels: int, n_classes: int, width: int = 64) -> ResNet:
    """Bottlenecks with average-pool strides and a windowed mean: the network of the CS-ARM-BN release."""
    return ResNet(
        n_channels,
        n_classes,
        (3, 4, 6, 3),
        width,
        block=PooledBottleneck,
        shortcut=PooledShortcut,
        pool=MeanOfWindows,
    )
