"""Plate-shaped tables: a grid with rows A, B, … and columns 1, 2, …, as plates are drawn in a spreadsheet.

Several grids may stand in one file, one below the other; each is one column of the platemap, and its title (in the
corner, or on the line above) is the column's name. A grid without its letters and numbers is read only where it has
exactly the shape of a plate.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from napari_ben.plates._formats import FORMATS
from napari_ben.plates._names import MAX_COLUMNS, find_well, row_name, well_name
from napari_ben.plates._roles import role_of_word

_COLUMNS = re.compile(r'^[^,;\t\n]*([,;\t])[ "]*0?1(?:\.0)?[ "]*\1[ "]*0?2(?:\.0)?[ "]*\1[ "]*0?3\b', re.MULTILINE)
_SHAPES = {(form.rows, form.columns) for form in FORMATS.values() if form.n_wells >= 96}
_OF_A_TABLE = frozenset({"well", "row", "column", "col"})
Lines = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Grid:
    """One plate drawn in cells.

    Parameters
    ----------
    title
        Blank where none is given.
    line
        Of its first row, from 1.
    rows
        Text of the cells, row A first; rows may be of different length.
    """

    title: str
    line: int
    rows: tuple[tuple[str, ...], ...]


def find_grids(text: str, name: str) -> pd.DataFrame | None:
    """Platemap of the grids in a text; None when there is none.

    Parameters
    ----------
    text
        Commas, semicolons or tabs.
    name
        Of the file, for a grid that has no title.

    Returns
    -------
    DataFrame or None
        One row a well, index ``line``: ``well``, and a column of text for each grid.
    """
    found = _COLUMNS.search(text)
    head = text.lstrip("\r\n").partition("\n")[0]
    delimiter = found[1] if found else max(",;\t", key=head.count)
    if not found and (head.count(delimiter) + 1) not in {columns for _, columns in _SHAPES}:
        return None
    try:
        lines = list(csv.reader(text.splitlines(), delimiter=delimiter))
    except csv.Error:  # a table's reader will say what is wrong
        return None
    return grids_of_lines(lines, name)


def grids_of_lines(lines: Lines, name: str) -> pd.DataFrame | None:
    """Platemap of the grids in cells, such as a sheet's; None when there is none; see `find_grids`."""
    grids = _labelled(lines) or _bare(lines)
    if not grids:
        return None
    columns: dict[str, dict[str, str]] = {}
    line_of: dict[str, int] = {}
    for grid in grids:
        column = columns.setdefault(_column_name(grid, columns, name), {})
        for row, cells in enumerate(grid.rows):
            for number, cell in enumerate(cells):
                column[well_name(row, number)] = cell
                line_of.setdefault(well_name(row, number), grid.line + row)
    wells = list(line_of)
    table = {"well": wells, **{title: [cells.get(well, "") for well in wells] for title, cells in columns.items()}}
    found = pd.DataFrame(table, index=pd.Index(list(line_of.values()), name="line"), dtype=object)
    return found[(found.drop(columns="well") != "").any(axis=1)]


def _labelled(lines: Lines) -> list[Grid]:
    grids = []
    for number, cells in enumerate(lines):
        width = _numbered(cells)
        rows = _lettered(lines[number + 1 :], width) if width else ()
        if len(rows) > 1:
            title = cells[0].strip() or _line_above(lines, number)
            grids.append(Grid(title, number + 2, rows))
    return grids


def _numbered(cells: Sequence[str]) -> int:
    """How many cells after the first count 1, 2, 3, …; 0 when they are not a plate's columns."""
    width = 0
    for cell in cells[1:]:
        plain = cell.strip().removesuffix(".0")
        if not (plain.isdecimal() and int(plain) == width + 1):
            break
        width += 1
    has_more = any(cell.strip() for cell in cells[width + 1 :])
    return width if 3 <= width <= MAX_COLUMNS and not has_more else 0


def _lettered(lines: Lines, width: int) -> tuple[tuple[str, ...], ...]:
    rows = []
    for row, cells in enumerate(lines):
        if not cells or cells[0].strip().upper() != row_name(row):
            break
        rows.append(tuple(cell.strip() for cell in cells[1 : width + 1]))
    return tuple(rows)


def _line_above(lines: Lines, number: int) -> str:
    for cells in reversed(lines[max(number - 2, 0) : number]):
        filled = [cell.strip() for cell in cells if cell.strip()]
        if filled:
            return filled[0] if len(filled) == 1 else ""
    return ""


def _bare(lines: Lines) -> list[Grid]:
    rows = tuple(tuple(cell.strip() for cell in cells) for cells in lines if any(cell.strip() for cell in cells))
    shapes = {(len(rows), len(cells)) for cells in rows}
    is_table = any(find_well(cell) or cell.casefold() in _OF_A_TABLE for cells in rows for cell in cells)
    return [Grid("", 1, rows)] if len(shapes) == 1 and shapes <= _SHAPES and not is_table else []


def _column_name(grid: Grid, taken: dict[str, dict[str, str]], name: str) -> str:
    words = {cell for row in grid.rows for cell in row if cell}
    says_roles = bool(words) and all(role_of_word(word) for word in words)
    title = grid.title or ("role" if says_roles else "treatment")
    return title if title not in taken else f"{name} {len(taken) + 1}"
