"""The one shape that every network here has: an embedding, then a linear classifier on it."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

__all__ = ["Classifier", "initialize"]


class Classifier(nn.Module, ABC):
    """A network whose logits are a linear map of its embedding.

    Parameters
    ----------
    n_channels, n_classes, embedding_size
        Of its input, its logits and what lies between them.
    """

    def __init__(self, n_channels: int, n_classes: int, embedding_size: int) -> None:
        super().__init__()
        self.n_channels = n_channels
        self.n_classes = n_classes
        self.embedding_size = embedding_size

    @abstractmethod
    def embed(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) inputs to (N, d) embeddings."""

    @abstractmethod
    def classify(self, z: Tensor) -> Tensor:
        """(N, d) embeddings to (N, K) logits."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) inputs to (N, K) logits."""
        return self.classify(self.embed(x))


def initialize(network: nn.Module) -> None:
    """Draw He-normal convolution weights (fan out); normalisations start as the identity."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
