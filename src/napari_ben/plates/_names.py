"""Well names: one spelling inside, every spelling of the bench outside.

Instruments, spreadsheets and file formats write the same well as ``A1``, ``A01``, ``a-1``, ``A - 3``, ``A/1`` or
``r01c01``. Everything is turned into ``A01`` once, when it enters. Rows end at AF and columns at 48, the size of a
1536-well plate: beyond that a "well" is a file name that only looks like one (``CH02`` of a shading image).
"""

import re
from functools import lru_cache

from napari_ben.errors import SelectionError

MAX_ROWS = 32
MAX_COLUMNS = 48
_LETTERS = re.compile(r"([A-Za-z]{1,2})\s{0,3}[-/_]?\s{0,3}(\d{1,3})")
_NUMBERS = re.compile(r"[Rr](\d{1,2})[Cc](\d{1,2})")


def row_name(row: int) -> str:
    """Letters of a row.

    Parameters
    ----------
    row
        0-based.

    Examples
    --------
    >>> row_name(0), row_name(25), row_name(26), row_name(31)
    ('A', 'Z', 'AA', 'AF')
    """
    return chr(65 + row) if row < 26 else chr(64 + row // 26) + chr(65 + row % 26)


def row_number(letters: str) -> int:
    """0-based row of its letters: the inverse of `row_name`."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def well_name(row: int, column: int) -> str:
    """Name of the well at a 0-based row and column.

    Examples
    --------
    >>> well_name(0, 0), well_name(31, 47)
    ('A01', 'AF48')
    """
    return f"{row_name(row)}{column + 1:02d}"


@lru_cache(4096)  # a plate of thousands of fields asks for a few hundred wells
def find_well(text: str) -> str | None:
    """Normalised well name, or None where the text does not name a well."""
    text = text.strip()
    if numbers := _NUMBERS.fullmatch(text):
        row, column = int(numbers[1]) - 1, int(numbers[2]) - 1
    elif letters := _LETTERS.fullmatch(text):
        row, column = row_number(letters[1]), int(letters[2]) - 1
    else:
        return None
    inside = 0 <= row < MAX_ROWS and 0 <= column < MAX_COLUMNS
    return well_name(row, column) if inside else None


def parse_well(text: str) -> str:
    """Normalised name of a well, however it is spelled.

    Raises
    ------
    SelectionError
        When the text is not a well of a plate of up to 1536 wells.

    Examples
    --------
    >>> [parse_well(text) for text in ("a-1", "A/1", "A - 3", "r01c01", "AA01")]
    ['A01', 'A01', 'A03', 'A01', 'AA01']
    """
    if (well := find_well(text)) is None:
        raise SelectionError(
            f"{text!r} is not a well: rows run from A to AF and columns from 1 to 48.",
            "Write wells as A1, A01, a-1, A/1 or r01c01.",
        )
    return well


@lru_cache(4096)
def well_position(name: str) -> tuple[int, int]:
    """0-based row and column of a well.

    Raises
    ------
    SelectionError
        When the name is not a well.

    Examples
    --------
    >>> well_position("B12")
    (1, 11)
    """
    name = parse_well(name)
    return row_number(name[:-2]), int(name[-2:]) - 1
