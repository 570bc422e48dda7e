"""What differs between experiments: stain, microscope and culture, never the biology.

The training experiments have effects fixed by their name, so "a plate of the training experiments" means the same
thing whatever the seed; new batches and other labs are drawn from the seed. Another laboratory always differs
strongly: each of its gains lies well off 1, only the direction is left to chance.
"""

import zlib
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_ben.samples._cells import CHANNELS
from napari_ben.samples._textures import Floats

__all__ = ["TRAINING_EXPERIMENTS", "BatchEffect", "Laboratory", "draw_batch_effect", "draw_plate_effect", "photograph"]

Laboratory = Literal["home", "other"]
TRAINING_EXPERIMENTS = tuple(f"HOME-{number:02d}" for number in range(1, 13))

# One unit of stain gives this many counts; the camera's floor lies below. A 16-bit camera, rarely saturated.
_COUNTS = np.array([5200, 4600, 5200, 4200, 5000], np.float32)
_FLOOR = 400.0


@dataclass(frozen=True)
class BatchEffect:
    """How one experiment, or one plate of it, turns stained cells into camera counts.

    Parameters
    ----------
    gain
        (5,) factor on each stain.
    background
        (5,) camera counts of unbound stain.
    blur
        (5,) Gaussian σ in pixels.
    density
        Factor on the number of cells.
    illumination
        (2,) relative change of light from the middle of a field to its lower and right border.
    vignette
        Share of light lost in the corners.
    edge
        Strength of the plate's edge effect: fewer cells and brighter stain in the outer wells.
    noise
        Read noise, counts.
    """

    gain: Floats
    background: Floats
    blur: Floats
    density: float
    illumination: Floats
    vignette: float
    edge: float
    noise: float


def draw_batch_effect(experiment: str, laboratory: Laboratory, seed: int | None) -> BatchEffect:
    """Effect of an experiment.

    Parameters
    ----------
    experiment
        Its name takes part in the draw.
    laboratory
        The training experiments and the new batches come from ``home``.
    seed
        None for the training experiments, which are the same in every screen.
    """
    rng = np.random.default_rng([zlib.crc32(experiment.encode()), 0 if seed is None else seed + 1])
    n = len(CHANNELS)
    if laboratory == "home":
        gain = np.exp(rng.normal(0, 0.22, n))
        background, blur, density = rng.uniform(0, 350, n), rng.uniform(0.45, 0.85, n), rng.uniform(0.85, 1.15)
    else:
        direction = rng.permutation([1, 1, -1, -1, rng.choice([-1, 1])])
        gain = np.exp(direction * rng.uniform(0.28, 0.45, n))
        background, blur, density = rng.uniform(450, 1000, n), rng.uniform(0.72, 0.88, n), rng.uniform(0.75, 1.3)
    return BatchEffect(
        gain=gain.astype(np.float32),
        background=background.astype(np.float32),
        blur=blur.astype(np.float32),
        density=float(density),
        illumination=rng.normal(0, 0.06, 2).astype(np.float32),
        vignette=float(rng.uniform(0.05, 0.25)),
        edge=float(rng.uniform(0.05, 0.25)),
        noise=float(rng.uniform(20, 60)),
    )


def draw_plate_effect(effect: BatchEffect, rng: np.random.Generator) -> BatchEffect:
    """Plates of one experiment differ a little too."""
    return replace(
        effect,
        gain=effect.gain * np.exp(rng.normal(0, 0.05, effect.gain.size)).astype(np.float32),
        density=effect.density * float(np.exp(rng.normal(0, 0.04))),
        edge=effect.edge * float(np.exp(rng.normal(0, 0.2))),
    )


def photograph(stains: Floats, effect: BatchEffect, gain: Floats, rng: np.random.Generator) -> NDArray[np.uint16]:
    """Record stained cells as a camera does.

    Parameters
    ----------
    stains
        (5, Y, X) from ``draw_cells``.
    effect
        Of the plate.
    gain
        (5,) factor of this well's staining on top of the plate's.
    rng
        Of the field.

    Returns
    -------
    (5, Y, X) uint16, camera counts.
    """
    counts = np.empty_like(stains)
    for channel, sigma in enumerate(effect.blur):
        ndimage.gaussian_filter(stains[channel], sigma, output=counts[channel], truncate=2.5)
    counts *= (_COUNTS * effect.gain * gain)[:, None, None]
    counts += effect.background[:, None, None]
    counts *= _illuminate(effect, stains.shape[1])
    counts += rng.standard_normal(counts.shape, np.float32) * np.sqrt(2.0 * counts + effect.noise**2)
    counts += _FLOOR + 0.5
    return np.clip(counts, 0, 65535).astype(np.uint16)


def _illuminate(effect: BatchEffect, size: int) -> Floats:
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    light = 1 + effect.illumination[0] * axis[:, None] + effect.illumination[1] * axis
    lit: Floats = light * (1 - effect.vignette * 0.5 * (axis[:, None] ** 2 + axis**2))
    return lit
