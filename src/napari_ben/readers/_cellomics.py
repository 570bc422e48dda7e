"""Images of Cellomics ArrayScan and CellInsight: ``.DIB``, and ``.C01``, which is the same packed.

A bitmap header of 40 bytes (of which size, depth and packing count here), 12 bytes of their own, then the pixels row by
row from the top, 8 or 16 bits, little-endian. In ``.C01`` all this is a zlib stream behind four bytes of their own.
Described in the documentation of Bio-Formats' reader.
"""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SUFFIXES = frozenset({".c01", ".dib"})
_HEADER = struct.Struct("<4xiiHHi")
_PIXELS = 52  # bytes before them
_DTYPES: dict[int, np.dtype[Any]] = {8: np.dtype(np.uint8), 16: np.dtype("<u2")}
LARGEST = 2**30


def read_cellomics_header(path: Path) -> tuple[tuple[int, int], np.dtype[Any]]:
    """Shape and data type; decodes no pixel.

    Raises
    ------
    ValueError
        When it is no such image.
    OSError
        When it cannot be read.
    """
    return _header(_content(path, _PIXELS))


def read_cellomics(path: Path) -> NDArray[Any]:
    """Pixels, (Y, X), as stored.

    Raises
    ------
    ValueError
        When it is no such image, or cut short.
    OSError
        When it cannot be read.
    """
    (height, width), dtype = _header(_content(path, _PIXELS))
    n_bytes = height * width * dtype.itemsize
    content = _content(path, _PIXELS + n_bytes)[_PIXELS:]
    if len(content) < n_bytes:
        raise ValueError(f"{len(content)} of {n_bytes} bytes of pixels")
    return np.frombuffer(content, dtype).reshape(height, width)


def _header(content: bytes) -> tuple[tuple[int, int], np.dtype[Any]]:
    if len(content) < _PIXELS:
        raise ValueError("no bitmap header")
    width, height, _, bits, packing = _HEADER.unpack_from(content)
    if packing or bits not in _DTYPES:
        raise ValueError(f"{bits} bits a pixel, packing {packing}")
    if width < 1 or height < 1 or width * height * bits // 8 > LARGEST:
        raise ValueError(f"a size of {width} × {height}")
    return (height, width), _DTYPES[bits]


def _content(path: Path, count: int) -> bytes:
    """First bytes of what is in a file, unpacked."""
    if path.suffix.lower() == ".dib":
        with path.open("rb") as file:
            return file.read(count)
    try:
        return zlib.decompressobj().decompress(path.read_bytes()[4:], count)
    except zlib.error as error:
        raise ValueError(str(error)) from error
