"""Pixels of an OME-Zarr plate.

Fields are not taken to be alike: each one's own metadata say where its pixels are and what its axes mean, read when
the field is first looked at. `read_array` is the one function that decodes pixels.
"""

import zlib
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.readers._zarr_chunks import open_plain
from napari_ben.readers._zarr_image import ImageFacts, ImageMeta, read_meta

OPEN_ARRAYS = 256
_FORMATS: dict[int, Literal[2, 3]] = {2: 2, 3: 3}


def read_array(array: Any, index: tuple[int | slice, ...]) -> NDArray[Any]:
    """Pixels of an open Zarr array."""
    return np.asarray(array[index])


def _open_by_library(path: Path, version: int) -> Any:
    import zarr  # 0.3 s: only where it is needed

    return zarr.open_array(str(path), mode="r", zarr_format=_FORMATS[version])


class ZarrSource:
    """One OME-Zarr image a field.

    Parameters
    ----------
    folder
        The plate's folder.
    images
        Path of each field within it.
    version
        Of Zarr: 2 or 3.
    facts
        What most fields are.
    """

    def __init__(self, folder: Path, images: tuple[str, ...], version: int, facts: ImageFacts) -> None:
        self._folder, self._images, self._version, self._facts = folder, images, version, facts
        self._arrays: OrderedDict[tuple[int, int], tuple[str, Any]] = OrderedDict()
        self._lock = Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what it was made from: open arrays stay behind."""
        return type(self), (self._folder, self._images, self._version, self._facts)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of most fields."""
        return self._facts.dtype

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X) of most fields."""
        return self._facts.shape

    @property
    def downsampling(self) -> tuple[int, ...]:
        """Factors of the stored levels."""
        return self._facts.downsampling

    def read(self, field: int, channel: int, level: int = 0) -> NDArray[Any]:
        """(Y, X) of one field and channel: the first time point, the middle plane.

        Raises
        ------
        PlateError
            When the field, its metadata or its pixels are missing or damaged.
        """
        axes, array = self._open(field, level)
        sizes = dict(zip(axes, array.shape, strict=True))
        if channel >= sizes.get("c", 1):
            raise PlateError(
                f"{self._folder / self._images[field]} has {sizes.get('c', 1)} of the plate's "
                f"{len(self._facts.channels)} channels.",
                "Leave the field out.",
            )
        chosen = {"t": 0, "c": channel, "z": sizes.get("z", 1) // 2}
        try:
            plane = read_array(array, tuple(chosen.get(axis, slice(None)) for axis in axes))
        except (OSError, ValueError, RuntimeError, LookupError, zlib.error) as error:
            raise self._unreadable(field, error) from error
        return plane if axes.index("y") < axes.index("x") else plane.T

    def _open(self, field: int, level: int) -> tuple[str, Any]:
        key = (field, level)
        with self._lock:
            if key in self._arrays:
                self._arrays.move_to_end(key)
                return self._arrays[key]
        image = self._folder / self._images[field]
        meta = read_meta(image, self._version)
        opened = meta.axes, self._open_array(field, image / self._dataset(field, meta, level))
        with self._lock:
            self._arrays[key] = opened
            while len(self._arrays) > OPEN_ARRAYS:
                self._arrays.popitem(last=False)
        return opened

    def _dataset(self, field: int, meta: ImageMeta, level: int) -> str:
        if level >= len(meta.datasets):
            raise PlateError(
                f"{self._folder / self._images[field]} has {len(meta.datasets)} levels; most fields of the plate "
                f"have {len(self.downsampling)}.",
                "Write the field again with as many levels as the others.",
            )
        return meta.datasets[level]

    def _open_array(self, field: int, path: Path) -> Any:
        try:
            array = open_plain(path, self._version)
            return _open_by_library(path, self._version) if array is None else array
        except (OSError, ValueError, TypeError, LookupError) as error:
            raise self._unreadable(field, error) from error

    def _unreadable(self, field: int, error: Exception) -> PlateError:
        return PlateError(
            f"The pixels of {self._folder / self._images[field]} cannot be read: {str(error).strip()[:160]}.",
            "Copy or write the field again, or leave it out.",
        )
