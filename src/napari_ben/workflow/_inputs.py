"""Network inputs of a plate's fields, decoded once and kept as long as they fit.

A run looks at most images twice: once for the statistics, once for the answer. What is kept is the network's input and
not the camera image, because it is smaller. The first images stay and later ones are decoded again: a scan that is
longer than the memory would otherwise throw out each image just before it is needed.

A digest of the raw pixels travels along. It tells a rerun whether the images are still the same, and lets a measurement
be recognised by content.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.models import ChannelStatistics, PixelMoments, prepare_image
from napari_ben.workflow._plan import Plan

_READERS = 4
_SHARE_OF_MEMORY = 3


@dataclass(frozen=True, eq=False)
class Inputs:
    """One field as the network sees it.

    Parameters
    ----------
    images
        (k, C, y, x) float32, one a tile.
    digest
        Of the raw pixels.
    is_constant
        Whether each channel has one value only, as a camera gives that did not work.
    """

    images: NDArray[np.float32]
    digest: bytes
    is_constant: bool


class InputCache:
    """Network inputs kept by plate, field and preparation, up to a number of bytes.

    One cache may serve several runs, of several methods and models.

    Parameters
    ----------
    max_bytes
        What may be kept; a third of the free memory when None.

    Attributes
    ----------
    moments
        What was measured of whole plates' pixels, by source, channels and rows; None where none could be read.
    """

    def __init__(self, max_bytes: int | None = None) -> None:
        self.max_bytes = affordable_memory() if max_bytes is None else max_bytes
        self.n_bytes = 0
        self.moments: dict[tuple[Any, ...], PixelMoments | None] = {}
        self._kept: dict[tuple[Any, ...], Inputs] = {}
        self._sources: list[Any] = []

    def get(self, key: tuple[Any, ...]) -> Inputs | None:
        """Give what is kept under `key`."""
        return self._kept.get(key)

    def offer(self, key: tuple[Any, ...], inputs: Inputs) -> None:
        """Keep `inputs` if there is room."""
        if key in self._kept or self.n_bytes + inputs.images.nbytes > self.max_bytes:
            return
        self._kept[key] = inputs
        self.n_bytes += inputs.images.nbytes

    def number_of(self, source: Any) -> int:
        """Give a pixel source its number, and hold on to it so that no other takes its place."""
        for number, known in enumerate(self._sources):
            if known is source:
                return number
        self._sources.append(source)
        return len(self._sources) - 1


class FieldReader:
    """Reads the fields of a plan as network inputs; a field that cannot be read becomes a problem, not an error.

    Parameters
    ----------
    plan
        Says which channels, and how they are prepared.
    cache
        Where inputs are kept.
    statistics
        Of the plate's channels, for models that scale with them.
    """

    def __init__(self, plan: Plan, cache: InputCache, statistics: ChannelStatistics | None = None) -> None:
        self._left_out: dict[int, str] = {}
        self._constant: dict[int, str] = {}
        self._plan = plan
        self._cache = cache
        self._statistics = statistics
        measured = () if statistics is None else tuple(np.concatenate(statistics).tolist())
        preparation = (plan.model.card.preparation, plan.channels, measured)
        self._key = (cache.number_of(plan.plate.source), preparation)

    @property
    def problems(self) -> tuple[str, ...]:
        """What was met so far: fields that are left out, then fields that show nothing."""
        return (*self._left_out.copy().values(), *self._constant.copy().values())

    def read(self, rows: Sequence[int] | NDArray[np.int64]) -> list[Inputs | None]:
        """Read fields, several at a time.

        Parameters
        ----------
        rows
            Rows of ``plate.fields``.

        Returns
        -------
        list
            For each row its inputs, or None when it cannot be read; then `problems` says why.
        """
        numbers = [int(row) for row in rows]
        found = {row: self._cache.get((*self._key, row)) for row in numbers}
        absent = [row for row, inputs in found.items() if inputs is None and row not in self._left_out]
        with ThreadPoolExecutor(max_workers=_READERS) as pool:
            for row, inputs in zip(absent, pool.map(self._decode, absent), strict=True):
                found[row] = self._accept(row, inputs)
        for row, known in found.items():
            if known is not None and known.is_constant:
                self._constant[row] = f"{self._name(row)} shows nothing: each of its channels has one value only."
        return [found[row] for row in numbers]

    def _accept(self, row: int, inputs: Inputs | PlateError) -> Inputs | None:
        if isinstance(inputs, PlateError):
            self._left_out[row] = f"{self._name(row)} is left out: {inputs.problem}"
            return None
        self._cache.offer((*self._key, row), inputs)
        return inputs

    def _decode(self, row: int) -> Inputs | PlateError:
        plan = self._plan
        try:
            image = plan.plate.read_field(row, plan.channels)
            inputs = prepare_image(image, plan.model.card, self._statistics)
        except PlateError as error:
            return error
        return Inputs(inputs, _digest(image), is_constant=all(channel.min() == channel.max() for channel in image))

    def _name(self, row: int) -> str:
        field = self._plan.plate.fields.iloc[row]
        return f"Field {field['field']} of well {field['well']}"


def _digest(image: NDArray[Any]) -> bytes:
    content = blake2b(f"{image.shape} {image.dtype.str}".encode(), digest_size=16)
    content.update(np.ascontiguousarray(image).data)
    return content.digest()


def affordable_memory() -> int:
    """Give a third of the memory that is free now."""
    return int(psutil.virtual_memory().available) // _SHARE_OF_MEMORY
