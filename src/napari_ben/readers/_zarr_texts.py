"""Texts in Zarr arrays, as AnnData writes the names of its rows and columns: variable-length UTF-8, one axis.

Read from the chunk files, like pixels: through the Zarr library each costs milliseconds, and a plate of stitched wells
has two a well.
"""

import json
import struct
from pathlib import Path
from typing import Any

from napari_ben.readers._zarr_chunks import decoder

MAX_TEXTS = 100_000


def read_texts(array: str, version: int) -> list[str]:
    """Texts of an array.

    Parameters
    ----------
    array
        Its folder.
    version
        Of Zarr.

    Raises
    ------
    OSError, ValueError, LookupError, TypeError, AttributeError, struct.error
        When it is absent, damaged, or holds something else.
    """
    meta = json.loads((Path(array) / (".zarray" if version == 2 else "zarr.json")).read_bytes())
    (length,) = meta["shape"]
    if version == 2:
        coder, (chunk,), compressor, name = meta["filters"][0]["id"], meta["chunks"], meta["compressor"], "{}"
    else:
        (coder, *packed), (chunk,) = meta["codecs"], meta["chunk_grid"]["configuration"]["chunk_shape"]
        coder, compressor, name = coder["name"], ({"id": packed[0]["name"]} if packed else None), "c/{}"
    if coder != "vlen-utf8" or not 0 <= length <= MAX_TEXTS or chunk < 1:
        raise ValueError(f"{array} holds no list of names")
    decode = decoder(compressor)
    texts: list[str] = []
    for place in range(-(-length // chunk)):
        content: Any = (Path(array) / name.format(place)).read_bytes()
        texts += _parse(bytes(decode(content) if decode else content))
    return texts[:length]


def _parse(content: bytes) -> list[str]:
    """Parse a count, then each text after its length in bytes; all of 4 bytes."""
    (count,) = struct.unpack_from("<I", content)
    if count > MAX_TEXTS:
        raise ValueError(f"{count} names in one chunk")
    texts, start = [], 4
    for _ in range(count):
        (size,) = struct.unpack_from("<I", content, start)
        texts.append(content[start + 4 : start + 4 + size].decode())
        start += 4 + size
    return texts
