"""Pixels of an OME-Zarr plate.

Fields are not taken to be alike: each one's own metadata say where its pixels are, what its axes mean and in which
order its channels come, read when the field is first looked at. `read_array` is the one function that decodes pixels.
"""

import zlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.plates import View
from napari_ben.readers._zarr_chunks import require_bearable
from napari_ben.readers._zarr_image import ImageFacts, read_meta
from napari_ben.readers._zarr_open import OpenImage, open_level
from napari_ben.readers._zarr_stitched import Box

OPEN_ARRAYS = 256
_DAMAGED = (OSError, ValueError, TypeError, AttributeError, LookupError, RuntimeError, MemoryError, zlib.error)


def read_array(array: Any, index: tuple[int | slice, ...]) -> NDArray[Any]:
    """Pixels of an open Zarr array: a plane, or a part of one.

    Raises
    ------
    ValueError
        When it would not fit into memory, whatever the array claims.
    """
    sides = [
        len(range(*part.indices(side)))
        for part, side in zip(index, array.shape, strict=True)
        if isinstance(part, slice)
    ]
    require_bearable(prod(sides) * array.dtype.itemsize)
    return np.asarray(array[index])


@dataclass(frozen=True)
class Places:
    """Where the fields of a plate are.

    Parameters
    ----------
    folder
        The plate's.
    version
        Of Zarr: 2 or 3.
    images
        Path of each field's image within the folder.
    boxes
        (Y0, X0, Y1, X1) of each field within its image, pixels of the finest level; None where it fills the image.
    by_name
        Channels are found by the names that each field gives them; else by their place.
    """

    folder: Path
    version: int
    images: tuple[str, ...]
    boxes: tuple[Box | None, ...]
    by_name: bool = True


