"""Image files: what their headers say, and their pixels.

`read_pixels` is the one function that decodes pixels of an image file. Opening a plate reads headers of a few files
only.
"""

import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.readers._cellomics import SUFFIXES as CELLOMICS
from napari_ben.readers._cellomics import read_cellomics, read_cellomics_header

_Read = TypeVar("_Read")
TIFF = frozenset({".tif", ".tiff"})
LARGEST = 4 * 2**30  # bytes of one image: a stitched well may have one, a field has 0.01
_GREY = {"1": np.uint8, "L": np.uint8, "I;16": np.uint16, "I;16B": np.uint16, "I": np.int32, "F": np.float32}


class Header(NamedTuple):
    """What an image file holds, without its pixels."""

    shape: tuple[int, int]
    dtype: np.dtype[Any]
    bands: int = 1


def read_header(path: Path, *, in_colour: bool = False) -> Header:
    """Shape and data type of an image file; decodes no pixel.

    Parameters
    ----------
    path
        The file.
    in_colour
        Whether it may be a colour image.

    Raises
    ------
    PlateError
        When the file cannot be read, or is in colour and may not be.
    """
    if path.suffix.lower() in TIFF:
        import tifffile  # 0.1 s: only where a TIFF is read

        damaged = (tifffile.TiffFileError, OSError, ValueError, KeyError, IndexError, struct.error)
        try:
            with tifffile.TiffFile(path) as file:
                page = file.pages.first
                shape, dtype = page.shape, page.dtype
        except damaged as error:
            raise _unreadable(path, error) from error
        if dtype is None:
            raise _unreadable(path, "its data type is unknown")
    elif path.suffix.lower() in CELLOMICS:
        shape, dtype = _cellomics(path, read_cellomics_header)
    else:
        shape, dtype = _other_header(path)
    if not in_colour:
        _require_grey(path, shape)
    require_possible(repr(path.name), shape, dtype)
    return Header((shape[0], shape[1]), dtype, shape[2] if len(shape) == 3 else 1)


def _other_header(path: Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            bands, (width, height) = len(image.getbands()), image.size
            dtype = np.dtype(_GREY.get(image.mode, np.uint8))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    return ((height, width) if bands == 1 else (height, width, bands)), dtype


def read_pixels(path: Path, page: int = 0, band: int | None = None) -> NDArray[Any]:
    """Pixels of an image file.

    Parameters
    ----------
    path
        The file.
    page
        Page within it.
    band
        Of a colour image; None where the image is to be grey.

    Returns
    -------
    NDArray
        (Y, X), as stored.

    Raises
    ------
    PlateError
        When the file is absent, cut short, damaged, or not as grey or as colourful as it should be.
    """
    pixels = _decode(path, page)
    if band is None:
        _require_grey(path, pixels.shape)
        return pixels
    if pixels.ndim != 3 or band >= pixels.shape[2]:
        raise PlateError(
            f"{path.name!r} has no colour {band + 1}: its shape is {'×'.join(map(str, pixels.shape))}.",
            "Export it like the other images of the plate.",
        )
    return pixels[:, :, band]


def _decode(path: Path, page: int) -> NDArray[Any]:
    if path.suffix.lower() in TIFF:
        return _read_tiff(path, page)
    return _cellomics(path, read_cellomics) if path.suffix.lower() in CELLOMICS else _read_other(path, page)


def _cellomics(path: Path, read: Callable[[Path], _Read]) -> _Read:
    try:
        return read(path)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _read_tiff(path: Path, page: int) -> NDArray[Any]:
    import tifffile  # 0.1 s: only where a TIFF is read

    damaged = (tifffile.TiffFileError, OSError, ValueError, RuntimeError, LookupError, MemoryError, struct.error)
    try:
        with tifffile.TiffFile(path) as file:
            found = file.pages[page] if page else file.pages.first
            require_possible(repr(path.name), found.shape, found.dtype or np.dtype(np.uint8))
            pixels: NDArray[Any] = found.asarray()
    except damaged as error:
        raise _unreadable(path, error) from error
    return pixels


def _read_other(path: Path, page: int) -> NDArray[Any]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            image.seek(page)
            return np.asarray(image, np.uint8 if image.mode == "1" else None)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise _unreadable(path, error) from error


def require_possible(name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Refuse an image that claims more memory than any field has, before it is taken.

    Raises
    ------
    PlateError
        When it claims more than `LARGEST` bytes.
    """
    claimed = math.prod(map(int, shape)) * dtype.itemsize
    if claimed > LARGEST:
        raise PlateError(
            f"{name} claims {'×'.join(map(str, shape))} pixels of {dtype}, {claimed / 2**30:,.0f} GB; "
            f"an image of more than {LARGEST / 2**30:.0f} GB is not read.",
            "Copy or export it again, or leave its field out.",
        )


def _require_grey(path: Path, shape: tuple[int, ...]) -> None:
    if len(shape) != 2:
        raise PlateError(
            f"{path.name!r} is no grey image: its shape is {'×'.join(map(str, shape))}.",
            "Export one grey image a channel.",
        )


def _unreadable(path: Path, reason: object) -> PlateError:
    if not path.exists():
        return PlateError(f"{path.name!r} is not in {path.parent} any more.", "Bring it back, or open the plate again.")
    size = path.stat().st_size
    return PlateError(
        f"{path.name!r} cannot be read: the file is cut short or damaged ({size} bytes; {str(reason).strip()[:120]}).",
        "Copy or export it again, or leave its field out.",
    )
