"""Changes of an image on the device: geometry, erasing, brightness.

Every number is drawn by the epoch's numpy generator on the CPU, so a resumed run gives the same losses.
"""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

__all__ = ["Strength", "distort", "jitter_intensity", "jitter_plate"]

Strength = Literal["none", "easy", "normal", "hard"]
SHIFT = SCALE = ASPECT = 0.1
ERASED = (0.02, 0.4)
ERASED_ASPECT = (0.3, 3.3)
ZOOM = (0.8, 0.99)


def distort(images: Tensor, strength: Strength, rng: np.random.Generator) -> Tensor:
    """Shift, scale and stretch half of the images; ``normal`` erases a rectangle in half, ``hard`` zooms into all too.

    Parameters
    ----------
    images
        (n, C, Y, X) float32.
    strength
        Of DeepNoise (arXiv 2209.05772, and its code).
    rng
        Of the epoch.

    Returns
    -------
    The same shape; what comes from outside an image is 0.
    """
    if strength == "none":
        return images
    maps = _draw_maps(len(images), rng)
    if strength == "hard":
        maps = maps @ _draw_zooms(len(images), rng)
    grid = functional.affine_grid(_like(maps[:, :2], images), list(images.shape), align_corners=False)
    changed = functional.grid_sample(images, grid, align_corners=False)
    return changed if strength == "easy" else _erase(changed, rng)


def _draw_maps(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(n, 3, 3) maps from output to input coordinates, each side of an image from -1 to 1; half are the identity."""
    moves = rng.random(n) < 0.5
    scale, aspect = (rng.uniform(1 - amount, 1 + amount, n) for amount in (SCALE, ASPECT))
    shift = rng.uniform(-2 * SHIFT, 2 * SHIFT, (n, 2))
    maps = np.tile(np.eye(3), (n, 1, 1))
    maps[moves, 0, 0] = (1 / (scale * np.sqrt(aspect)))[moves]
    maps[moves, 1, 1] = (np.sqrt(aspect) / scale)[moves]
    maps[moves, :2, 2] = shift[moves]
    return maps


def _draw_zooms(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(n, 3, 3) maps that show a part of the image, somewhere, at full size."""
    side = rng.uniform(*ZOOM, n)
    maps = np.tile(np.eye(3), (n, 1, 1))
    maps[:, [0, 1], [0, 1]] = side[:, None]
    maps[:, :2, 2] = rng.uniform(-1, 1, (n, 2)) * (1 - side)[:, None]
    return maps


def _erase(images: Tensor, rng: np.random.Generator) -> Tensor:
    erased = images.clone()
    height, width = images.shape[2:]
    for number in np.flatnonzero(rng.random(len(images)) < 0.5):
        area, aspect = rng.uniform(*ERASED), rng.uniform(*ERASED_ASPECT)
        h, w = (min(1.0, side) for side in (np.sqrt(area * aspect), np.sqrt(area / aspect)))
        rows, columns = max(1, round(h * height)), max(1, round(w * width))
        top, left = int(rng.integers(height - rows + 1)), int(rng.integers(width - columns + 1))
        erased[int(number), :, top : top + rows, left : left + columns] = 0
    return erased


def jitter_intensity(images: Tensor, gain: float, bias: float, rng: np.random.Generator) -> Tensor:
    """Multiply each channel of each image by N(1, gain) and add N(0, bias) (the winner of RxRx1 took 0.1)."""
    if not gain and not bias:
        return images
    shape = (*images.shape[:2], 1, 1)
    factor, summand = rng.normal(1, gain, shape), rng.normal(0, bias, shape)
    return images * _like(factor, images) + _like(summand, images)


def jitter_plate(images: Tensor, offsets: NDArray[np.float64], amount: float, rng: np.random.Generator) -> Tensor:
    """Scale images as if their plate's mean m and deviation s had been measured wrongly.

    With a and b drawn from U(−amount, amount) for each channel of each image,
    (x − m (1 + a)) / (s (1 + b)) = (z − a m / s) / (1 + b), where z is the image as it is.

    Parameters
    ----------
    images
        (n, C, Y, X), z.
    offsets
        (n, C), m / s.
    amount
        DeepNoise takes 0.1.
    rng
        Of the epoch.
    """
    a, b = rng.uniform(-amount, amount, (2, *offsets.shape))
    return (images - _like((a * offsets)[..., None, None], images)) / _like((1 + b)[..., None, None], images)


def _like(values: NDArray[np.float64], images: Tensor) -> Tensor:
    return torch.from_numpy(values).to(images)