@dataclass(frozen=True, eq=False)
class ZarrSource:
    """One OME-Zarr image, or a box of one, a field.

    Parameters
    ----------
    places
        Of the fields.
    facts
        What most fields are.
    view
        Plane and time point that are shown.
    """

    places: Places
    facts: ImageFacts
    view: View = field(default_factory=View)
    _arrays: "OrderedDict[tuple[str, int], OpenImage]" = field(default_factory=OrderedDict, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what it was made from: open arrays stay behind."""
        return type(self), (self.places, self.facts, self.view)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of most fields."""
        return self.facts.dtype

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X) of most fields."""
        return self.facts.shape

    @property
    def downsampling(self) -> tuple[int, ...]:
        """Factors of the stored levels."""
        return self.facts.downsampling

    def path(self, field: int, _channel: int = 0) -> Path:
        """Folder of the image."""
        return self.places.folder / self.places.images[field]

    def read(self, field: int, channel: int, level: int = 0) -> NDArray[Any]:
        """(Y, X) of one field and channel in the view's plane, or the maximum of all planes, and time point.

        Raises
        ------
        PlateError
            When the field, its metadata or its pixels are missing or damaged.
        """
        image = self._open(field, level)
        sizes = image.sizes
        box = self._box(field, level)
        chosen: dict[str, int | slice] = {
            "t": self._time(field, sizes.get("t", 1)),
            "c": self._channel(field, channel, image),
            "y": slice(box[0], box[2]),
            "x": slice(box[1], box[3]),
        }
        planes = self._planes(field, sizes.get("z", 1), image)
        try:
            plane = _brightest(image, chosen, planes)
            if (plane == (image.array.fill_value or 0)).any():
                image.require_there()
        except _DAMAGED as error:
            raise self._unreadable(field, error) from error
        return plane if image.axes.index("y") < image.axes.index("x") else plane.T

    def _box(self, field: int, level: int) -> tuple[int | None, ...]:
        box = self.places.boxes[field]
        if box is None:
            return (None,) * 4
        factor = self.downsampling[level]
        y0, x0, y1, x1 = box
        top, left = y0 // factor, x0 // factor
        return top, left, top + max(1, (y1 - y0) // factor), left + max(1, (x1 - x0) // factor)

    def _channel(self, field: int, channel: int, image: OpenImage) -> int:
        name, nominal = self.facts.channels[channel], self.facts.channels
        if image.is_named and self.places.by_name:
            if name in image.channels:
                return image.channels.index(name)
            raise PlateError(
                f"{self.path(field)} has no channel {name!r}; it has {', '.join(image.channels)}.",
                "Leave the field out, or open the plate with layout='ome-zarr-fields' to go by the channels' order.",
            )
        if channel >= len(image.channels):
            raise PlateError(
                f"{self.path(field)} has {len(image.channels)} of the plate's {len(nominal)} channels.",
                "Leave the field out.",
            )
        return channel

    def _time(self, field: int, n_times: int) -> int:
        time = self.view.time or 0
        if time and n_times > 1 and time >= n_times:
            raise PlateError(
                f"{self.path(field)} has {n_times} time points; number {time} is asked for, counted from 0.",
                "Choose an earlier time point, or leave the field out.",
            )
        return time if n_times > 1 else 0

    def _planes(self, field: int, n_planes: int, image: OpenImage) -> Sequence[int | slice]:
        if n_planes == 1:
            return (0,)
        if self.view.z == "max":
            thickness = image.array.chunks[image.axes.index("z")]
            return [slice(start, start + thickness) for start in range(0, n_planes, max(1, thickness))]
        z = n_planes // 2 if self.view.z == "auto" else self.view.z
        if z >= n_planes:
            raise PlateError(
                f"{self.path(field)} has {n_planes} z planes; number {z} is asked for, counted from 0.",
                "Choose a lower plane, 'auto' or 'max', or leave the field out.",
            )
        return (z,)

    def _open(self, field: int, level: int) -> OpenImage:
        key = (self.places.images[field], level)
        with self._lock:
            if key in self._arrays:
                self._arrays.move_to_end(key)
                return self._arrays[key]
        opened = self._open_anew(field, level)
        with self._lock:
            self._arrays[key] = opened
            while len(self._arrays) > OPEN_ARRAYS:
                self._arrays.popitem(last=False)
        return opened

    def _open_anew(self, field: int, level: int) -> OpenImage:
        path = self.path(field)
        try:
            meta = read_meta(path, self.places.version)
        except PlateError as error:
            if self.places.folder.is_dir():
                raise
            raise PlateError(
                f"{self.places.folder} is no longer there.", "Bring it back, or connect its drive."
            ) from error
        if level >= len(meta.datasets):
            raise PlateError(
                f"{path} has {len(meta.datasets)} levels; most fields of the plate have {len(self.downsampling)}.",
                "Write the field again with as many levels as the others.",
            )
        try:
            return open_level(path, meta, level, self.places.version)
        except (*_DAMAGED, RecursionError) as error:
            raise self._unreadable(field, error) from error

    def _unreadable(self, field: int, reason: object) -> PlateError:
        return PlateError(
            f"The pixels of {self.path(field)} cannot be read: {str(reason).strip()[:160] or type(reason).__name__}.",
            "Copy or write the field again, or leave it out.",
        )


def _brightest(image: OpenImage, chosen: dict[str, int | slice], planes: Sequence[int | slice]) -> NDArray[Any]:
    """One plane, or the maximum of several; as many are in memory at a time as a chunk has."""
    brightest: NDArray[Any] | None = None
    for z in planes:
        pixels = read_array(image.array, tuple({**chosen, "z": z}[axis] for axis in image.axes))
        if isinstance(z, slice):
            pixels = pixels.max(axis=[axis for axis in image.axes if axis in "zyx"].index("z"))
        brightest = pixels if brightest is None else np.maximum(brightest, pixels)
    if brightest is None:
        raise ValueError("it has no plane")
    return brightest
