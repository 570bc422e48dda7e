"""Changes of an image that leave its class alone: cells have no up and no handedness."""

import numpy as np
from numpy.typing import NDArray

from napari_ben.training._config import TrainingConfig

__all__ = ["augment"]

Images = NDArray[np.float32]
_GROUPS = 8  # images that share a turn: one copy a group instead of one an image


def augment(images: Images, config: TrainingConfig, rng: np.random.Generator) -> Images:
    """Turn, flip and cut images.

    Parameters
    ----------
    images
        (n, C, Y, X) float32; left as it is.
    config
        Whether to, and how large a window.
    rng
        Of the epoch.

    Returns
    -------
    (n, C, y, x) float32, contiguous, a copy.
    """
    size = min(config.crop or max(images.shape[2:]), *images.shape[2:]) if config.crop else None
    height, width = (size, size) if size else images.shape[2:]
    changed = np.empty((*images.shape[:2], height, width), np.float32)
    square = images.shape[2] == images.shape[3]
    for members in np.array_split(rng.permutation(len(images)), min(_GROUPS, len(images))):
        part = images[members]
        if size:
            y, x = (int(rng.integers(length - size + 1)) for length in images.shape[2:])
            part = part[:, :, y : y + size, x : x + size]
        changed[members] = _turn(part, rng, square=square) if config.augment else part
    return changed


def _turn(images: Images, rng: np.random.Generator, *, square: bool) -> Images:
    """One of the eight symmetries of a square, or of the four of a rectangle."""
    down, right, transpose = (bool(value) for value in rng.integers(0, 2, 3))
    turned = images[:, :, :: -1 if down else 1, :: -1 if right else 1]
    return turned.swapaxes(2, 3) if transpose and square else turned
