"""A network that is told what its plate looks like (ARM-CML; Zhang et al. 2020, arXiv 2007.02931).

A small context network looks at every image; its output, averaged over the context, becomes further input channels of
the classifier. The average is one more statistic of the context, so it is kept where the others are: in a layer that is
a BatchNorm to whoever measures or replaces statistics. That is why every method of adaptation works with it, on plates
of any size.

The authors' code averages over images and keeps the map. Here pixels are averaged too: a field has no fixed centre, and
a map would tie the network to one image size.
"""

import torch
from torch import Tensor, nn

from napari_ben.models._classifier import Classifier

__all__ = ["ContextMean", "ContextNetwork"]


class ContextMean(nn.BatchNorm2d):
    """Gives, at every pixel, the mean of its input over the context.

    Parameters
    ----------
    num_features
        Channels of the context.
    """

    shares: Tensor | None = None

    def __init__(self, num_features: int) -> None:
        super().__init__(num_features, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) to the same shape, all pixels of a channel alike; gradients flow through the mean."""
        if self.training:
            means = x.float().mean((2, 3))  # a statistic is never of half precision
            mean = means.mean(0) if self.shares is None else (self.shares[:, None] * means).sum(0)
            self._track(mean)
        else:
            mean = self._tracked()
        return mean.to(x.dtype)[:, None, None].expand(x.shape)

    @torch.no_grad()
    def _track(self, mean: Tensor) -> None:
        self._tracked().lerp_(mean.to(self._tracked().dtype), self.momentum or 0.0)

    def _tracked(self) -> Tensor:
        if self.running_mean is None:
            message = "a context mean always keeps its running mean"
            raise RuntimeError(message)
        return self.running_mean


class ContextNetwork(Classifier):
    """A classifier whose input channels are followed by those of the context.

    Parameters
    ----------
    body
        Takes the image's channels and the context's.
    context
        Channels of the context.
    width
        Features inside the context network.
    """

    def __init__(self, body: Classifier, context: int = 12, width: int = 64) -> None:
        n_channels = body.n_channels - context
        super().__init__(n_channels, body.n_classes, body.embedding_size)
        self.body = body
        self.encoder = nn.Sequential(
            nn.Conv2d(n_channels, width, 5, padding=2),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 5, padding=2),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, context, 5, padding=2),
        )
        self.context = ContextMean(context)

    def embed(self, x: Tensor) -> Tensor:
        """(N, C, Y, X) inputs to (N, d) embeddings."""
        return self.body.embed(torch.cat([x, self.context(self.encoder(x))], 1))

    def classify(self, z: Tensor) -> Tensor:
        """(N, d) embeddings to (N, K) logits."""
        return self.body.classify(z)
