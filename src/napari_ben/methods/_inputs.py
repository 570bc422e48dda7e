"""Chunks of images, each with the weights of its images."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from napari_ben.errors import MethodError

__all__ = ["PerImage", "weighted_chunks"]

Float64 = NDArray[np.float64]

#: One number per image: a vector over all images, or one vector per chunk.
PerImage = NDArray[np.generic] | torch.Tensor | Iterable[ArrayLike]


def weighted_chunks(
    chunks: Iterable[torch.Tensor], weights: PerImage | None, masks: PerImage | None
) -> Iterator[tuple[torch.Tensor, Float64]]:
    """Images that count, with their weights above zero; the others are left out.

    Parameters
    ----------
    chunks
        (n, C, Y, X) tensors.
    weights, masks
        (N,) over all images, or an iterable of (n,) per chunk; None where every image counts alike.

    Raises
    ------
    MethodError
        When they do not go together with the images, or a weight is negative or not finite.
    """
    columns = [_Column("weights", weights), _Column("masks", masks)]
    for chunk in chunks:
        weight = columns[0].take(len(chunk)) * (columns[1].take(len(chunk)) != 0)
        rows = np.flatnonzero(weight)
        if len(rows) == len(chunk):
            yield chunk, weight
        elif len(rows):
            yield chunk[torch.from_numpy(rows)], weight[rows]
    for column in columns:
        column.finish()


class _Column:
    """Hands out one number per image, chunk by chunk."""

    def __init__(self, name: str, source: PerImage | None) -> None:
        self._name, self._done = name, 0
        self._vector = _vector(source) if isinstance(source, (np.ndarray, torch.Tensor)) else None
        self._pieces = None if source is None or self._vector is not None else iter(source)

    def take(self, n: int) -> Float64:
        """Return the numbers of the next ``n`` images."""
        if self._vector is not None:
            piece = self._vector[self._done : self._done + n]
        elif self._pieces is not None:
            piece = _vector(next(self._pieces, ()))
        else:
            piece = np.ones(n)
        self._done += n
        if len(piece) != n:
            raise MethodError(
                f"The {self._name} hold {len(piece)} numbers for a chunk of {n} images (images up to {self._done}).",
                f"Give {self._name} one number per image, as one vector or as one vector per chunk.",
            )
        if not np.all(np.isfinite(piece) & (piece >= 0)):
            raise MethodError(
                f"The {self._name} hold {piece[~(piece >= 0) | ~np.isfinite(piece)][0]}; only finite numbers from zero "
                "up are allowed.",
                "Set the weight of images that should not count to zero.",
            )
        return piece

    def finish(self) -> None:
        """Refuse numbers that no image was there for."""
        left = self._vector is not None and len(self._vector) > self._done
        if left or (self._pieces is not None and next(self._pieces, None) is not None):
            raise MethodError(
                f"The {self._name} are for more images than the {self._done} that came.",
                f"Give {self._name} one number per image, as one vector or as one vector per chunk.",
            )


def _vector(numbers: ArrayLike | torch.Tensor) -> Float64:
    array = numbers.detach().cpu().numpy() if isinstance(numbers, torch.Tensor) else np.asarray(numbers)
    return np.atleast_1d(array.astype(np.float64))
