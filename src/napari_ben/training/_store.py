"""Decoded pixels of a training run, kept as the small integers that they are.

Float32 would take four bytes a pixel of what a camera gives in one or two. So the last step of the scaling, a straight
line for each channel of an image, is left to the device. A screen that is larger than the memory goes to a file, whose
rows are read as they are drawn; the file has no name where the system allows that, and goes with the run.
"""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import PlateError, SaveError
from napari_ben.models import Unscaled

__all__ = ["FLOAT32", "INT16", "INT16_ZERO", "UINT8", "PixelStore", "Stored"]

INT16_ZERO = 32768  # count that is 0 among 16-bit rows: torch moves int16 on every device, uint16 on none
UINT8, INT16, FLOAT32 = map(np.dtype, (np.uint8, np.int16, np.float32))


class Stored(NamedTuple):
    """Images, and the line that makes network input of them: (count − zero) / unit.

    Parameters
    ----------
    images
        (N, C, y, x) uint8, int16 (counts less 32768) or float32; in memory channels lie last.
    zero, unit
        (N, C) float64.
    """

    images: NDArray[Any]
    zero: NDArray[np.float64]
    unit: NDArray[np.float64]


class PixelStore:
    """Where the images of a run are put, one field after the other.

    Parameters
    ----------
    dtype
        uint8, int16 or float32.
    folder
        For a file; None keeps them in memory.
    rounds
        Whether pixels that are not of 8 bits may be rounded to them.
    """

    def __init__(self, dtype: np.dtype[Any], folder: Path | None = None, *, rounds: bool = False) -> None:
        self._dtype, self._rounds = dtype, rounds
        self._file: IO[bytes] = io.BytesIO() if folder is None else _open_nameless(folder)
        self._lines: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
        self._shape: tuple[int, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not isinstance(self._file, io.BytesIO):
            self._file.close()  # what is mapped of it stays

    def add(self, fields: Unscaled) -> int:
        """Put the k tiles of a field in, (k, C, y, x); gives k.

        Raises
        ------
        PlateError
            They do not fit the data type.
        SaveError
            The file cannot grow.
        """
        images, zero, unit = _encode(fields, self._dtype, rounds=self._rounds)
        self._shape = images.shape[1:]
        self._lines.extend(zip(zero, unit, strict=True))
        with _in_words():
            self._file.write(np.ascontiguousarray(np.moveaxis(images, 1, -1)).data)
        return len(images)

    def stored(self) -> Stored:
        """Everything that was put in; a file cannot grow after that."""
        zero, unit = (np.array(part) for part in zip(*self._lines, strict=True))
        n_channels, *size = self._shape
        shape = (len(self._lines), *size, n_channels)
        if isinstance(self._file, io.BytesIO):
            images = np.frombuffer(self._file.getbuffer(), self._dtype).reshape(shape)
        else:
            with _in_words():
                self._file.flush()
                images = np.memmap(self._file, self._dtype, "r", shape=shape)
        return Stored(np.moveaxis(images, -1, 1), zero, unit)


def _encode(fields: Unscaled, dtype: np.dtype[Any], *, rounds: bool) -> Stored:
    pixels = fields.pixels
    shape = pixels.shape[:2]
    zero, unit = np.broadcast_to(fields.zero, shape), np.broadcast_to(fields.unit, shape)
    if dtype == FLOAT32:
        scaled = (pixels.astype(np.float64) - zero[..., None, None]) / unit[..., None, None]
        return Stored(scaled.astype(FLOAT32), np.zeros(shape), np.ones(shape))
    if dtype == UINT8 and pixels.dtype != UINT8 and rounds:
        return _round(pixels, zero, unit)
    counts = np.dtype(np.uint16) if dtype == INT16 else UINT8
    if not np.can_cast(pixels.dtype, counts):
        raise PlateError(
            f"A field has {pixels.dtype} pixels, where the plates of this run have {counts}.",
            "Leave its well out of the selection, or keep all images as numbers with cache='float32'.",
        )
    pixels = pixels.astype(counts)
    return Stored(
        np.bitwise_xor(pixels, INT16_ZERO, dtype=counts).view(INT16) if dtype == INT16 else pixels, zero, unit
    )


def _round(pixels: NDArray[Any], zero: NDArray[np.float64], unit: NDArray[np.float64]) -> Stored:
    """Round to 256 levels between the darkest and the brightest pixel: off by half a level at most."""
    values = pixels.astype(np.float64)
    low, high = values.min((2, 3)), values.max((2, 3))
    step = np.where(high > low, (high - low) / 255, 1.0)
    levels = np.rint((values - low[..., None, None]) / step[..., None, None])
    return Stored(levels.astype(UINT8), (zero - low) / step, unit / step)


def _open_nameless(folder: Path) -> IO[bytes]:
    with _in_words():
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(prefix="pixels-", dir=folder)


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SaveError(
            f"The decoded images of the run are larger than the memory, and could not be put into a file: {error}.",
            "Free some space beside the model's file, train on fewer wells, or keep a byte a pixel with cache='uint8'.",
        ) from error
