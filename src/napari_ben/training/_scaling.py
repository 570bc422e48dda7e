"""Pixel scaling measured on the training images.

A fixed range with one mean and deviation a channel for all plates: scaling each image or plate by itself would remove
the batch effect, and the weak part of the signal with it, before the network can follow it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.models import Scaling
from napari_ben.plates import Plate

__all__ = ["measure_scaling"]

_SAMPLE = 512  # fields; the mean over more moves in the third digit


def measure_scaling(fields: Sequence[tuple[Plate, int, tuple[int, ...]]], kind: str) -> Scaling:
    """Scaling rule for these images.

    Parameters
    ----------
    fields
        Plate, row of its fields and positions of the channels wanted, for every training image.
    kind
        ``range``, ``percentile`` or ``image``.

    Raises
    ------
    PlateError
        An image cannot be read, or holds pixels that are no numbers.
    """
    if kind != "range":
        return Scaling(kind="percentile" if kind == "percentile" else "image")
    chosen = np.unique(np.linspace(0, len(fields) - 1, min(_SAMPLE, len(fields))).round().astype(int))
    moments = []
    top = 1.0
    for plate, row, order in (fields[index] for index in chosen):
        image = plate.read_field(row, order)
        if not np.isfinite(image).all():
            well = plate.fields["well"].iloc[row]
            raise PlateError(
                f"A field of well {well} on plate {plate.name!r} holds pixels that are NaN or infinite.",
                "Leave the well out of the selection, or write the image again with finite values.",
            )
        top = max(top, _top(image))
        pixels = image.reshape(len(image), -1).astype(np.float64)
        moments.append((pixels.mean(axis=1), (pixels**2).mean(axis=1)))
    mean, square = np.mean(moments, axis=0) / np.array([top, top**2])[:, None]
    std = np.sqrt(np.maximum(square - mean**2, 1e-12))
    return Scaling(kind="range", limits=(0.0, top), mean=tuple(mean), std=tuple(std))


def _top(image: NDArray[np.generic]) -> float:
    """Camera count that becomes 1: the type's largest integer, or what is met among floats."""
    return float(np.iinfo(str(image.dtype)).max) if image.dtype.kind in "iu" else float(image.max())
