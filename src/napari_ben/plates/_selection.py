"""The selection language: ``A1-C12, E*, *24, role:negative_control, treatment:DMSO, !B3``.

Terms are parted by commas. A term is a well, a rectangle of wells, a row, a column, ``*`` for all, or a column of the
well table with a value; ``!`` before a term takes its wells away, wherever it stands. Quotes hold spaces, commas and
colons together. A term that selects nothing is an error: it is a typing mistake more often than a wish.
"""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from napari_ben.errors import SelectionError
from napari_ben.plates._cover import cover_terms
from napari_ben.plates._names import find_well, row_number, well_position
from napari_ben.plates._tables import sort_wells

if TYPE_CHECKING:
    from napari_ben.plates._plate import Plate

_TERMS = re.compile(r'(?:[^,"]|"[^"]*")+')
_ROW = re.compile(r"([A-Za-z]{1,2})\*")
_COLUMN = re.compile(r"\*(\d{1,2})")
_KEY = re.compile(r'("[^"]*"|[^:"]+):(.*)', re.DOTALL)
_HELP = "Write terms such as A1-C12, E*, *24, role:negative_control or treatment:DMSO, parted by commas."


def select_wells(selection: str, plate: "Plate") -> tuple[str, ...]:
    """Wells of a plate that a selection names.

    Parameters
    ----------
    selection
        Terms parted by commas; only removing terms take away from the whole plate.
    plate
        Its table ``wells`` is what can be chosen, with or without images.

    Returns
    -------
    tuple
        Sorted by position.

    Raises
    ------
    SelectionError
        When a term cannot be read, names what the plate does not have, or nothing is left.
    """
    chosen = chosen_by(selection, lambda term: _resolve_term(term, plate), plate.wells.index)
    if not chosen:
        raise SelectionError(
            f"The selection {selection!r} leaves no well of plate {plate.name!r}: what is added is removed again.",
            "Drop one of the terms that begin with '!'.",
        )
    return sort_wells(chosen)


def chosen_by(selection: str, resolve: Callable[[str], set[str]], all_names: Iterable[str]) -> set[str]:
    """Names that the terms of a selection add up to; only removing terms take away from all.

    Parameters
    ----------
    selection
        Terms parted by commas.
    resolve
        Gives the names that a term means, or refuses it.
    all_names
        What there is.

    Raises
    ------
    SelectionError
        When the selection is empty or a quote is not closed, and whatever `resolve` raises.
    """
    terms = _split(selection)
    added = [resolve(term) for term in terms if not term.startswith("!")]
    removed = [resolve(term[1:].strip()) for term in terms if term.startswith("!")]
    base = set().union(*added) if added else set(all_names)
    return base.difference(*removed)


def key_and_value(term: str) -> tuple[str, str] | None:
    """Give the column and the value of a term such as ``treatment:DMSO``, without quotes; None for other terms."""
    match = _KEY.fullmatch(term)
    return (_unquote(match[1]), _unquote(match[2])) if match else None


def named_wells(selection: str) -> tuple[str, ...]:
    """Wells that a selection names one by one, as against rows, ranges and values."""
    return sort_wells(well for term in _split(selection) if (well := find_well(term)))


def _split(selection: str) -> list[str]:
    if selection.count('"') % 2:
        raise SelectionError(f"The selection {selection!r} has a quote that is not closed.", 'Add the missing ".')
    terms = [term.strip() for term in _TERMS.findall(selection)]
    if not any(terms):
        raise SelectionError("The selection is empty.", _HELP)
    return [term for term in terms if term]


def _resolve_term(term: str, plate: "Plate") -> set[str]:
    for resolve in (_everything, _one_well, _line, _rectangle, _by_column):
        if (wells := resolve(term, plate)) is not None:
            return wells
    raise SelectionError(
        f"The term {term!r} is neither a well, a row, a column, a range nor a key with a value.", _HELP
    )


