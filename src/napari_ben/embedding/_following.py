"""Layouts that follow the one before, so that points move where something changed and stay where nothing did.

A layout is arbitrary in how it is turned and mirrored, UMAP's also in how its groups lie to each other. After another
run on the same fields the eye should find them where they were.
"""

import numpy as np
from numpy.typing import NDArray

from napari_ben.embedding._neighbours import nearest_neighbours

__all__ = ["in_a_square", "moved_onto", "starting_places", "turned_onto"]

Places = NDArray[np.float64]
_LEAST_SHARE = 0.5
_NEIGHBOURS = 6
_FEWEST = 3
_HALVINGS = 40  # of the angle: to the precision of the coordinates


def turned_onto(layout: Places, before: Places) -> Places:
    """Turn and mirror a layout about its middle so that it lies as the one before; distances stay what they are.

    Orthogonal Procrustes (Schönemann 1966) over the points that both have.

    Parameters
    ----------
    layout
        (n, 2), its middle at zero, as PCA gives it.
    before
        (n, 2), NaN where a point is new.
    """
    known = np.isfinite(before).all(axis=1)
    if known.sum() < _FEWEST:
        return layout
    turn, _ = _turn(layout[known], before[known] - before[known].mean(axis=0))
    turned: Places = layout @ turn
    return turned


def moved_onto(layout: Places, before: Places) -> Places:
    """Turn, mirror, scale and shift a layout so that it lies as the one before, (n, 2), NaN where a point is new."""
    known = np.isfinite(before).all(axis=1)
    if known.sum() < _FEWEST:
        return layout
    middle, goal = layout[known].mean(axis=0), before[known].mean(axis=0)
    turn, overlap = _turn(layout[known] - middle, before[known] - goal)
    scale = overlap / max(float(((layout[known] - middle) ** 2).sum()), np.finfo(float).tiny)
    moved: Places = scale * (layout - middle) @ turn + goal
    return moved


def _turn(points: Places, goal: Places) -> tuple[Places, float]:
    left, sizes, right = np.linalg.svd(points.T @ goal)
    return left @ right, float(sizes.sum())


def in_a_square(layout: Places) -> Places:
    """Turn a layout, (n, 2), so that it is as wide as high.

    umap-learn stretches each axis of a start to the same length; this way it stretches both alike and shears nothing.
    Some turn does it: after a quarter of a circle width and height have changed places, so once they were equal.
    """
    low, high = 0.0, np.pi / 2
    is_wide = _excess_of_width(layout, low) > 0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if (_excess_of_width(layout, middle) > 0) == is_wide else (low, middle)
    return layout @ _turn_by(low)


def _turn_by(angle: float) -> Places:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _excess_of_width(layout: Places, angle: float) -> float:
    width, height = np.ptp(layout @ _turn_by(angle), axis=0)
    return float(width - height)


def starting_places(embeddings: NDArray[np.float32], before: Places) -> Places | None:
    """Give each point a place to start from: its own of before, or the middle of its neighbours' where it is new.

    Parameters
    ----------
    embeddings
        (n, d) float32.
    before
        (n, 2), NaN where a point is new.

    Returns
    -------
    numpy.ndarray or None
        (n, 2); None where more than half of the points are new.
    """
    known = np.isfinite(before[:, 0] + before[:, 1])
    if known.mean() < _LEAST_SHARE:
        return None
    places = before.copy()
    indices, _ = nearest_neighbours(embeddings, min(_NEIGHBOURS, len(embeddings)))
    middle = before[known].mean(axis=0)
    for row in np.flatnonzero(~known):
        near = [place for place in indices[row] if known[place]]
        places[row] = before[near].mean(axis=0) if near else middle
    return places
