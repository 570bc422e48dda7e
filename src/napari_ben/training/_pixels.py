"""From kept pixels to network input on the device, a batch at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_ben.training._data import TrainingData
from napari_ben.training._store import INT16_ZERO

__all__ = ["Load", "chunks_of", "load_rows", "to_device", "to_inputs"]

_CHUNK = 64
Rows = NDArray[np.int64]
Line = NDArray[np.float64]


@dataclass(frozen=True)
class Load:
    """Images of some rows on the device, before the last step of their scaling.

    Parameters
    ----------
    rows
        (n,) of the data.
    pixels
        (n, y, x, C) as kept.
    zero, unit
        (n, C) float64.
    """

    rows: Rows
    pixels: Tensor
    zero: Line
    unit: Line

    def first(self, n: int) -> "Load":
        """Give the first n of them."""
        return Load(self.rows[:n], self.pixels[:n], self.zero[:n], self.unit[:n])


def load_rows(data: TrainingData, rows: Rows, device: torch.device) -> Load:
    """Read rows and send them off: where the device is a GPU nobody waits until they are there."""
    like = torch.from_numpy(np.empty(0, data.images.dtype))
    images = np.moveaxis(data.images, 1, -1)
    pixels = torch.empty((len(rows), *images.shape[1:]), dtype=like.dtype, pin_memory=device.type == "cuda")
    np.take(images, rows, axis=0, out=pixels.numpy(), mode="clip")  # "raise" would copy
    return Load(rows, pixels.to(device, non_blocking=device.type == "cuda"), *data.lines(rows))


def to_inputs(pixels: Tensor, zero: Line, unit: Line) -> Tensor:
    """Network input, (count − zero) / unit, which is that of inference but for float32's rounding.

    Parameters
    ----------
    pixels
        (n, y, x, C) as kept; left as they are.
    zero, unit
        (n, C).

    Returns
    -------
    (n, C, y, x) float32, channels last in memory; off by at most 2⁻²² (count + zero) / unit.
    """
    n, _, width, _ = pixels.shape
    counts = pixels.to(torch.float32, copy=True)
    if pixels.dtype == torch.int16:
        counts += INT16_ZERO
    zeros, factors = (to_device(np.tile(values, width), counts)[:, None] for values in (zero, 1 / unit))
    counts.view(n, -1, zeros.shape[-1]).sub_(zeros).mul_(factors)  # a row of pixels at once, and not one pixel
    return counts.permute(0, 3, 1, 2)


def to_device(values: NDArray[Any], like: Tensor) -> Tensor:
    """Few numbers beside images: on their device, floats of their type; a GPU is not waited for."""
    there = torch.from_numpy(values)
    if there.is_floating_point():
        there = there.to(like.dtype)
    return there.to(like.device, non_blocking=like.device.type == "cuda")


def chunks_of(data: TrainingData, rows: Rows, device: torch.device) -> Iterator[Tensor]:
    """Network inputs of rows as inference sees them, some at a time: the centre of fields that are kept whole."""
    for start in range(0, len(rows), _CHUNK):
        load = load_rows(data, rows[start : start + _CHUNK], device)
        yield to_inputs(_centre(load.pixels, data.tiling.size), load.zero, load.unit)


def _centre(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    top, left = ((length - wanted) // 2 for length, wanted in zip(pixels.shape[1:3], size, strict=True))
    return pixels[:, top : top + size[0], left : left + size[1]].contiguous()
