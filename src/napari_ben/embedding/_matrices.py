"""Covariances of controls and their powers, in float64.

A symmetric matrix is raised to a power through its eigenvalues: a general matrix power leaks complex rounding, and
costs several times as much.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["Float64", "covariance", "ledoit_wolf", "power_of"]

Float64 = NDArray[np.float64]


def covariance(values: Float64, *, ddof: int = 1) -> Float64:
    """Give the (d, d) covariance of (n, d) values; divided by n - `ddof`."""
    centred = values - values.mean(axis=0)
    product: Float64 = centred.T @ centred / (len(values) - ddof)
    return product


def power_of(matrix: Float64, exponent: float) -> Float64:
    """Raise a symmetric positive definite (d, d) matrix to a power.

    Parameters
    ----------
    matrix
        Its eigenvalues are above zero, but for rounding.
    exponent
        Such as -0.5.
    """
    eigenvalues, vectors = np.linalg.eigh(matrix)
    floor = max(float(eigenvalues[-1]) * len(matrix) * np.finfo(np.float64).eps, np.finfo(np.float64).tiny)
    powered: Float64 = (vectors * np.maximum(eigenvalues, floor) ** exponent) @ vectors.T
    return powered


def ledoit_wolf(values: Float64) -> tuple[Float64, float]:
    """Give a covariance that can be inverted however few values there are.

    The covariance (divided by n) is mixed with the identity at its mean variance; how much of each follows from the
    data (O. Ledoit and M. Wolf, J. Multivar. Anal. 88 (2004) 365, equations 14 and following).

    Parameters
    ----------
    values
        (n, d).

    Returns
    -------
    covariance, share
        (d, d), and the share of the identity, 0–1.
    """
    n, d = values.shape
    centred = values - values.mean(axis=0)
    sample = centred.T @ centred / n
    level = float(np.trace(sample)) / d
    distance = float(((sample - level * np.eye(d)) ** 2).sum())
    squares = (centred**2).sum(axis=1)
    noise = float((squares**2).sum() / n - (sample**2).sum()) / n
    share = 1.0 if distance == 0 else min(1.0, noise / distance)
    return (1 - share) * sample + share * level * np.eye(d), share
