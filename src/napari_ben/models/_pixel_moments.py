"""Mean and deviation of each channel over many images, one image at a time.

Images are merged by the pairwise formula of Chan, Golub and LeVeque (1983), in float64, so neither their order nor
their number matters.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_ben.models._scaling import ChannelStatistics

__all__ = ["PixelMoments"]


@dataclass(frozen=True, eq=False)
class PixelMoments:
    """What is known of the pixels seen so far.

    Parameters
    ----------
    count
        Pixels of a channel.
    mean, deviation
        (C,) float64, mean and summed squared distance from it.
    """

    count: int
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]

    @classmethod
    def of(cls, image: NDArray[np.generic]) -> "PixelMoments":
        """Moments of one image, (C, Y, X) of any real dtype."""
        pixels = image.reshape(len(image), -1).astype(np.float64)
        mean = pixels.mean(axis=1)
        return cls(pixels.shape[1], mean, ((pixels - mean[:, None]) ** 2).sum(axis=1))

    def __or__(self, other: "PixelMoments") -> "PixelMoments":
        """Moments of both together."""
        count = self.count + other.count
        shift = other.mean - self.mean
        deviation = self.deviation + other.deviation + shift**2 * (self.count * other.count / count)
        return PixelMoments(count, self.mean + shift * (other.count / count), deviation)

    def statistics(self) -> ChannelStatistics:
        """Mean and standard deviation."""
        return ChannelStatistics(self.mean, np.sqrt(self.deviation / self.count))
