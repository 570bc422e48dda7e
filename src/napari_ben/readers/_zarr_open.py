"""Opening one level of an OME-Zarr image: directly where its chunks are plain, else by the Zarr library."""

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Literal

from napari_ben.readers._channel_names import channel_names
from napari_ben.readers._zarr_chunks import open_plain, require_bearable
from napari_ben.readers._zarr_image import ImageMeta

_METADATA = ("zarr.json", ".zarray")
_FORMATS: dict[int, Literal[2, 3]] = {2: 2, 3: 3}


@dataclass(frozen=True)
class OpenImage:
    """One level of a field, open.

    Parameters
    ----------
    axes
        Names in the order of the array.
    channels
        Names in the order of the array.
    is_named
        The field itself names its channels.
    array
        With ``shape``, ``chunks``, ``fill_value`` and indexing.
    folder
        The array's.
    """

    axes: str
    channels: tuple[str, ...]
    is_named: bool
    array: Any
    folder: Path

    @property
    def sizes(self) -> dict[str, int]:
        """Length of each axis."""
        return dict(zip(self.axes, self.array.shape, strict=True))

    def require_there(self) -> None:
        """Tell an array that is gone from one that is dark: of both no chunk has a file.

        Raises
        ------
        FileNotFoundError
            When the array was deleted or moved since it was opened, or its share is not connected.
        """
        if not any((self.folder / name).exists() for name in _METADATA):
            raise FileNotFoundError("they were deleted or moved, or their drive is not connected")


def open_level(image: Path, meta: ImageMeta, level: int, version: int) -> OpenImage:
    """Open a level of an image.

    Parameters
    ----------
    image
        Its folder.
    meta
        Its metadata.
    level
        Position in the metadata's datasets.
    version
        Of Zarr.

    Raises
    ------
    OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError
        When the array is absent, damaged, absurdly large, or not what the metadata say.
    """
    path = image / meta.datasets[level]
    array = open_plain(path, version)
    array = _open_by_library(path, version) if array is None else array
    if len(array.shape) != len(meta.axes):
        raise ValueError(f"level {level} has {len(array.shape)} axes, not {len(meta.axes)}")
    count = array.shape[meta.axes.index("c")] if "c" in meta.axes else 1
    return OpenImage(meta.axes, channel_names(meta.labels, count), any(meta.labels), array, path)


def _open_by_library(path: Path, version: int) -> Any:
    import zarr  # 0.3 s: only where it is needed

    array = zarr.open_array(str(path), mode="r", zarr_format=_FORMATS[version])
    require_bearable(prod(array.chunks) * array.dtype.itemsize)
    return array
