"""Image files: which lie in a folder, what their headers say, and their pixels.

`read_pixels` is the one function that decodes pixels of an image file. Opening a plate reads headers of a few files
only.
"""

import os
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import PlateError

TIFF = frozenset({".tif", ".tiff"})
_SUFFIXES = (*TIFF, ".png", ".bmp", ".jp2")
_INNER = re.compile(r"images?|timepoint_?\d+|zstep_?\d+|\d{4}-\d{2}-\d{2}", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DEPTH = 5
_GREY = {"1": np.uint8, "L": np.uint8, "I;16": np.uint16, "I;16B": np.uint16, "I": np.int32, "F": np.float32}


class Header(NamedTuple):
    """What an image file holds, without its pixels."""

    shape: tuple[int, int]
    dtype: np.dtype[Any]


def list_images(folder: Path) -> list[str]:
    """Paths of image files relative to a plate's folder, with ``/``.

    Folders within are entered only where instruments put images of the same plate (``Images``, ``TimePoint_1``,
    ``ZStep_2``, a date and the number below it), so that a folder of plates is not taken for one plate.
    """
    return sorted(walk_images(folder))


def walk_images(folder: Path, prefix: str = "", depth: int = _DEPTH) -> Iterator[str]:
    """Paths of `list_images` as the disk gives them, so that a look at some is cheap in a folder of thousands.

    Raises
    ------
    PlateError
        When a folder cannot be listed.
    """
    try:
        listing = os.scandir(folder)
    except OSError as error:
        raise PlateError(
            f"{folder} cannot be listed: {error.strerror}.", "Ask for the right to read it, or connect its drive."
        ) from error
    with listing as entries:
        for entry in entries:
            if entry.name.lower().endswith(_SUFFIXES):
                yield prefix + entry.name
            elif depth and _is_inner(entry.name, folder.name) and entry.is_dir():
                yield from walk_images(folder / entry.name, f"{prefix}{entry.name}/", depth - 1)


def _is_inner(name: str, parent: str) -> bool:
    return bool(_INNER.fullmatch(name)) or (name.isdigit() and bool(_DATE.fullmatch(parent)))


def read_header(path: Path) -> Header:
    """Shape and data type of a grey image file; decodes no pixel.

    Raises
    ------
    PlateError
        When the file cannot be read, or is no grey image.
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
    else:
        shape, dtype = _other_header(path)
    _require_grey(path, shape)
    return Header((shape[0], shape[1]), dtype)


def _other_header(path: Path) -> tuple[tuple[int, ...], np.dtype[Any]]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            bands, (width, height) = len(image.getbands()), image.size
            dtype = np.dtype(_GREY.get(image.mode, np.uint8))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    return ((height, width) if bands == 1 else (height, width, bands)), dtype


def read_pixels(path: Path) -> NDArray[Any]:
    """Pixels of a grey image file.

    Returns
    -------
    NDArray
        (Y, X), as stored; the first page of a file that has several.

    Raises
    ------
    PlateError
        When the file is absent, cut short, damaged, or no grey image.
    """
    pixels = _read_tiff(path) if path.suffix.lower() in TIFF else _read_other(path)
    _require_grey(path, pixels.shape)
    return pixels


def _read_tiff(path: Path) -> NDArray[Any]:
    import tifffile  # 0.1 s: only where a TIFF is read

    damaged = (tifffile.TiffFileError, OSError, ValueError, RuntimeError, LookupError, MemoryError, struct.error)
    try:
        with tifffile.TiffFile(path) as file:
            pixels: NDArray[Any] = file.pages.first.asarray()
    except damaged as error:
        raise _unreadable(path, error) from error
    return pixels


def _read_other(path: Path) -> NDArray[Any]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            return np.asarray(image, np.uint8 if image.mode == "1" else None)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise _unreadable(path, error) from error


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
