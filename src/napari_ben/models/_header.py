"""The header of a safetensors file, read without torch and believed only after it has been measured.

The layout is 8 bytes of little-endian length, that many bytes of JSON, then the tensors back to back. Every number in
it is checked against the file's size before it is used, so a truncated or tampered file is a sentence and not a crash.
"""

import json
import math
import struct
from pathlib import Path
from typing import Any, NoReturn

from napari_ben.errors import ModelFileError

__all__ = ["METADATA_KEY", "read_header"]

METADATA_KEY = "napari_ben"
LONGEST_HEADER = 100_000_000  # bytes; the limit that safetensors itself sets
ITEM_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64,
}  # fmt: skip


def read_header(path: Path) -> dict[str, Any]:
    """Header of a safetensors file: tensors by name, and ``__metadata__``.

    Raises
    ------
    ModelFileError
        The file is not safetensors, or is shorter or longer than its header says.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(8)
            if len(start) < 8:
                _refuse(path, f"has {size} bytes, too few for a model")
            length = struct.unpack("<Q", start)[0]
            if length > min(size - 8, LONGEST_HEADER):
                _refuse(path, _what_it_is(start) or f"claims a header of {length} bytes, but has {size} bytes in all")
            text = file.read(length)
    except OSError as error:
        raise ModelFileError(f"{path.name!r} cannot be read: {error.strerror}.", "Check the path.") from error
    header = _parse(path, text)
    _check_extent(path, header, size - 8 - length)
    return header


def _refuse(path: Path, why: str) -> NoReturn:
    raise ModelFileError(f"{path.name!r} {why}.", "Copy or download it again, or choose another model.")


def _what_it_is(start: bytes) -> str | None:
    if start[:2] == b"PK" or start[:1] == b"\x80":
        return (
            "is a PyTorch checkpoint, which may hold code and is never opened as a model; "
            "a published one can be turned into a model with `napari-ben models import`"
        )
    return None


def _parse(path: Path, text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except (UnicodeDecodeError, ValueError, RecursionError):
        _refuse(path, "has a header that is not JSON: it is not a safetensors file, or was changed")
    if not isinstance(header, dict) or not isinstance(header.get("__metadata__", {}), dict):
        _refuse(path, "has a header that is not a list of tensors: it is not a safetensors file, or was changed")
    return header


def _check_extent(path: Path, header: dict[str, Any], n_bytes: int) -> None:
    """Tensors lie back to back, as large as their shapes say, and fill the file."""
    spans = sorted(_span(path, name, entry) for name, entry in header.items() if name != "__metadata__")
    end = 0
    for begin, stop in spans:
        if begin != end:
            _refuse(path, f"has a gap or an overlap between tensors at byte {end}")
        end = stop
    if end != n_bytes:
        _refuse(path, f"holds {n_bytes} bytes of weights where its header says {end}: it is cut off or was changed")


def _span(path: Path, name: str, entry: Any) -> tuple[int, int]:
    try:
        begin, end = (_whole(offset) for offset in entry["data_offsets"])
        wanted = math.prod(_whole(length) for length in entry["shape"]) * ITEM_BITS[entry["dtype"]] // 8
    except (KeyError, TypeError, ValueError):
        _refuse(path, f"describes the tensor {name!r} in a way that is not safetensors")
    if begin > end or end - begin != wanted:
        _refuse(path, f"says that the tensor {name!r} lies at bytes {begin}–{end}, but its shape needs {wanted}")
    return begin, end


def _whole(number: Any) -> int:
    if not isinstance(number, int) or number < 0:
        message = f"{number!r} is not a length"
        raise ValueError(message)
    return number
