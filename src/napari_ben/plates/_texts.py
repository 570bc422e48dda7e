"""Tables of text as laboratories save them: CSV and TSV, zipped or not, plate-shaped grids, cellHTS2, Excel.

Everything stays text: pandas would turn the siRNA ``None`` into a missing value and well ``03`` into a number. A row
keeps the line that it stood on, so that an error can say where to look.
"""

import csv
import gzip
import re
import zlib
from functools import lru_cache
from io import StringIO
from pathlib import Path
from threading import Lock

import pandas as pd

from napari_ben.errors import PlateMapError
from napari_ben.plates._excel import EXCEL, read_excel, split_sheet
from napari_ben.plates._grids import find_grids
from napari_ben.plates._plateconf import is_plateconf, read_plateconf

MAX_BYTES = 200 * 2**20
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_ONE_AT_A_TIME = Lock()  # plates that are opened side by side wait for their common table, and do not all parse it
_HELP = "Give the path of a CSV, TSV or Excel file."


def read_text_table(path: Path | str) -> pd.DataFrame:
    """All cells of a file as text; index ``line``.

    Parameters
    ----------
    path
        CSV or TSV with a header line (commas, semicolons or tabs; UTF-8, UTF-16 or Latin-1; ``.gz`` too), one or more
        plate-shaped grids, a ``plateconf.txt``, or ``.xlsx``, where ``layout.xlsx#Sheet2`` names the sheet.

    Raises
    ------
    PlateMapError
        When the file cannot be read as a table.
    """
    file, sheet = split_sheet(Path(path))
    try:
        state = file.stat()
    except OSError as error:
        raise PlateMapError(f"The platemap {file.name!r} cannot be opened: {error.strerror}.", _HELP) from error
    with _ONE_AT_A_TIME:
        return _read_table(file, sheet, state.st_size, state.st_mtime_ns).copy()


@lru_cache(maxsize=6)  # the 204 plates of RxRx1 share one table of 125,000 rows; a JUMP plate needs four tables
def _read_table(path: Path, sheet: str | None, size: int, _changed: int) -> pd.DataFrame:
    if path.suffix.casefold() in EXCEL:
        return read_excel(path, sheet, MAX_BYTES)
    text = _decode(path, size)
    if is_plateconf(text):
        return read_plateconf(text, path.name)
    grids = find_grids(text, path.stem)
    return _read_delimited(text, path.name) if grids is None else grids


def _read_delimited(text: str, name: str) -> pd.DataFrame:
    header = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    try:
        table = pd.read_csv(
            StringIO(_with_whole_header(text, delimiter)),
            sep=delimiter,
            index_col=False,
            skip_blank_lines=False,
            dtype=str,
            na_filter=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        raise PlateMapError(
            f"{name!r} cannot be read as a table: {str(error).strip()}.",
            "Save it as CSV with one header line and one row a well.",
        ) from error
    table.index = pd.RangeIndex(2, len(table) + 2, name="line")
    table = table.rename(columns=str)
    return table[(table != "").any(axis=1)]


def _with_whole_header(text: str, delimiter: str) -> str:
    """Fill up a header with fewer cells than the first row: pandas would drop what it does not name."""
    rows = csv.reader(StringIO(text, newline=None), delimiter=delimiter)
    header, first = next(rows, []), next(rows, [])
    missing = len(first) - len(header) if header else 0
    end = re.search(r"[\r\n]", text)
    return text if missing <= 0 or end is None else text[: end.start()] + delimiter * missing + text[end.start() :]


def _decode(path: Path, size: int) -> str:
    try:
        content = _content(path) if size <= MAX_BYTES else b"\0"
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "its compressed content is damaged"
        raise PlateMapError(f"The platemap {path.name!r} cannot be read: {reason}.", _HELP) from error
    if content.startswith(_UTF16):
        return content.decode("utf-16", errors="replace")
    if len(content) > MAX_BYTES or b"\0" in content[:4096]:
        raise PlateMapError(
            f"{path.name!r} ({size} bytes) is not a text table.", "Save the platemap as CSV or TSV, one row a well."
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _content(path: Path) -> bytes:
    """Bytes of a file, one more than allowed at most: a small archive can hold a large text."""
    if path.suffix.casefold() != ".gz":
        return path.read_bytes()
    with gzip.open(path) as file:
        return file.read(MAX_BYTES + 1)
