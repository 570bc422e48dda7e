"""Densely connected networks with torchvision's keys.

Huang, Liu, van der Maaten, Weinberger: Densely connected convolutional networks, CVPR 2017.
"""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from napari_ben.models._classifier import Classifier, initialize

__all__ = ["DenseNet", "densenet121", "densenet161"]

BOTTLENECK = 4  # features of the 1×1 convolution, in growths


class DenseLayer(nn.Sequential):
    """Normalise, rectify, 1×1; normalise, rectify, 3×3: `growth` new features from all before."""

    def __init__(self, n_in: int, growth: int) -> None:
        super().__init__(
            OrderedDict(
                norm1=nn.BatchNorm2d(n_in),
                relu1=nn.ReLU(inplace=True),
                conv1=nn.Conv2d(n_in, BOTTLENECK * growth, 1, bias=False),
                norm2=nn.BatchNorm2d(BOTTLENECK * growth),
                relu2=nn.ReLU(inplace=True),
                conv2=nn.Conv2d(BOTTLENECK * growth, growth, 3, padding=1, bias=False),
            )
        )


class DenseBlock(nn.ModuleDict):
    """Layers that each see everything before them."""

    def __init__(self, n_in: int, growth: int, depth: int) -> None:
        super().__init__(
            {f"denselayer{layer + 1}": DenseLayer(n_in + layer * growth, growth) for layer in range(depth)}
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) to (N, C + depth · growth, Y, X)."""
        features = [x]
        for layer in self.values():
            features.append(layer(torch.cat(features, dim=1)))
        return torch.cat(features, dim=1)


class Transition(nn.Sequential):
    """Half the features, half the size."""

    def __init__(self, n_in: int) -> None:
        super().__init__(
            OrderedDict(
                norm=nn.BatchNorm2d(n_in),
                relu=nn.ReLU(inplace=True),
                conv=nn.Conv2d(n_in, n_in // 2, 1, bias=False),
                pool=nn.AvgPool2d(2, 2),
            )
        )


class DenseNet(Classifier):
    """Dense blocks with transitions between them.

    Parameters
    ----------
    n_channels, n_classes
        Of the input and the logits.
    growth
        New features of each layer; the stem has twice as many.
    depths
        Layers of each block.
    """

    def __init__(self, n_channels: int, n_classes: int, growth: int, depths: Sequence[int]) -> None:
        n_features = 2 * growth
        layers: OrderedDict[str, nn.Module] = OrderedDict(
            conv0=nn.Conv2d(n_channels, n_features, 7, 2, padding=3, bias=False),
            norm0=nn.BatchNorm2d(n_features),
            relu0=nn.ReLU(inplace=True),
            pool0=nn.MaxPool2d(3, 2, padding=1),
        )
        for block, depth in enumerate(depths, start=1):
            layers[f"denseblock{block}"] = DenseBlock(n_features, growth, depth)
            n_features += depth * growth
            if block < len(depths):
                layers[f"transition{block}"] = Transition(n_features)
                n_features //= 2
        layers["norm5"] = nn.BatchNorm2d(n_features)
        super().__init__(n_channels, n_classes, n_features)
        self.features = nn.Sequential(layers)
        self.relu = nn.ReLU(inplace=True)
        self.classifier = nn.Linear(n_features, n_classes)
        initialize(self)

    def embed(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) inputs to (N, d) embeddings."""
        features: Tensor = self.relu(self.features(x))
        return features.mean(dim=(2, 3))

    def classify(self, z: Tensor) -> Tensor:
        """(N, d) embeddings to (N, K) logits."""
        logits: Tensor = self.classifier(z)
        return logits


def densenet121(n_channels: int, n_classes: int) -> DenseNet:
    """Blocks of 6, 12, 24, 16 layers, growth 32: embeddings of 1,024."""
    return DenseNet(n_channels, n_classes, 32, (6, 12, 24, 16))


def densenet161(n_channels: int, n_classes: int) -> DenseNet:
    """Blocks of 6, 12, 36, 24 layers, growth 48: embeddings of 2,208."""
    return DenseNet(n_channels, n_classes, 48, (6, 12, 36, 24))
