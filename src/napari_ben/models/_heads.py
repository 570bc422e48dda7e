"""Classifiers on the direction of an embedding instead of the embedding itself.

``cosine``: logits are s · cos θ, the angle to a direction for each class, as a network trained with ArcFace gives them
(Deng et al., CVPR 2019). ``unit``: a linear layer on the embedding at length 1, as a linear probe is trained.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_ben.models._classifier import Classifier

__all__ = ["ARCFACE_SCALE", "CosineNetwork", "UnitNetwork"]

ARCFACE_SCALE = 30.0


class CosineNetwork(Classifier):
    """A body under a cosine classifier.

    Parameters
    ----------
    body
        Gives the embedding; its own classifier is not used.
    n_classes
        Of the logits.
    """

    def __init__(self, body: Classifier, n_classes: int) -> None:
        super().__init__(body.n_channels, n_classes, body.embedding_size)
        self.body = body
        self.weight = nn.Parameter(torch.empty(n_classes, body.embedding_size))
        nn.init.xavier_normal_(self.weight)

    def embed(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) inputs to (N, d) embeddings."""
        return self.body.embed(x)

    def classify(self, z: Tensor) -> Tensor:
        """(N, d) embeddings to (N, K) logits, each from -30 to 30."""
        return ARCFACE_SCALE * functional.linear(functional.normalize(z), functional.normalize(self.weight))


class UnitNetwork(Classifier):
    """A body under a linear classifier of unit vectors.

    Parameters
    ----------
    body
        Gives the embedding; its own classifier is not used.
    n_classes
        Of the logits.
    """

    def __init__(self, body: Classifier, n_classes: int) -> None:
        super().__init__(body.n_channels, n_classes, body.embedding_size)
        self.body = body
        self.probe = nn.Linear(body.embedding_size, n_classes)

    def embed(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) inputs to (N, d) embeddings."""
        return self.body.embed(x)

    def classify(self, z: Tensor) -> Tensor:
        """(N, d) embeddings to (N, K) logits."""
        logits: Tensor = self.probe(functional.normalize(z))
        return logits
