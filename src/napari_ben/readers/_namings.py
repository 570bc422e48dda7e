"""How image files say in their names which well, field and channel they show.

The naming of a folder is found by a vote over its first names: all that match count, and the naming with most matches
is taken. A name that matches but whose "well" lies beyond AF48 is no image of a well (``SC_…_CH02.tif`` is a shading
image), so it does not vote.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from napari_ben.plates import find_well

VOTERS = 200
_GUID = r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
_FOLDER_Z = re.compile(r"(?:^|/)ZStep_(\d+)(?:/|$)", re.IGNORECASE)
_FOLDER_TIME = re.compile(r"(?:^|/)TimePoint_(\d+)(?:/|$)", re.IGNORECASE)


class PlaneName(NamedTuple):
    """What the path of an image file says."""

    well: str
    field: int
    channel: str
    z: int
    time: int


@dataclass(frozen=True)
class Naming:
    """One way of naming image files.

    Parameters
    ----------
    title
        In words, for people.
    match
        Named groups of a file name, or None. Groups are ``well`` or ``row`` and ``column``; ``field``, ``channel``,
        ``z``, ``time`` where names say them; ``thumb`` marks a file to leave out.
    channel_prefix
        Goes before the channel's text to make its name.
    projection
        The z that is a projection of the others, where there is one.
    """

    title: str
    match: Callable[[str], Mapping[str, str | None] | None]
    channel_prefix: str = ""
    projection: int | None = None

    def read(self, path: str) -> PlaneName | None:
        """Read what a path relative to the plate's folder says; None where it is no image of a well."""
        folder, _, name = path.rpartition("/")
        groups = self.match(name)
        if groups is None or groups.get("thumb"):
            return None
        well = _well(groups.get("well"), groups.get("row"), groups.get("column"))
        if well is None:
            return None
        return PlaneName(
            well,
            _number(groups.get("field"), 1),
            self.channel_prefix + (groups.get("channel") or "1"),
            _number(groups.get("z") or (_first(_FOLDER_Z, folder) if folder else None), 0),
            _number(groups.get("time") or (_first(_FOLDER_TIME, folder) if folder else None), 0),
        )


@lru_cache(maxsize=4096)
def _well(well: str | None, row: str | None, column: str | None) -> str | None:
    if well is not None:
        return find_well(well)
    if row is None or column is None:
        return None
    return find_well(f"r{row}c{column}") if row.isdigit() else find_well(row + column)


def _number(text: str | None, otherwise: int) -> int:
    if not text:
        return otherwise
    digits = text if text.isdecimal() else re.sub(r"\D", "", text)
    return int(digits) if digits else otherwise


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found[1] if found else None


def _by_pattern(pattern: str) -> Callable[[str], Mapping[str, str | None] | None]:
    compiled = re.compile(pattern)

    def match(name: str) -> Mapping[str, str | None] | None:
        found = compiled.match(name)
        return found.groupdict() if found else None

    return match


NAMINGS: dict[str, Naming] = {
    "phenix": Naming(
        "Opera Phenix / Operetta names",
        _by_pattern(
            r"^r(?P<row>\d+)c(?P<column>\d+)f(?P<field>\d+)p(?P<z>\d+)-ch(?P<channel>\d+)sk(?P<time>\d+)"
            r"(?:fk\d+)?(?:fl\d+)?\.tiff?$"
        ),
        channel_prefix="ch",
    ),
    "imagexpress": Naming(
        "ImageXpress names",
        _by_pattern(
            r"^(?:(?P<plate>.+)_)?(?P<well>[A-Z]{1,2}\d{2})(?:_s(?P<field>\d+?))?(?:_w(?P<channel>\d))?"
            rf"(?P<thumb>_thumb)?(?:{_GUID})?\.(?:tif|TIF|tiff)$"
        ),
        channel_prefix="w",
        projection=0,
    ),
    "rxrx1": Naming(
        "RxRx1 names",
        _by_pattern(r"^(?P<well>[A-Z]{1,2}\d{2})_s(?P<field>\d+)_w(?P<channel>\d+)\.(?:png|jp2|tif)$"),
        channel_prefix="w",
    ),
    "sbs": Naming(
        "SBS / BBBC013 names",
        _by_pattern(
            r"^Channel ?(?P<channel>\d)-\d\d-(?P<row>[A-P])-(?P<column>\d\d)(?:-(?P<field>\d\d))?\.(?:tif|bmp|BMP)$"
        ),
        channel_prefix="Channel",
    ),
}


def vote(paths: Iterable[str], namings: Mapping[str, Naming] = NAMINGS) -> Naming | None:
    """Naming that reads most of these paths; None when none reads any.

    Parameters
    ----------
    paths
        Relative to the plate's folder, with ``/``.
    namings
        To choose from; the first of equals wins.
    """
    names = list(paths)
    counts = {key: sum(naming.read(name) is not None for name in names) for key, naming in namings.items()}
    best = max(counts, key=lambda key: counts[key])
    return namings[best] if counts[best] else None
