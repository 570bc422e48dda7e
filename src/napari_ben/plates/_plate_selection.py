"""Plates of a screen in the selection language: ``HUVEC-01_Plate1, HUVEC-*, dataset:train, !experiment:HUVEC-03``.

A term is a plate's name, or a column with a value: of the screen's table, or of the platemaps where a plate has one
value. Names and values may be patterns with ``*``, ``?`` and ``[3-6]``. As for wells, a term that selects nothing is an
error.
"""

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from napari_ben.errors import SelectionError
from napari_ben.plates._selection import chosen_by, key_and_value

if TYPE_CHECKING:
    from napari_ben.plates._screen import Screen

_HELP = "Write names of plates, patterns such as HUVEC-*, or a column with a value such as dataset:train."


def select_plates(selection: str, screen: "Screen") -> tuple[str, ...]:
    """Names of the plates that a selection means, in the screen's order.

    Raises
    ------
    SelectionError
        When a term names no plate, or nothing is left.
    """
    names = [plate.name for plate in screen]
    chosen = chosen_by(selection, lambda term: _resolve(term, screen, names), names)
    if not chosen:
        raise SelectionError(
            f"The selection {selection!r} leaves no plate of {screen.name!r}: what is added is removed again.",
            "Drop one of the terms that begin with '!'.",
        )
    return tuple(name for name in names if name in chosen)


def _resolve(term: str, screen: "Screen", names: list[str]) -> set[str]:
    found = {name for name in names if _fits(name, term)}
    if found:
        return found
    if told := key_and_value(term):
        return _with_value(*told, screen, names)
    listed = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
    raise SelectionError(f"No plate of the screen {screen.name!r} is named {term!r}; it has {listed}.", _HELP)


def _fits(text: str, wish: str) -> bool:
    return text == wish or fnmatchcase(text, wish)


def _with_value(key: str, value: str, screen: "Screen", names: list[str]) -> set[str]:
    values = screen.values(key)
    found = {name for name, own in zip(names, values, strict=True) if _fits(own.casefold(), value.casefold())}
    if not found:
        told = sorted(set(values))
        listed = ", ".join(map(repr, told[:8])) + (f" and {len(told) - 8} more" if len(told) > 8 else "")
        raise SelectionError(
            f"No plate of the screen {screen.name!r} has {key} {value!r}; there is {listed}.",
            "Choose one of these values; put values with commas in quotes.",
        )
    return found
