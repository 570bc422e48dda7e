"""Textures and soft steps. Textures are cut at random places from a fixed bank of periodic noise."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["Floats", "bell", "rise", "texture"]

Floats = NDArray[np.float32]
_BANK_SIZE = 512
_GRAINS = {"fine": 0.9, "medium": 1.6, "coarse": 2.6, "wide": 7.0}  # Gaussian σ, pixels


@cache
def _texture_bank() -> dict[str, Floats]:
    """Periodic Gaussian noise of unit variance for each grain, (512, 512) float32."""
    rng = np.random.default_rng(20)
    bank = {}
    for name, sigma in _GRAINS.items():
        noise = ndimage.gaussian_filter(rng.standard_normal((_BANK_SIZE, _BANK_SIZE)), sigma, mode="wrap")
        bank[name] = (noise / noise.std()).astype(np.float32)
    return bank


def texture(grain: str, size: int, rng: np.random.Generator) -> Floats:
    """(size, size) float32 of unit variance, cut, flipped and turned at random."""
    y, x = rng.integers(0, _BANK_SIZE - size, 2)
    cut = _texture_bank()[grain][y : y + size, x : x + size]
    flip_y, flip_x, transpose = rng.integers(0, 2, 3)
    cut = cut[:: 1 - 2 * flip_y, :: 1 - 2 * flip_x]
    turned: Floats = cut.T if transpose else cut
    return turned


def rise(values: Floats, width: float) -> Floats:
    """Smooth step from 0 to 1 around zero, linear over ± ``width``; far cheaper than a logistic."""
    step: Floats = np.clip(values * (0.5 / width) + 0.5, 0, 1)
    return step


def bell(values: Floats, width: float) -> Floats:
    """1 at zero, falling like a Gaussian with standard deviation ``width``."""
    fall: Floats = np.exp(values * values * (-0.5 / width**2))
    return fall
