"""Tables that list images: CSV, TSV, compressed or not, and Parquet; every cell as text.

Only the columns asked for are read: a table that CellProfiler wrote has thousands.
"""

import gzip
import zlib
from collections.abc import Sequence
from functools import lru_cache
from io import StringIO
from pathlib import Path
from threading import Lock
from typing import Any

import pandas as pd

from napari_ben.errors import PlateError

SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet")
MAX_BYTES = 500 * 2**20
MAX_ROWS = 10_000_000
_LOCK = Lock()  # the plates of a screen are opened side by side, and each would read their table


def is_table(name: str) -> bool:
    """Whether a file is such a table by its suffix."""
    return name.lower().endswith(SUFFIXES)


def read_columns(path: Path) -> tuple[str, ...]:
    """Names of a table's columns; reads its beginning only.

    Raises
    ------
    PlateError
        When it cannot be read as a table.
    """
    with _LOCK:
        return _columns(path, *_state(path))


def _state(path: Path) -> tuple[int, int]:
    """Size and time of a file, which tell whether it is still what was read."""
    try:
        state = path.stat()
    except OSError as error:
        raise _unreadable(path, error.strerror) from error
    return state.st_size, state.st_mtime_ns


@lru_cache(maxsize=8)  # several layouts ask
def _columns(path: Path, _size: int, _changed: int) -> tuple[str, ...]:
    if path.suffix.lower() == ".parquet":
        return tuple(_parquet(path).schema_arrow.names)
    header = _decode(_bytes(path, 2**16, cut=True)).lstrip("\r\n").partition("\n")[0]
    return tuple(_parse(path, header + "\n", None).columns)


def read_rows(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read some columns of a table, all cells as text, blank where a value is missing.

    Raises
    ------
    PlateError
        When it cannot be read as a table, or is too large to be one of images.
    """
    with _LOCK:
        return _rows(path, tuple(columns), *_state(path)).copy()


@lru_cache(maxsize=1)  # all plates of a screen may be in one table
def _rows(path: Path, columns: tuple[str, ...], _size: int, _changed: int) -> pd.DataFrame:
    if path.suffix.lower() != ".parquet":
        return _parse(path, _decode(_bytes(path, MAX_BYTES)), list(columns))
    file = _parquet(path)
    if file.metadata.num_rows > MAX_ROWS:
        raise _unreadable(path, f"it has {file.metadata.num_rows} rows")
    table: pd.DataFrame = file.read(columns=list(columns)).to_pandas()
    return table.reset_index(drop=True)[list(columns)].map(_text)


def _text(cell: Any) -> str:
    """Text of a cell of a typed table; numbers that passed through a float lose the ``.0`` that they got there."""
    if cell is None or cell != cell:  # noqa: PLR0124 – not a number
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _parquet(path: Path) -> Any:
    try:
        from pyarrow import ArrowException, parquet  # an extra
    except ImportError as error:
        raise PlateError(
            f"{path.name!r} is a Parquet table, and pyarrow is not installed.",
            "Install it (pip install 'napari-ben[parquet]'), or save the table as CSV.",
        ) from error
    try:
        return parquet.ParquetFile(path)
    except (ArrowException, OSError) as error:
        raise _unreadable(path, error) from error


def _bytes(path: Path, most: int, *, cut: bool = False) -> bytes:
    """Content of a file, uncompressed; of a longer one its beginning, or a refusal."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opener(path, "rb") as file:
            content: bytes = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error
    if len(content) > most and not cut:
        raise _unreadable(path, f"it holds more than {most // 2**20} MB of text")
    return content[:most]


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _parse(path: Path, text: str, columns: list[str] | None) -> pd.DataFrame:
    header = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    try:
        return pd.read_csv(StringIO(text), sep=delimiter, usecols=columns, index_col=False, dtype=str, na_filter=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, reason: object) -> PlateError:
    return PlateError(
        f"{path.name!r} cannot be read as a table of images: {str(reason).strip()[:160]}.",
        "Save it as CSV with one header line.",
    )
