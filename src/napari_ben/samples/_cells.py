"""A field of cells, drawn from traits: five stains as light, before any microscope.

Fast because only the question "which cell owns this pixel?" is asked of every cell; all the rest is per pixel.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_ben.samples._textures import Floats, bell, rise, texture

__all__ = ["CHANNELS", "draw_cells"]

CHANNELS = ("DNA", "ER", "RNA", "AGP", "Mito")


@dataclass(frozen=True)
class _Cells:
    """Every number that belongs to one cell, (n,) each, in pixels and radians."""

    y: Floats
    x: Floats
    radius: Floats
    angle: Floats
    elongation: Floats
    nucleus_radius: Floats
    nucleus_elongation: Floats
    nucleus_angle: Floats
    half_gap: Floats  # half the distance between the two nuclei of a binucleate cell, 0 otherwise
    fragmented: NDArray[np.bool_]
    lobes: Floats  # number of waves around the nucleus
    phase: Floats
    brightness: Floats  # (5, n)


def _place(size: int, spacing: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Centres of cells on a shaken lattice that reaches beyond the field, with some places left empty."""
    steps = math.ceil(size / spacing) + 2
    grid = (np.arange(steps, dtype=np.float32) - 1 + rng.random(dtype=np.float32)) * spacing
    y, x = (axis.ravel() for axis in np.meshgrid(grid, grid, indexing="ij"))
    x = x + 0.5 * spacing * (np.round((y - grid[0]) / spacing) % 2).astype(np.float32)
    shake = rng.uniform(-0.36, 0.36, (2, y.size)).astype(np.float32) * spacing
    keep = rng.random(y.size) < 0.82
    keep[rng.integers(y.size)] = True  # never an empty field
    return (y + shake[0])[keep], (x + shake[1])[keep]


def _draw_population(traits: dict[str, float], size: int, rng: np.random.Generator) -> _Cells:
    """Cells of one field, each a little different from the mean that ``traits`` describe."""
    y, x = _place(size, 34.0 / math.sqrt(traits["density"]), rng)
    n = y.size

    def vary(trait: str, spread: float) -> Floats:
        return (traits[trait] * np.exp(rng.normal(0, spread, n))).astype(np.float32)

    def turn() -> Floats:
        return rng.uniform(0, 2 * np.pi, n).astype(np.float32)

    angle = turn()
    binucleate = rng.random(n) < traits["binucleate"]
    radius = vary("nucleus_radius", 0.1)
    return _Cells(
        y=y,
        x=x,
        radius=vary("cell_radius", 0.12),
        angle=angle,
        elongation=vary("cell_elongation", 0.12),
        nucleus_radius=np.where(binucleate, 0.8 * radius, radius),
        nucleus_elongation=vary("nucleus_elongation", 0.1),
        nucleus_angle=angle + rng.normal(0, 0.4, n).astype(np.float32),
        half_gap=np.where(binucleate, 0.78 * radius, 0).astype(np.float32),
        fragmented=rng.random(n) < traits["fragmented"],
        lobes=rng.integers(2, 5, n).astype(np.float32),
        phase=turn(),
        brightness=np.exp(rng.normal(0, 0.15, (len(CHANNELS), n))).astype(np.float32),
    )


@dataclass(frozen=True)
class _Ground:
    """What every pixel knows of the cell that owns it, (Y, X) each."""

    owner: NDArray[np.intp]
    inside: Floats  # 0–1
    depth: Floats  # 0 at the cell's border, towards 1 at its centre
    dy: Floats
    dx: Floats
    nucleus: Floats  # 0–1
    nuclear_distance: Floats  # 1 at the nucleus' outline