def _everything(term: str, plate: "Plate") -> set[str] | None:
    return set(plate.wells.index) if term == "*" else None


def _one_well(term: str, plate: "Plate") -> set[str] | None:
    if (well := find_well(term)) is None:
        return None
    if well not in plate.wells.index:
        raise SelectionError(
            f"Well {term!r} of plate {plate.name!r} ({plate.format.n_wells} wells) "
            f"has neither images nor a row in the platemap.",
            "Choose another well, or remove it from the selection.",
        )
    return {well}


def _line(term: str, plate: "Plate") -> set[str] | None:
    if row := _ROW.fullmatch(term):
        inside = plate.wells["row"] == row_number(row[1])
    elif column := _COLUMN.fullmatch(term):
        inside = plate.wells["column"] == int(column[1]) - 1
    else:
        return None
    return _wells_where(inside, term, plate)


def _rectangle(term: str, plate: "Plate") -> set[str] | None:
    corners = [
        (first, last)
        for cut in re.finditer(r"[-–:]", term)
        if (first := find_well(term[: cut.start()])) and (last := find_well(term[cut.end() :]))
    ]
    if not corners:
        return None
    (top, left), (bottom, right) = (well_position(well) for well in corners[0])
    down = plate.wells["row"].between(min(top, bottom), max(top, bottom))
    across = plate.wells["column"].between(min(left, right), max(left, right))
    return _wells_where(down & across, term, plate)


def _wells_where(inside: pd.Series, term: str, plate: "Plate") -> set[str]:
    wells = set(plate.wells.index[inside.to_numpy(bool)])
    if not wells:
        raise SelectionError(
            f"{term!r} selects no well of plate {plate.name!r}, "
            f"which has wells from {plate.wells.index[0]} to {plate.wells.index[-1]}."
            if len(plate.wells)
            else f"{term!r} selects no well of plate {plate.name!r}, which has none.",
            "Choose wells that the plate has.",
        )
    return wells


def _by_column(term: str, plate: "Plate") -> set[str] | None:
    if not (told := key_and_value(term)):
        return None
    key, value = told
    column = plate.wells[_find_column(key, plate)]
    inside = column.map(str) == value
    if not inside.any():
        inside = column.map(lambda cell: _alike(cell, value))
    if not inside.any():
        found = sorted({str(cell) for cell in column})
        listed = ", ".join(repr(cell) for cell in found[:8]) + (f" and {len(found) - 8} more" if len(found) > 8 else "")
        raise SelectionError(
            f"No well of plate {plate.name!r} has {key} {value!r}; there is {listed}.",
            "Choose one of these values; put values with commas in quotes.",
        )
    return set(plate.wells.index[inside.to_numpy(bool)])


def _find_column(key: str, plate: "Plate") -> str:
    names = [str(name) for name in plate.wells.columns]
    alike = [name for name in names if name == key] or [name for name in names if name.casefold() == key.casefold()]
    if not alike:
        raise SelectionError(
            f"{key!r} is not a column of the wells of plate {plate.name!r}; there is {', '.join(names)}.",
            "Choose one of these columns, or attach the platemap that has it.",
        )
    return alike[0]


def _alike(cell: Any, value: str) -> bool:
    text = str(cell)
    if text.casefold() == value.casefold():
        return True
    try:
        return float(text) == float(value)
    except ValueError:
        return False


def _unquote(text: str) -> str:
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def format_selection(wells: Iterable[str], plate: "Plate") -> str:
    """Shortest text found that selects exactly these wells of the plate.

    Parameters
    ----------
    wells
        Wells of the plate's table; none gives an empty text.
    """
    present = set(plate.wells.index)
    chosen = set(wells)
    if chosen == present:
        return "*" if chosen else ""
    spelled = [cover_terms(chosen, present)]
    if chosen:
        spelled.append("*, " + ", ".join(f"!{term}" for term in cover_terms(present - chosen, present).split(", ")))
    return min(spelled, key=len)
