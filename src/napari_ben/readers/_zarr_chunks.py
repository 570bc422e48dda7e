"""Planes of plain Zarr arrays, straight from their chunk files.

A plate has thousands of small arrays, each read once or twice. Through the Zarr library such a read costs two
hand-overs between threads, 0.5–3 ms; opening one file and decoding it costs a fifth of a millisecond. What nearly all
OME-Zarr writers use is read here: regular chunks, C order, one compressor or none. Anything else (shards, filters,
other codecs) is left to the Zarr library: `open_plain` then gives None.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_COMPRESSORS = frozenset({"blosc", "gzip", "zstd", "zlib", "lz4"})
Decode = Callable[[bytes], Any]


@dataclass(frozen=True)
class PlainArray:
    """An array in regular chunks, one file each.

    Parameters
    ----------
    path
        Its folder.
    shape, chunks
        Of the array and of a chunk.
    dtype
        As stored, with its byte order.
    fill
        Value of chunks without a file.
    decode
        Bytes of a chunk file into bytes of pixels; None when they are that already.
    key
        Before the first index in a chunk's name, and between indices.
    """

    path: Path
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: np.dtype[Any]
    fill: float
    decode: Decode | None
    key: tuple[str, str]

    def __getitem__(self, index: tuple[int | slice, ...]) -> NDArray[Any]:
        """Pixels at whole numbers of some axes, and all of the others (``slice(None)``)."""
        free = [axis for axis, chosen in enumerate(index) if isinstance(chosen, slice)]
        out = np.full([self.shape[axis] for axis in free], self.fill, self.dtype.newbyteorder("="))
        counts = [range(-(-side // chunk)) for side, chunk in zip(self.shape, self.chunks, strict=True)]
        grid = [
            counts[axis] if isinstance(chosen, slice) else (chosen // self.chunks[axis],)
            for axis, chosen in enumerate(index)
        ]
        inner = tuple(
            chosen if isinstance(chosen, slice) else chosen % self.chunks[axis] for axis, chosen in enumerate(index)
        )
        for place in product(*grid):
            pixels = self._chunk(place)
            if pixels is not None:
                target = out[tuple(slice(place[axis] * self.chunks[axis], None) for axis in free)]
                part = pixels[inner]
                fitting = tuple(slice(0, min(*sides)) for sides in zip(target.shape, part.shape, strict=True))
                target[fitting] = part[fitting]
        return out

    def _chunk(self, place: tuple[int, ...]) -> NDArray[Any] | None:
        prefix, separator = self.key
        try:
            content: Any = (self.path / (prefix + separator.join(map(str, place)))).read_bytes()
        except FileNotFoundError:
            return None
        if self.decode:
            content = self.decode(content)
        return np.frombuffer(content, self.dtype).reshape(self.chunks)


def open_plain(path: Path, version: int) -> PlainArray | None:
    """Open an array whose chunks can be read directly; None where the Zarr library is needed.

    Raises
    ------
    OSError, ValueError, LookupError, TypeError
        When its metadata are absent or damaged.
    """
    return _open_2(path) if version == 2 else _open_3(path)


def _open_2(path: Path) -> PlainArray | None:
    meta = json.loads((path / ".zarray").read_bytes())
    compressor = meta["compressor"]
    if meta["order"] != "C" or meta["filters"] or not _is_known(compressor and compressor["id"]):
        return None
    return PlainArray(
        path=path,
        shape=tuple(meta["shape"]),
        chunks=tuple(meta["chunks"]),
        dtype=np.dtype(meta["dtype"]),
        fill=_fill(meta["fill_value"]),
        decode=_decoder(compressor),
        key=("", meta.get("dimension_separator", ".")),
    )


def _open_3(path: Path) -> PlainArray | None:
    meta = json.loads((path / "zarr.json").read_bytes())
    first, *others = meta["codecs"]
    names = [codec["name"] for codec in others]
    if first["name"] != "bytes" or len(names) > 1 or not all(map(_is_known, names)) or meta.get("storage_transformers"):
        return None
    encoding = meta["chunk_key_encoding"]
    is_default = encoding["name"] == "default"
    separator = encoding.get("configuration", {}).get("separator", "/" if is_default else ".")
    endian = first.get("configuration", {}).get("endian", "little")
    return PlainArray(
        path=path,
        shape=tuple(meta["shape"]),
        chunks=tuple(meta["chunk_grid"]["configuration"]["chunk_shape"]),
        dtype=np.dtype(meta["data_type"]).newbyteorder("<" if endian == "little" else ">"),
        fill=_fill(meta["fill_value"]),
        decode=_decoder({"id": names[0]} if names else None),
        key=(f"c{separator}" if is_default else "", separator),
    )


def _is_known(name: str | None) -> bool:
    return name is None or name in _COMPRESSORS


def _fill(value: float | str | None) -> float:
    return float(value) if isinstance(value, str) else (value or 0)


def _decoder(compressor: Mapping[str, Any] | None) -> Decode | None:
    if compressor is None:
        return None
    import numcodecs  # 0.1 s: only where pixels are read

    # what was compressed how is written in the compressed bytes themselves: the codec's own settings matter to writers
    decode: Decode = numcodecs.get_codec({"id": compressor["id"]}).decode
    return decode
