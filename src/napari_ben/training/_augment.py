"""Changes of an image that leave its class alone: cells have no up and no handedness.

All images of a batch change at once, on the device. Every number is drawn by the epoch's numpy generator, so that a
resumed run gives the same losses and every device the same images.
"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, arange

from napari_ben.training._config import TrainingConfig
from napari_ben.training._distort import Strength, distort, jitter_intensity, jitter_plate
from napari_ben.training._pixels import Load, to_device, to_inputs

__all__ = ["cut_and_turn", "see"]


def see(
    load: Load,
    offsets: NDArray[np.float64] | None,
    config: TrainingConfig,
    strength: Strength,
    rng: np.random.Generator,
) -> Tensor:
    """Images as the network is to see them this time.

    Parameters
    ----------
    load
        Left as it is, for another look.
    offsets
        (n, C), mean over deviation of each image's plate where these scale the pixels.
    config
        Whether to turn, how large a window, how much jitter.
    strength
        Of the distortion.
    rng
        Of the epoch.

    Returns
    -------
    (n, C, y, x) float32.
    """
    zero, unit = load.zero, load.unit
    if offsets is not None and config.pixel_jitter:
        zero, unit = jitter_plate(zero, unit, offsets, config.pixel_jitter, rng)
    images = to_inputs(cut_and_turn(load.pixels, config, rng), zero, unit)
    return jitter_intensity(distort(images, strength, rng), config.gain, config.bias, rng)


def cut_and_turn(images: Tensor, config: TrainingConfig, rng: np.random.Generator) -> Tensor:
    """Cut a window out of each image, and turn it to one of the eight symmetries of a square, or four of a rectangle.

    Parameters
    ----------
    images
        (n, Y, X, C), any dtype; left as they are.
    config
        Whether to turn, and how large a window.
    rng
        Of the epoch.

    Returns
    -------
    (n, y, x, C).
    """
    n, height, width, n_channels = images.shape
    window = [min(config.crop or length, length) for length in (height, width)]
    if not config.augment and window == [height, width]:
        return images
    spare = np.array([[height - window[0]], [width - window[1]]])
    start = rng.integers(0, spare + 1, (2, n))
    is_back, is_transposed = np.zeros((2, n), bool), np.zeros(n, bool)
    if config.augment:
        is_back = rng.integers(0, 2, (2, n)).astype(bool)
        is_transposed = rng.integers(0, 2, n).astype(bool) & (window[0] == window[1])
    start += is_back * (np.array(window)[:, None] - 1)
    steps = np.where(is_back, -1, 1) * [[width], [1]]  # pixels in memory from one row, one column, to the next
    steps = np.where(is_transposed, steps[::-1], steps)
    first = np.arange(n) * (height * width) + start[0] * width + start[1]
    corner, down, right = (to_device(part[:, None], images) for part in (first, *steps))
    y, x = (arange(side, device=images.device) for side in window)
    source = (corner + down * y)[:, :, None] + (right * x)[:, None, :]
    return images.reshape(-1, n_channels).index_select(0, source.flatten()).view(n, *window, n_channels)
