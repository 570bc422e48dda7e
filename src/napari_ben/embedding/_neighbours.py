"""Exact nearest neighbours, a block of rows at a time."""

import numpy as np
from numpy.typing import NDArray

_BLOCK_ROWS = 256


def nearest_neighbours(points: NDArray[np.float32], count: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Find each point's nearest points, itself first.

    Parameters
    ----------
    points
        (n, d) float32.
    count
        How many, itself included; at most n.

    Returns
    -------
    indices, distances
        (n, count) int32 and float32 Euclidean distances, nearest first; ties in order of their row.
    """
    centred = points - points.mean(axis=0)
    squares = np.einsum("nd,nd->n", centred, centred)
    blocks = [
        _block_neighbours(centred, squares, slice(start, min(start + _BLOCK_ROWS, len(points))), count)
        for start in range(0, len(points), _BLOCK_ROWS)
    ]
    indices, distances = zip(*blocks, strict=True)
    return np.concatenate(indices), np.concatenate(distances)


def _block_neighbours(
    centred: NDArray[np.float32], squares: NDArray[np.float32], block: slice, count: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Find candidates by the quick product form, then measure them without its cancellation."""
    rough = squares[None, :] - 2.0 * (centred[block] @ centred.T)
    rough[np.arange(block.stop - block.start), np.arange(block.start, block.stop)] = -np.inf
    candidates = np.sort(np.argpartition(rough, count - 1, axis=1)[:, :count], axis=1)
    exact = np.linalg.norm(centred[block, None, :] - centred[candidates], axis=2)
    own = candidates == np.arange(block.start, block.stop)[:, None]
    order = np.argsort(np.where(own, -1.0, exact), axis=1, kind="stable")
    indices = np.take_along_axis(candidates, order, axis=1)
    return indices.astype(np.int32), np.take_along_axis(exact, order, axis=1).astype(np.float32)