def _squared_distances(cells: _Cells, size: int) -> Floats:
    """Distance of every pixel from every cell, 1 at the cell's outline, squared: (n, Y·X).

    An ellipse is a quadratic form, so all cells and pixels together are one matrix product.
    """
    axis = np.arange(size, dtype=np.float32)
    y, x = np.repeat(axis, size), np.tile(axis, size)
    cosine, sine = np.cos(cells.angle), np.sin(cells.angle)
    long, short = cells.elongation / cells.radius**2, 1 / (cells.elongation * cells.radius**2)
    yy, xx = long * cosine**2 + short * sine**2, long * sine**2 + short * cosine**2
    yx = (short - long) * sine * cosine
    linear_y, linear_x = -2 * (yy * cells.y + yx * cells.x), -2 * (xx * cells.x + yx * cells.y)
    constant = yy * cells.y**2 + xx * cells.x**2 + 2 * yx * cells.y * cells.x
    forms = np.stack([yy, xx, 2 * yx, linear_y, linear_x, constant], axis=1)
    squared: Floats = np.maximum(forms @ np.stack([y * y, x * x, y * x, y, x, np.ones_like(x)]), 0)
    return squared


def _own(cells: _Cells, size: int, rng: np.random.Generator) -> tuple[NDArray[np.intp], Floats]:
    """Owner of each pixel, and its depth inside that cell.

    Positive floats sort like the integers of the same bits, so with the cell's number in the lowest bits one minimum
    finds both the distance and the owner; ``argmin`` along the first axis takes five times as long.
    """
    tag = (1 << cells.y.size.bit_length()) - 1
    bits = _squared_distances(cells, size).view(np.int32)
    bits &= ~tag
    bits |= np.arange(cells.y.size, dtype=np.int32)[:, None]
    nearest = bits.min(axis=0)
    second = np.where(bits == nearest, np.iinfo(np.int32).max & ~(1 << 23), bits).min(axis=0)
    owner = (nearest & tag).reshape(size, size).astype(np.intp)
    distance, other = np.sqrt(np.stack([nearest, second]).view(np.float32)).reshape(2, size, size)
    wobble = 0.09 * texture("wide", size, rng)
    return owner, np.minimum(1 - distance + wobble, 0.9 * (other - distance))


def _nucleus(cells: _Cells, owner: NDArray[np.intp], dy: Floats, dx: Floats) -> Floats:
    """Distance from the middle of the nearest nucleus, 1 at its outline."""
    cosine, sine = np.cos(cells.nucleus_angle)[owner], np.sin(cells.nucleus_angle)[owner]
    along = np.abs(dx * cosine + dy * sine) if cells.half_gap.any() else dx * cosine + dy * sine
    along = (along - cells.half_gap[owner]) / np.sqrt(cells.nucleus_elongation)[owner]
    across = (dy * cosine - dx * sine) * np.sqrt(cells.nucleus_elongation)[owner]
    distance: Floats = np.sqrt(along * along + across * across) / cells.nucleus_radius[owner]
    return distance


def _lay_ground(cells: _Cells, traits: dict[str, float], size: int, rng: np.random.Generator) -> _Ground:
    owner, depth = _own(cells, size, rng)
    y, x = np.mgrid[:size, :size].astype(np.float32)
    dy, dx = y - cells.y[owner], x - cells.x[owner]
    distance = _nucleus(cells, owner, dy, dx)
    wave = np.cos(cells.lobes[owner] * np.arctan2(dy, dx) + cells.phase[owner])
    distance = distance / (1 + traits["nucleus_lobes"] * wave)
    nucleus = rise(1 - distance, 0.1)
    shards = rise(texture("coarse", size, rng) - 0.2, 0.3) * rise(1.25 - distance, 0.1)
    nucleus = np.where(cells.fragmented[owner], 1.3 * shards, nucleus).astype(np.float32)
    return _Ground(owner, rise(depth, 0.06), np.clip(depth, 0, 1), dy, dx, nucleus, distance)


def _draw_nucleoli(ground: _Ground, cells: _Cells, traits: dict[str, float], rng: np.random.Generator) -> Floats:
    """Bright spots inside the nuclei, (Y, X)."""
    n = cells.y.size
    number = np.minimum(rng.poisson(traits["nucleoli"], n), 6)
    spots = np.zeros_like(ground.dy)
    for k in range(number.max(initial=0)):
        reach = (0.6 * cells.nucleus_radius * np.sqrt(rng.random(n))).astype(np.float32)
        turn = rng.uniform(0, 2 * np.pi, n)
        reach[number <= k] = 1e3  # outside: this cell has fewer
        y, x = (reach * np.sin(turn)).astype(np.float32), (reach * np.cos(turn)).astype(np.float32)
        squared = (ground.dy - y[ground.owner]) ** 2 + (ground.dx - x[ground.owner]) ** 2
        spots = np.maximum(spots, np.exp(squared * (-0.5 / traits["nucleolus_radius"] ** 2)))
    nucleoli: Floats = spots * ground.nucleus
    return nucleoli


