"""A field cut to the size a network was trained at.

`tiles` covers the whole field: side by side where the size divides it, and spread evenly with the least overlap where
it does not. Padding would show the network mirrored cells, dropping the rest would hide real ones.
"""

import math
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Tiling", "n_tiles", "resample_field", "tile_image"]

Length = Annotated[int, Field(gt=0)]


class Tiling(BaseModel):
    """Size of the network's input, and how a field gets there.

    Parameters
    ----------
    size
        Height and width in pixels.
    fit
        ``crop``: the centre, mirrored outwards where the field is smaller. ``resize``: the whole field, smoothed
        before it shrinks. ``tiles``: as many pieces as cover the field.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: tuple[Length, Length]
    fit: Literal["crop", "resize", "tiles"] = "crop"


def n_tiles(shape: tuple[int, int], tiling: Tiling) -> int:
    """Count the network inputs that a field gives.

    >>> n_tiles((640, 640), Tiling(size=(128, 128), fit="tiles"))
    25
    """
    if tiling.fit != "tiles":
        return 1
    return math.prod(math.ceil(length / size) for length, size in zip(shape, tiling.size, strict=True))


def tile_image(image: NDArray[Any], tiling: Tiling) -> NDArray[Any]:
    """Cut or resize one field to the network's size.

    Parameters
    ----------
    image
        (C, Y, X); of float32 where it is resized.
    tiling
        The model card's rule.

    Returns
    -------
    (k, C, y, x) of the same dtype, contiguous; k is `n_tiles`, tiles run along rows first.
    """
    if tiling.fit == "resize":
        return _resize(image, tiling.size)[None]
    padded = _mirror(image, tiling.size)
    if tiling.fit == "crop":
        return np.ascontiguousarray(_crop(padded, tiling.size))[None]
    height, width = tiling.size
    rows, columns = (_starts(length, size) for length, size in zip(padded.shape[1:], tiling.size, strict=True))
    return np.stack([padded[:, y : y + height, x : x + width] for y in rows for x in columns])


def resample_field(image: NDArray[np.generic], size: tuple[int, int]) -> NDArray[np.generic]:
    """Bring a field to a size by its nearest pixels, so that no camera count changes.

    Parameters
    ----------
    image
        (C, Y, X), any dtype.
    size
        (y, x) in pixels.

    Examples
    --------
    >>> resample_field(np.arange(12).reshape(1, 2, 6), (2, 3))
    array([[[ 1,  3,  5],
            [ 7,  9, 11]]])
    """
    rows, columns = (
        ((np.arange(wanted) + 0.5) * (length / wanted)).astype(np.intp)
        for length, wanted in zip(image.shape[1:], size, strict=True)
    )
    return image[:, rows[:, None], columns]


def _starts(length: int, size: int) -> list[int]:
    """First pixels of evenly spread pieces: 0 and length - size, and the fewest between that leave no gap."""
    pieces = math.ceil(length / size)
    return [round(piece * (length - size) / max(1, pieces - 1)) for piece in range(pieces)]


def _crop(image: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    top, left = ((length - wanted) // 2 for length, wanted in zip(image.shape[1:], size, strict=True))
    return image[:, top : top + size[0], left : left + size[1]]


def _mirror(image: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    missing = [max(0, wanted - length) for length, wanted in zip(image.shape[1:], size, strict=True)]
    if not any(missing):
        return image
    return np.pad(image, [(0, 0), *((gap // 2, gap - gap // 2) for gap in missing)], mode="reflect")


def _resize(image: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    if image.shape[1:] == size:
        return np.ascontiguousarray(image)
    from skimage.transform import resize

    shrinks = image.shape[1] > size[0] or image.shape[2] > size[1]
    return np.asarray(resize(image, (len(image), *size), anti_aliasing=shrinks, preserve_range=True), dtype=np.float32)
