"""Sheets of an Excel file as tables of text; openpyxl is an extra."""

import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from napari_ben.errors import PlateMapError
from napari_ben.plates._grids import grids_of_lines
from napari_ben.plates._names import find_well

EXCEL = (".xlsx", ".xlsm")
_HEADER_LINES = 30
_SHEET = "#"


def split_sheet(path: Path) -> tuple[Path, str | None]:
    """File, and the sheet that ``layout.xlsx#Sheet2`` names.

    Examples
    --------
    >>> split_sheet(Path("layout.xlsx#Doses"))[1], split_sheet(Path("a#b.csv"))[1]
    ('Doses', None)
    """
    file, sign, sheet = path.name.rpartition(_SHEET)
    is_named = bool(sign) and Path(file).suffix.casefold() in EXCEL and not path.exists()
    return (path.with_name(file), sheet) if is_named else (path, None)


def read_excel(path: Path, sheet: str | None, max_bytes: int) -> pd.DataFrame:
    """Give the sheet that is named, or the only one that can be a platemap, as text; index ``line``.

    Parameters
    ----------
    path
        The file.
    sheet
        Its name; found when None.
    max_bytes
        Refuse what unpacks to more.

    Raises
    ------
    PlateMapError
        When openpyxl is not installed, the file is damaged, or no sheet or several can be meant.
    """
    sheets = dict(_sheets(path, max_bytes))
    if sheet is not None and sheet not in sheets:
        raise PlateMapError(
            f"{path.name!r} has no sheet {sheet!r}; it has {', '.join(map(repr, sheets))}.", "Choose one of these."
        )
    tables = {name: _table(lines, name) for name, lines in sheets.items() if sheet in (None, name)}
    fitting = {name: table for name, table in tables.items() if _has_wells(table)} or tables
    if len(fitting) != 1:
        raise PlateMapError(
            f"{path.name!r} has {len(fitting)} sheets that may be meant: {', '.join(map(repr, fitting))}.",
            f"Name one, as in '{path.name}{_SHEET}{next(iter(fitting), 'Sheet1')}'.",
        )
    return next(iter(fitting.values()))


def _sheets(path: Path, max_bytes: int) -> Iterator[tuple[str, list[list[str]]]]:
    if find_spec("openpyxl") is None:
        raise PlateMapError(
            f"{path.name!r} is an Excel file, and openpyxl, which reads these, is not installed.",
            "Run: pip install 'napari-ben[excel]', or save the sheet as CSV.",
        )
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _refuse_bombs(path, max_bytes)
    try:
        with path.open("rb") as file:
            book = load_workbook(file, read_only=True, data_only=True)
            for sheet in book.worksheets:
                yield sheet.title, [[_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    except (OSError, KeyError, ValueError, SyntaxError, InvalidFileException) as error:  # SyntaxError: broken XML
        raise _damaged(path) from error


def _refuse_bombs(path: Path, max_bytes: int) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (OSError, zipfile.BadZipFile) as error:
        raise _damaged(path) from error
    if size > max_bytes:
        raise PlateMapError(
            f"{path.name!r} unpacks to {size} bytes; a platemap has {max_bytes} at most.",
            "Save the sheet of the platemap as CSV.",
        )


def _damaged(path: Path) -> PlateMapError:
    return PlateMapError(
        f"{path.name!r} cannot be read as an Excel file.", "Save the sheet as CSV, or export it again."
    )


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _table(lines: list[list[str]], name: str) -> pd.DataFrame:
    grids = grids_of_lines(lines, name)
    if grids is not None:
        return grids
    start = next((number for number, cells in enumerate(lines[:_HEADER_LINES]) if _is_header(cells)), 0)
    header = lines[start] if lines else []
    columns = [column for column, title in enumerate(header) if title.strip()]
    rows = [[cells[column] for column in columns] for cells in lines[start + 1 :]]
    index = pd.RangeIndex(start + 2, start + 2 + len(rows), name="line")
    table = pd.DataFrame(rows, index=index, columns=[header[column].strip() for column in columns], dtype=object)
    return table[(table != "").any(axis=1)]


def _is_header(cells: list[str]) -> bool:
    return sum(bool(cell.strip()) for cell in cells) > 1


def _has_wells(table: pd.DataFrame) -> bool:
    return any(len(table) and table[column].map(find_well).notna().all() for column in table.columns.unique())
