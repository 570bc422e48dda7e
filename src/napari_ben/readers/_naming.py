"""One way of naming image files, and what a folder's names say by it.

Names are read by the column, not one by one: a plate has 17,000 to 35,000 of them. A name that matches but whose
"well" lies beyond AF48 is no image of a well (``SC_…_CH02.tif`` is a shading image), so it is not read.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.plates import FORMATS, find_well
from napari_ben.readers._index import Names, PlaneIndex
from napari_ben.readers._record_columns import repeats

VOTERS = 200
_LONGEST = 15  # digits of a number, so that an int64 holds it
Groups = tuple[str, ...]
Column = NDArray[Any]  # of objects: texts
_FOLDER_Z = re.compile(r"(?:^|/)ZStep_(\d+)(?:/|$)", re.IGNORECASE)
_FOLDER_TIME = re.compile(r"(?:^|/)TimePoint_(\d+)(?:/|$)", re.IGNORECASE)
_FOLDER_CHANNEL = re.compile(r"(?:^|/)(phase|brightfield|green|red|nir|orange|blue)$", re.IGNORECASE)
_MADE = re.compile(
    r"(?:^|[^a-z])(?:overlay|montage|masks?|outlines?|stitched|illum|shading|flatfield|background|thumbs?)(?:[^a-z]|$)",
    re.IGNORECASE,
)
_FOLDER_DAY = re.compile(r"(?:^|/)(\d{4}-\d{2}-\d{2}(?:/\d+)?)(?:/|$)")


@dataclass(frozen=True)
class Naming:
    """One way of naming image files.

    Parameters
    ----------
    title
        In words, for people.
    groups
        What a name says, in the order of `find`'s answers: ``well``, or ``row`` and ``column``, or ``well_number``
        (counted row by row over the plate); ``plate, field, channel, z, time`` where names say them; ``thumb`` marks
        a file to leave out.
    find
        Groups of each of many names, empty where a name lacks one; None for a name of another kind.
    channel_prefix
        Goes before the channel's text to make its name.
    projection
        The z that is a projection of the others, where there is one.
    parts
        How many last parts of a path are its name: 2 where a folder says the well.
    """

    title: str
    groups: tuple[str, ...]
    find: Callable[[Sequence[str]], Iterable[Groups | None]]
    channel_prefix: str = ""
    projection: int | None = None
    parts: int = 1


def by_pattern(
    title: str, pattern: str, *, channel_prefix: str = "", projection: int | None = None, parts: int = 1
) -> Naming:
    """Naming of a regular expression that a whole name must match; all its groups are named."""
    compiled, lines = re.compile(pattern), re.compile(rf"^(?:{pattern})$", re.MULTILINE)
    match = compiled.fullmatch

    def find(names: Sequence[str]) -> list[Groups | None]:
        text = "\n".join(names)
        found: list[Groups | None] = lines.findall(text) if compiled.groups > 1 else []
        if len(found) == len(names) == text.count("\n") + 1:  # each line is one match: so all names do
            return found
        return [said.groups("") if said else None for said in map(match, names)]

    return Naming(title, tuple(compiled.groupindex), find, channel_prefix, projection, parts)


def read_names(paths: Sequence[str], naming: Naming) -> tuple[PlaneIndex, tuple[str, ...]]:
    """Columns of what names say, and the paths that are no images of a well; thumbnails are neither.

    Parameters
    ----------
    paths
        Relative to the plate's folder, with ``/``.
    naming
        Reads them.
    """
    has_folders = "/" in "\n".join(paths)
    found = list(naming.find([_name(path, naming.parts) for path in paths] if has_folders else paths))
    files: Sequence[str] = paths
    if None in found:
        files = [path for path, groups in zip(paths, found, strict=True) if groups is not None]
    rows = list(filter(None, found))
    columns = {name: _column([row[at] for row in rows]) for at, name in enumerate(naming.groups)}
    wells = _wells(columns, len(files))
    aside = _set_aside(columns, wells)
    if aside.any():
        kept = np.flatnonzero(~aside)
        columns = {name: column[kept] for name, column in columns.items()}
        files, wells = [files[row] for row in kept.tolist()], wells[kept]
    folders = _column([path.rpartition("/")[0] for path in files]) if has_folders else None
    return _index(naming, columns, files, folders, wells), _unread(paths, files)


def vote(paths: Sequence[str], namings: Mapping[str, Naming]) -> Naming | None:
    """Naming that reads most of some paths spread over these; None when none reads any.

    Parameters
    ----------
    paths
        Relative to the plate's folder, with ``/``.
    namings
        To choose from; the first of equals wins.
    """
    return _elect(tuple(spread(paths)), tuple(namings.values()))


@lru_cache(maxsize=8)  # several layouts ask about the same names
def _elect(names: tuple[str, ...], namings: tuple[Naming, ...]) -> Naming | None:
    counts = [len(read_names(names, naming)[0]) for naming in namings]
    return namings[counts.index(max(counts))] if any(counts) else None


def spread(paths: Names, count: int = VOTERS) -> list[str]:
    """Take some paths of full-size images, evenly over all."""
    some = _evenly(paths, 8 * count)
    full_size = [path for path in some if "_thumb" not in path] or [path for path in paths if "_thumb" not in path]
    return _evenly(full_size, count)


def _evenly(paths: Names, count: int) -> list[str]:
    return list(paths) if len(paths) <= count else [paths[part * len(paths) // count] for part in range(count)]


def unread_problem(unread: Sequence[str]) -> tuple[str, ...]:
    """Say that some images are not of the plate."""
    if not unread:
        return ()
    return (f"Image files that are named otherwise were left out: {len(unread)}, such as {unread[0]!r}.",)


def _name(path: str, parts: int) -> str:
    if parts == 1:
        return path.rpartition("/")[2]
    return "/".join(path.split("/")[-parts:])


def _column(texts: Sequence[str]) -> Column:
    return np.array(texts, object)


def _set_aside(columns: Mapping[str, Column], wells: Column) -> NDArray[np.bool_]:
    """Whether each file is none of a well: by its well, a thumbnail, or what somebody made of the images."""
    aside: NDArray[np.bool_] = wells == ""
    if "thumb" in columns:
        aside = aside | (columns["thumb"] != "")
    if "plate" in columns:
        made = _mapped(columns["plate"], lambda text: bool(_MADE.search(text)), bool)
        aside = aside if made.all() else aside | made
    return aside


def _wells(columns: Mapping[str, Column], count: int) -> Column:
    """Well of each name; empty where there is none such on any plate."""
    if "well" in columns:
        return _mapped(columns["well"], lambda text: find_well(text) or "")
    if "well_number" in columns:
        numbers = _mapped(columns["well_number"], int, np.int64)
        across = _across(int(numbers.max(initial=0)))
        return _mapped(numbers, lambda at: find_well(f"r{(at - 1) // across + 1}c{(at - 1) % across + 1}") or "")
    if "row" in columns and "column" in columns:
        rows, letters = pd.factorize(columns["row"])
        numbers, digits = pd.factorize(columns["column"])
        across = max(len(digits), 1)
        return _mapped(rows * across + numbers, lambda cell: _find_cell(letters[cell // across], digits[cell % across]))
    return np.full(count, "", object)


def _across(number: int) -> int:
    """Columns of the smallest plate of 96 wells or more that has a well of this number."""
    return next((plate.columns for wells, plate in FORMATS.items() if wells >= max(number, 96)), 48)


def _find_cell(row: str, column: str) -> str:
    is_number = row.isdecimal() and column.isdecimal()
    return find_well(f"r{int(row)}c{int(column)}" if is_number else row + column) or ""


def _index(
    naming: Naming, columns: Mapping[str, Column], files: Sequence[str], folders: Column | None, wells: Column
) -> PlaneIndex:
    """Index of what was read; `folders` is None where no file lies in one."""
    empty = np.full(len(files), "", object)

    def said(group: str, folder: re.Pattern[str]) -> Column:
        """Say what names tell, or else the folders that they lie in."""
        texts = columns.get(group, empty)
        return (
            texts if folders is None else np.where(texts == "", _mapped(folders, lambda of: _first(folder, of)), texts)
        )

    def numbers(texts: Column) -> NDArray[np.int64] | tuple[()]:
        return _mapped(texts, lambda text: _number(text, 0), np.int64) if any(texts) else ()

    fields = _mapped(columns.get("field", empty), lambda text: _number(text, 1), np.int64)
    z, times = numbers(said("z", _FOLDER_Z)), numbers(said("time", _FOLDER_TIME))
    channels = _mapped(said("channel", _FOLDER_CHANNEL), lambda text: naming.channel_prefix + (text or "1"))
    days = empty if folders is None else _mapped(folders, lambda of: _first(_FOLDER_DAY, of))
    index = PlaneIndex(wells, fields, channels, files, z=z, times=times)
    return _apart(index, [days, columns.get("plate", empty)])


def _apart(index: PlaneIndex, reasons: Iterable[Column]) -> PlaneIndex:
    """Tell planes that were imaged twice apart, by the day or by what their names begin with."""
    said = [index.wells, index.fields, index.channels, *(part for part in (index.z, index.times) if len(part))]
    if not repeats(*said):
        return index
    for names in reasons:
        if len(set(names)) > 1 and not repeats(*said, names):
            return replace(index, acquisitions=names)
    return index


def _mapped(texts: NDArray[Any], function: Callable[[Any], object], dtype: type = object) -> NDArray[Any]:
    """Apply a function once to each different entry."""
    codes, distinct = pd.factorize(texts)
    return np.array([function(text) for text in distinct.tolist()], dtype)[codes]


def _number(text: str, otherwise: int) -> int:
    digits = re.sub(r"\D", "", text)
    return int(digits[-_LONGEST:]) if digits else otherwise


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


def _unread(paths: Sequence[str], read: Names) -> tuple[str, ...]:
    if len(read) == len(paths):
        return ()
    known = set(read)
    return tuple(path for path in paths if path not in known and "thumb" not in path.lower())