def _draw_actin(ground: _Ground, cells: _Cells, traits: dict[str, float], rng: np.random.Generator) -> Floats:
    """Cortex, stress fibres along the cell, and the Golgi beside the nucleus, (Y, X)."""
    size = len(ground.owner)
    cosine, sine = np.cos(cells.angle)[ground.owner], np.sin(cells.angle)[ground.owner]
    across = ground.dy * cosine - ground.dx * sine
    waves = np.cos(across * (2 * np.pi / 4.2) + 1.5 * texture("wide", size, rng))
    fibres = traits["actin_fibres"] * np.maximum(waves, 0) ** 2 * rise(texture("coarse", size, rng) + 0.5, 0.8)
    cortex = traits["actin_cortex"] * bell(ground.depth - 0.06, 0.07)
    aside = 1.15 * cells.nucleus_radius
    golgi_y, golgi_x = (aside * np.sin(cells.phase))[ground.owner], (aside * np.cos(cells.phase))[ground.owner]
    squared = (ground.dy - golgi_y) ** 2 + (ground.dx - golgi_x) ** 2
    golgi = np.exp(squared * (-0.5 / traits["golgi_radius"] ** 2)) * (0.8 + 0.3 * texture("fine", size, rng))
    actin: Floats = ground.inside * (0.25 + fibres + cortex + 0.6 * golgi)
    return actin


def _draw_mito(cytoplasm: Floats, ground: _Ground, traits: dict[str, float], rng: np.random.Generator) -> Floats:
    """Filaments and dots that reach more or less far from the nucleus, (Y, X)."""
    size = len(ground.owner)
    network = min(traits["mito_network"], 1.0)
    filaments = bell(texture("coarse", size, rng), 0.3)
    dots = rise(texture("medium", size, rng) - 1.0, 0.5) * 1.6
    near = np.exp((1 - ground.nuclear_distance) / (1.6 * traits["mito_reach"]))
    mitochondria: Floats = cytoplasm * np.minimum(near, 1) * (0.15 + network * filaments + (1 - network) * dots)
    return mitochondria


def draw_cells(traits: dict[str, float], size: int, rng: np.random.Generator) -> Floats:
    """One field of stained cells.

    Parameters
    ----------
    traits
        As ``draw_traits`` gives them.
    size
        Height and width, pixels.
    rng
        Of the field.

    Returns
    -------
    (5, size, size) float32, order of ``CHANNELS``; light in arbitrary units, about 0–2, background 0.
    """
    cells = _draw_population(traits, size, rng)
    ground = _lay_ground(cells, traits, size, rng)
    outside = 1 - np.minimum(ground.nucleus, 1)
    cytoplasm = ground.inside * outside
    nucleoli = _draw_nucleoli(ground, cells, traits, rng)
    grain = 1 + traits["chromatin_grain"] * texture("medium", size, rng)
    away = np.exp(np.minimum(1 - ground.nuclear_distance, 0) / (2.2 * traits["er_reach"]))
    reticulum = 1 + traits["er_grain"] * texture("fine", size, rng)
    rna = cytoplasm * (0.35 + 0.25 * ground.depth) * (1 + 0.2 * texture("fine", size, rng))
    stains = np.stack(
        [
            ground.nucleus * grain,
            cytoplasm * away * np.maximum(reticulum, 0),
            rna + 0.3 * ground.nucleus + 0.9 * nucleoli,
            _draw_actin(ground, cells, traits, rng),
            _draw_mito(cytoplasm, ground, traits, rng),
        ]
    )
    light: Floats = np.maximum(stains, 0) * cells.brightness[:, ground.owner]
    return light
