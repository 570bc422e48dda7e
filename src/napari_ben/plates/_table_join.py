"""Two tables joined on the columns that they share.

Keys are as few columns as tell the rows of the second table apart. Numbers are compared as numbers (``0.3`` is
``0.300000``), and blank is the same as ``NA``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import pandas as pd

from napari_ben.errors import PlateMapError
from napari_ben.plates._platemap import column_names, find_columns, normalise_column
from napari_ben.plates._sources import Source

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_BLANK = frozenset({"", "na", "n/a", "nan"})
_EMPTY = "\0"
_ALIKE = ("treatment", "batch", "moa")
_MOST_KEYS = 3
_LARGE = 2000
_NO_KEY_ALONE = ("concentration", "unit", "replicate", "solvent")  # true of many reagents at once


@dataclass(frozen=True)
class Keys:
    """Columns of one meaning, in two tables.

    Parameters
    ----------
    ours, theirs
        Their names in the first and in the second table.
    """

    ours: tuple[str, ...]
    theirs: tuple[str, ...]


def shared_columns(left: pd.DataFrame, right: pd.DataFrame) -> Keys:
    """Find columns of one meaning in both tables: by their names, or else by the names that we give them."""
    names = {normalise_column(column): column for column in reversed(column_names(left))}
    pairs = [(names[word], column) for column in column_names(right) if (word := normalise_column(column)) in names]
    if not pairs:
        mine, theirs = find_columns(left), find_columns(right)
        pairs = [(mine[word], theirs[word]) for word in _ALIKE if word in mine and word in theirs]
    return Keys(tuple(ours for ours, _ in pairs), tuple(theirs for _, theirs in pairs))


def choose_keys(left: pd.DataFrame, right: Source) -> Keys:
    """As few of the shared columns as tell the second table's rows apart; of these the ones that find most.

    Raises
    ------
    PlateMapError
        When none do: the second table repeats itself.
    """
    shared = shared_columns(left, right.rows)
    pairs = list(zip(shared.ours, shared.theirs, strict=True))
    for size in range(1, min(len(pairs), _MOST_KEYS) + 1):
        candidates = [Keys(*zip(*chosen, strict=True)) for chosen in combinations(pairs, size)]
        usable = [keys for keys in candidates if _names_something(right.rows, keys) and _tells_apart(right.rows, keys)]
        found = {keys: count_found(left, right.rows, keys) for keys in usable}
        if found:
            return max(found, key=lambda keys: found[keys])
    raise _repeated(right, shared)


def count_found(left: pd.DataFrame, right: pd.DataFrame, keys: Keys) -> int:
    """Count the rows of the first table that have one in the second."""
    known = set(key_rows(right, keys.theirs))
    return sum(key in known for key in _keys_of_wells(left, keys))


def join_tables(left: pd.DataFrame, right: Source, keys: Keys) -> pd.DataFrame:
    """Add the second table's columns to the first, blank where there is no row.

    A column that both have stays as it is in the first table, is filled where it was blank everywhere, and where they
    disagree the second table's is added under its file's name.

    Raises
    ------
    PlateMapError
        When rows of the second table have the same key.
    """
    if not _tells_apart(right.rows, keys):
        raise _repeated(right, keys)
    index = pd.Index(key_rows(right.rows, keys.theirs), tupleize_cols=False)
    position = index.get_indexer(pd.Index(_keys_of_wells(left, keys), tupleize_cols=False))
    added = right.rows.drop(columns=list(keys.theirs)).reset_index(drop=True).reindex(position).fillna("")
    added.index = left.index
    twins = {normalise_column(column): column for column in column_names(left)}
    fresh: dict[str, pd.Series] = {}
    for column in column_names(added):
        twin = twins.get(normalise_column(column))
        if twin is None:
            fresh[column] = added[column]
        elif (left[twin] == "").all():
            left = left.assign(**{twin: added[column]})
        elif not ((left[twin] == added[column]) | (added[column] == "")).all():
            fresh[f"{column} ({right.name.partition('.')[0]})"] = added[column]
    return pd.concat([left, pd.DataFrame(fresh, index=left.index, dtype=object)], axis=1)


def key_rows(table: pd.DataFrame, columns: Sequence[str]) -> list[tuple[str, ...]]:
    """Give each row's values in some columns, spelled so that equal ones compare equal."""
    parts = [table[column].map({text: _key(text) for text in table[column].unique()}) for column in columns]
    return list(zip(*parts, strict=True))


def _keys_of_wells(left: pd.DataFrame, keys: Keys) -> list[tuple[str, ...]]:
    """Keys of the first table; a well without reagent and without solvent is empty, and has no row anywhere."""
    rows = key_rows(left, keys.ours)
    solvent = find_columns(left).get("solvent")
    if solvent is None:
        return rows
    return [key if any(key) or _key(has) else (_EMPTY,) for key, has in zip(rows, left[solvent], strict=True)]


def of_use(left: pd.DataFrame, right: Source) -> Source:
    """Drop rows that say what an earlier one says; of a large table also those that share no word with the first."""
    rows = right.rows
    if len(rows) > _LARGE:  # JUMP lists 116,000 compounds, of which a plate has a few hundred
        shared = shared_columns(left, rows)
        pairs = zip(shared.ours, shared.theirs, strict=True)
        near = [rows[theirs].isin(left[ours].unique()) for ours, theirs in pairs]
        kept = pd.concat(near, axis=1).any(axis=1) if near else pd.Series(dtype=bool)
        rows = rows[kept] if kept.any() else rows
    return replace(right, rows=rows.drop_duplicates())


def _names_something(table: pd.DataFrame, keys: Keys) -> bool:
    known = find_columns(table)
    return not set(keys.theirs) <= {known[word] for word in _NO_KEY_ALONE if word in known}


def _tells_apart(table: pd.DataFrame, keys: Keys) -> bool:
    rows = key_rows(table, keys.theirs)
    return len(set(rows)) == len(rows)


def _key(text: str) -> str:
    plain = text.strip().strip('"').strip()
    if plain.casefold() in _BLANK:
        return ""
    return repr(float(plain)) if _NUMBER.fullmatch(plain) else plain


def _repeated(source: Source, keys: Keys) -> PlateMapError:
    rows = pd.Series(key_rows(source.rows, keys.theirs), index=source.rows.index)
    key = rows[rows.duplicated()].iloc[0]
    lines = ", ".join(map(str, rows.index[[other == key for other in rows]][:6]))
    return PlateMapError(
        f"{source.name!r} has {', '.join(map(repr, key))} as {', '.join(map(repr, keys.theirs))} more than once, "
        f"on lines {lines}.",
        "Keep one row for each.",
    )
