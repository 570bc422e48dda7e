"""Columns of text as numbers, wells, files and channels, for what microscopes write about each image."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.plates import FORMATS, PlateFormat, find_well, well_name

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_LARGEST = FORMATS[1536]
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z][A-Za-z0-9+.-]*:")


def to_numbers(texts: Sequence[str]) -> Floats:
    """Numbers of texts; NaN where a text is none, or no finite one."""
    codes, distinct = pd.factorize(np.array(texts, object))
    numbers = np.array([_number(text) for text in distinct], np.float64)[codes]
    return np.where(np.isfinite(numbers), numbers, np.nan)


def to_counts(texts: Sequence[str], default: int | None = None) -> Ints:
    """Whole numbers of texts; -1, or the default, where a text is none."""
    numbers = to_numbers(texts)
    is_count = np.abs(numbers) < 2**53  # also False where NaN
    return np.where(is_count, numbers, -1 if default is None else default).astype(np.int64)


def name_wells(rows: Ints, columns: Ints) -> NDArray[Any]:
    """Wells of 1-based rows and columns; empty text where there is none such on any plate."""
    inside = (rows >= 1) & (rows <= _LARGEST.rows) & (columns >= 1) & (columns <= _LARGEST.columns)
    positions, which = np.unique(np.where(inside, rows * 1000 + columns, 0), return_inverse=True)
    names = [
        well_name(position // 1000 - 1, position % 1000 - 1) if position else "" for position in positions.tolist()
    ]
    return np.array(names, object)[which]


def find_wells(texts: Sequence[str]) -> NDArray[Any]:
    """Wells of texts such as ``C - 3``; empty where a text names none."""
    known = {text: find_well(text) or "" for text in set(texts)}
    return np.array([known[text] for text in texts], object)


def plate_format(rows: str, columns: str, wells: Iterable[str]) -> PlateFormat | None:
    """Format of a plate that has so many rows and columns and holds these wells; None when it cannot be so."""
    n_rows, n_columns = to_counts([rows, columns]).tolist()
    if not (1 <= n_rows <= _LARGEST.rows and 1 <= n_columns <= _LARGEST.columns):
        return None
    form = PlateFormat(n_rows, n_columns)
    return form if all(map(form.holds, set(wells))) else None


def join_files(folder: str, names: Iterable[str]) -> list[str]:
    r"""Paths of files that a metadata file in a folder names.

    A name that is absolute or an address stays as it is: it lies outside the plate, and that is said later.

    Examples
    --------
    >>> join_files("Images", ["a.tif", r"z1\b.tif", "/etc/passwd"])
    ['Images/a.tif', 'Images/z1/b.tif', '/etc/passwd']
    """
    prefix = f"{folder}/" if folder else ""
    names = list(names)
    if not any(mark in text for text in names for mark in "/\\:"):
        return [prefix + name for name in names] if prefix else names
    return [
        name
        if _ABSOLUTE.match(name)
        else prefix + (name.replace("\\", "/").removeprefix("./") if "/" in name or "\\" in name else name)
        for name in names
    ]


def name_channels(identifiers: Sequence[str], names: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Name of each channel, in the order of their identifiers.

    Channels are told apart by name from here on: two of one name get their identifiers added, and one without a name
    gets the name that its files would give it.

    Examples
    --------
    >>> name_channels(["10", "2", "1", "3"], {"1": "DNA", "2": "ER", "3": "DNA"}, "ch")
    {'1': 'DNA (ch1)', '2': 'ER', '3': 'DNA (ch3)', '10': 'ch10'}
    """
    order = sorted(set(identifiers), key=lambda text: (to_numbers([text])[0], text))
    plain = {identifier: names.get(identifier, "") or f"{prefix}{identifier}" for identifier in order}
    said = list(plain.values())
    return {
        identifier: name if said.count(name) == 1 else f"{name} ({prefix}{identifier})"
        for identifier, name in plain.items()
    }


def most_common(texts: Iterable[str]) -> str:
    """Most frequent text that is not empty; empty when there is none."""
    counts: dict[str, int] = {}
    for text in texts:
        counts[text] = counts.get(text, 0) + 1
    counts.pop("", None)
    return max(counts, key=lambda text: counts[text]) if counts else ""


def repeats(*columns: Sequence[Any] | NDArray[Any]) -> int:
    """How many entries have what another before them has in all these columns."""
    return int(pd.DataFrame(dict(enumerate(columns))).duplicated().sum())


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
