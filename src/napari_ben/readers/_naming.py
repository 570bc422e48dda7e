"""One way of naming image files, and what a folder's names say by it.

Names are read by the column, not one by one: a plate has 17,000 to 35,000 of them. A name that matches but whose
"well" lies beyond AF48 is no image of a well (``SC_…_CH02.tif`` is a shading image), so it is not read.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from napari_ben.plates import FORMATS, find_well
from napari_ben.readers._index import Names, PlaneIndex

VOTERS = 200
_LONGEST = 15  # digits of a number, so that an int64 holds it
Groups = tuple[str | None, ...]
_Text = TypeVar("_Text")
_Said = TypeVar("_Said")
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
        Groups of each of many names; None for a name of another kind.
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
    compiled = re.compile(pattern)
    match = compiled.fullmatch

    def find(names: Sequence[str]) -> list[Groups | None]:
        return [found.groups() if found else None for found in map(match, names)]

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
    has_folders = any("/" in path for path in paths)
    found = list(naming.find([_name(path, naming.parts) for path in paths] if has_folders else paths))
    files: Sequence[str] = paths
    if None in found:
        files = [path for path, groups in zip(paths, found, strict=True) if groups is not None]
        found = [groups for groups in found if groups is not None]
    columns = _columns(naming.groups, found)
    wells = _wells(columns, len(files))
    aside = _set_aside(columns, wells)
    if any(aside):
        kept = [row for row, is_aside in enumerate(aside) if not is_aside]
        columns = {name: [column[row] for row in kept] for name, column in columns.items()}
        files, wells = [files[row] for row in kept], [wells[row] for row in kept]
    folders = [path.rpartition("/")[0] for path in files] if has_folders else []
    index = _index(naming, columns, files, folders, [well for well in wells if well is not None])
    return index, _unread(paths, files)


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


def _set_aside(columns: Mapping[str, Sequence[str | None]], wells: Sequence[str | None]) -> list[bool]:
    """Whether each file is none of a well: by its well, a thumbnail, or what somebody made of the images."""
    aside = [well is None for well in wells]
    if "thumb" in columns:
        aside = [is_aside or thumb is not None for is_aside, thumb in zip(aside, columns["thumb"], strict=True)]
    made = _mapped(columns.get("plate", ()), lambda text: bool(_MADE.search(text or "")))
    if any(made) and not all(made):
        aside = [is_aside or is_made for is_aside, is_made in zip(aside, made, strict=True)]
    return aside


def _columns(names: Sequence[str], rows: Sequence[Groups | None]) -> dict[str, Sequence[str | None]]:
    columns: Iterable[Sequence[str | None]] = zip(*filter(None, rows), strict=True) if rows else ((),) * len(names)
    return dict(zip(names, columns, strict=True))


def _wells(columns: Mapping[str, Sequence[str | None]], count: int) -> list[str | None]:
    if "well" in columns:
        return _mapped(columns["well"], lambda text: find_well(text or ""))
    if "well_number" in columns:
        numbers = [int(text or 0) for text in columns["well_number"]]
        across = _across(max(numbers, default=0))
        return _mapped(numbers, lambda number: find_well(f"r{(number - 1) // across + 1}c{(number - 1) % across + 1}"))
    if "row" in columns and "column" in columns:
        return _mapped(list(zip(columns["row"], columns["column"], strict=True)), _find_cell)
    return [None] * count


def _across(number: int) -> int:
    """Columns of the smallest plate of 96 wells or more that has a well of this number."""
    return next((plate.columns for wells, plate in FORMATS.items() if wells >= max(number, 96)), 48)


def _find_cell(cell: tuple[str | None, str | None]) -> str | None:
    row, column = cell[0] or "", cell[1] or ""
    is_number = row.isdecimal() and column.isdecimal()
    return find_well(f"r{int(row)}c{int(column)}" if is_number else row + column)


def _index(
    naming: Naming,
    columns: Mapping[str, Sequence[str | None]],
    files: Sequence[str],
    folders: Sequence[str],
    wells: list[str],
) -> PlaneIndex:
    """Index of what was read; `folders` is empty where no file lies in one."""
    empty: list[str | None] = [None] * len(files)

    def said(group: str, folder: re.Pattern[str]) -> Sequence[str | None]:
        """Say what names tell, or else the folders that they lie in."""
        texts = columns.get(group, empty)
        if not folders or None not in texts:
            return texts
        above = _mapped(folders, lambda text: _first(folder, text))
        return [text or inherited for text, inherited in zip(texts, above, strict=True)]

    def numbers(texts: Sequence[str | None]) -> list[int]:
        return _mapped(texts, lambda text: _number(text, 0)) if any(texts) else []

    fields = _mapped(columns.get("field", empty), lambda text: _number(text, 1))
    z, times = numbers(said("z", _FOLDER_Z)), numbers(said("time", _FOLDER_TIME))
    channels = _mapped(said("channel", _FOLDER_CHANNEL), lambda text: naming.channel_prefix + (text or "1"))
    index = PlaneIndex(wells, fields, channels, files, z=z, times=times)
    return _apart(index, [_mapped(folders, lambda text: _first(_FOLDER_DAY, text)), columns.get("plate", empty)])


def _apart(index: PlaneIndex, reasons: Iterable[Sequence[str | None]]) -> PlaneIndex:
    """Tell planes that were imaged twice apart, by the day or by what their names begin with."""
    said = [index.wells, index.fields, index.channels, *(part for part in (index.z, index.times) if len(part))]
    if len(set(zip(*said, strict=True))) == len(index):
        return index
    for reason in filter(None, reasons):
        names = _mapped(reason, lambda text: text or "")
        if len(set(names)) > 1 and len(set(zip(*said, names, strict=True))) == len(index):
            return replace(index, acquisitions=names)
    return index


def _mapped(texts: Sequence[_Text], function: Callable[[_Text], _Said]) -> list[_Said]:
    """Apply a function once to each different text."""
    table = {text: function(text) for text in set(texts)}
    return [table[text] for text in texts]


def _number(text: str | None, otherwise: int) -> int:
    digits = re.sub(r"\D", "", text or "")
    return int(digits[-_LONGEST:]) if digits else otherwise


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[1] if found else None


def _unread(paths: Sequence[str], read: Names) -> tuple[str, ...]:
    if len(read) == len(paths):
        return ()
    known = set(read)
    return tuple(path for path in paths if path not in known and "thumb" not in path.lower())
