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
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_BYTES = 2**32  # of a chunk or a plane: a stitched well of 30,000 × 30,000 pixels has 2 GB
MAX_CHUNKS = 2**20
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
    fill_value
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
    fill_value: float
    decode: Decode | None
    key: tuple[str, str]

    def __getitem__(self, index: tuple[int | slice, ...]) -> NDArray[Any]:
        """Pixels at whole numbers of some axes, and a range without steps of the others.

        Raises
        ------
        ValueError
            When more is asked for than a plane can be.
        """
        spans = [_span(chosen, side) for chosen, side in zip(index, self.shape, strict=True)]
        edges = zip(spans, self.chunks, strict=True)
        grid = [range(start // chunk, -(-stop // chunk)) for (start, stop), chunk in edges]
        sides = [stop - start for start, stop in spans]
        require_bearable(prod(sides) * self.dtype.itemsize, prod(map(len, grid)))
        out = np.full(sides, self.fill_value, self.dtype.newbyteorder("="))
        for place in product(*grid):
            pixels = self._chunk(place)
            if pixels is not None:
                cuts = [_cut(*axis) for axis in zip(spans, place, self.chunks, strict=True)]
                out[tuple(to for to, _ in cuts)] = pixels[tuple(of for _, of in cuts)]
        return out[tuple(slice(None) if isinstance(chosen, slice) else 0 for chosen in index)]

    def _chunk(self, place: tuple[int, ...]) -> NDArray[Any] | None:
        prefix, separator = self.key
        try:
            content: Any = (self.path / (prefix + separator.join(map(str, place)))).read_bytes()
        except FileNotFoundError:
            return None
        if self.decode:
            content = self.decode(content)
        return np.frombuffer(content, self.dtype).reshape(self.chunks)


def open_plain(path: Path | str, version: int) -> PlainArray | None:
    """Open an array whose chunks can be read directly; None where the Zarr library is needed.

    Raises
    ------
    OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError
        When its metadata are absent or damaged.
    """
    array = _open_2(Path(path)) if version == 2 else _open_3(Path(path))
    return array if array is None else _checked(array)


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
        fill_value=_fill(meta["fill_value"]),
        decode=decoder(compressor),
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
        fill_value=_fill(meta["fill_value"]),
        decode=decoder({"id": names[0]} if names else None),
        key=(f"c{separator}" if is_default else "", separator),
    )


def _span(chosen: int | slice, side: int) -> tuple[int, int]:
    if not isinstance(chosen, slice):
        return chosen, chosen + 1
    start, stop, _ = chosen.indices(side)
    return start, max(start, stop)


def _cut(span: tuple[int, int], place: int, chunk: int) -> tuple[slice, slice]:
    """Where the pixels of a chunk go, and which of its pixels, along one axis."""
    start, stop = max(span[0], place * chunk), min(span[1], (place + 1) * chunk)
    return slice(start - span[0], stop - span[0]), slice(start - place * chunk, stop - place * chunk)


def require_bearable(n_bytes: int, n_chunks: int = 1) -> None:
    """Refuse what no image has, before memory is taken for it.

    Raises
    ------
    ValueError
        When there are more bytes or chunks than an image can have.
    """
    if n_bytes > MAX_BYTES or n_chunks > MAX_CHUNKS:
        raise ValueError(f"{n_bytes / 2**30:.0f} GiB in {n_chunks} chunks is not the size of an image")


def _checked(array: PlainArray) -> PlainArray:
    sides = (*array.shape, *array.chunks)
    if len(array.shape) != len(array.chunks) or not all(type(side) is int and 0 < side < 2**48 for side in sides):
        raise ValueError(f"a shape of {array.shape} in chunks of {array.chunks} is not possible")
    if array.key[1] not in (".", "/"):
        raise ValueError(f"{array.key[1]!r} is no separator of chunk names")
    require_bearable(prod(array.chunks) * array.dtype.itemsize)
    return array


def _is_known(name: str | None) -> bool:
    return name is None or name in _COMPRESSORS


def _fill(value: float | str | None) -> float:
    return float(value) if isinstance(value, str) else (value or 0)


def decoder(compressor: Mapping[str, Any] | None) -> Decode | None:
    """Give what turns the bytes of a chunk's file into those of its pixels; None where they are that already."""
    if compressor is None:
        return None
    import numcodecs  # 0.1 s: only where pixels are read

    # what was compressed how is written in the compressed bytes themselves: the codec's own settings matter to writers
    decode: Decode = numcodecs.get_codec({"id": compressor["id"]}).decode
    return decode
