"""Changes of an image on the device: geometry, erasing, brightness."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, contiguous_format, stack
from torch.nn import functional

from napari_ben.training._pixels import to_device

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
    changed = images.clone(memory_format=contiguous_format)  # sampling and erasing are faster there
    moves, scale, shift = _draw_maps(len(images), rng)
    if strength == "hard":
        moves, (zoom, part) = np.arange(len(images)), _draw_zooms(len(images), rng)
        scale, shift = scale * zoom, scale * part + shift
    rows = to_device(moves, images)
    changed[rows] = _resample(changed[rows], scale[moves], shift[moves])
    return changed if strength == "easy" else _erase(changed, rng)


def _resample(images: Tensor, scale: NDArray[np.float64], shift: NDArray[np.float64]) -> Tensor:
    """Take the pixel at u from scale · u + shift, (n, 2) in x and y, a side from -1 to 1."""
    at = []
    for length, factor, summand in zip(images.shape[:1:-1], scale.T, shift.T, strict=True):
        u = (2 * np.arange(length) + 1) / length - 1
        at.append(to_device(factor[:, None] * u + summand[:, None], images))
    x, y = at
    grid = stack([x[:, None, :].expand(-1, y.shape[1], -1), y[:, :, None].expand(-1, -1, x.shape[1])], dim=-1)
    return functional.grid_sample(images, grid, align_corners=False)


def _draw_maps(n: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Draw which half moves, and (n, 2) scale and shift from output to input; those that do not move have 1 and 0."""
    moves = rng.random(n) < 0.5
    scale, aspect = (rng.uniform(1 - amount, 1 + amount, n) for amount in (SCALE, ASPECT))
    shift = rng.uniform(-2 * SHIFT, 2 * SHIFT, (n, 2))
    factors = np.stack([1 / (scale * np.sqrt(aspect)), np.sqrt(aspect) / scale], axis=1)
    return np.flatnonzero(moves), np.where(moves[:, None], factors, 1.0), np.where(moves[:, None], shift, 0.0)


def _draw_zooms(n: int, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n, 1) scale and (n, 2) shift that show a part of the image, somewhere, at full size."""
    side = rng.uniform(*ZOOM, (n, 1))
    return side, rng.uniform(-1, 1, (n, 2)) * (1 - side)


def _erase(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Put zeros into a rectangle of half of the images, in place."""
    n, is_erased = len(images), rng.random(len(images)) < 0.5
    area, aspect = rng.uniform(*ERASED, n), rng.uniform(*ERASED_ASPECT, n)
    inside = []
    for length, share in zip(images.shape[2:], (np.sqrt(area * aspect), np.sqrt(area / aspect)), strict=True):
        side = np.clip(np.round(share * length), 1, length).astype(int)
        start = rng.integers(0, length - side + 1)
        at = np.arange(length)
        inside.append((at >= start[:, None]) & (at < (start + side)[:, None]))
    rows, columns = (to_device(part, images) for part in (inside[0] & is_erased[:, None], inside[1]))
    kept = ~(rows[:, :, None] & columns[:, None, :])
    return images.mul_(kept[:, None].to(images.dtype))


def jitter_intensity(images: Tensor, gain: float, bias: float, rng: np.random.Generator) -> Tensor:
    """Multiply each channel of each image by N(1, gain) and add N(0, bias) (the winner of RxRx1 took 0.1)."""
    if not gain and not bias:
        return images
    shape = (*images.shape[:2], 1, 1)
    factor, summand = rng.normal(1, gain, shape), rng.normal(0, bias, shape)
    return images * to_device(factor, images) + to_device(summand, images)


def jitter_plate(
    zero: NDArray[np.float64],
    unit: NDArray[np.float64],
    offsets: NDArray[np.float64],
    amount: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Change the line that scales images as if their plate's mean m and deviation s had been measured wrongly.

    With a and b drawn from U(−amount, amount) for each channel of each image, (x − m (1 + a)) / (s (1 + b)) is drawn
    instead of (x − m) / s; no pixel is touched for that.

    Parameters
    ----------
    zero, unit
        (n, C), network input is (count − zero) / unit.
    offsets
        (n, C), m / s.
    amount
        DeepNoise takes 0.1.
    rng
        Of the epoch.

    Returns
    -------
    (n, C) zero and unit of this time.
    """
    a, b = rng.uniform(-amount, amount, (2, *offsets.shape))
    return zero + a * offsets * unit, unit * (1 + b)
