"""Which reader opens a place: the first whose layout is there, or the next when what it found is damaged.

Metadata are trusted before names. But a plate whose metadata are cut short still has images that may say in their
names what they show, so the next reader is asked, and what was wrong with the metadata joins the plate's problems.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from napari_ben.errors import ArgumentError, PlateError
from napari_ben.plates import Plate
from napari_ben.readers._place import Place
from napari_ben.readers._readers import LAYOUTS, READERS, Reader

_NOT_THERE = re.compile(r"it (has|holds) (no|neither) |it is (neither|not) ")  # how readers say that nothing is there


def read_place(place: Place, layout: str | None = None) -> Plate:
    """Plate of a place; reads no pixel.

    Parameters
    ----------
    place
        A folder, or a file that describes a plate.
    layout
        A key of `LAYOUTS`; found when left out.

    Raises
    ------
    ArgumentError
        When the layout is unknown.
    PlateError
        When no reader takes the place, or none can read it.
    """
    failures: list[PlateError] = []
    for reader in find_readers(place, layout):
        try:
            plate = reader.read(place)
        except PlateError as error:
            failures.append(error)
        else:
            return replace(plate, stated=(*(failure.problem for failure in failures), *plate.stated))
    raise failures[0]


def find_readers(place: Place, layout: str | None = None) -> Iterator[Reader]:
    """Readers that do not refuse a place, in the order in which they are asked; at least one.

    Raises
    ------
    ArgumentError
        When the layout is unknown.
    PlateError
        When every reader refuses; says why.
    """
    if layout is not None and layout not in LAYOUTS:
        raise ArgumentError(f"{layout!r} is not a layout; known are {', '.join(LAYOUTS)}.", "Choose one of these.")
    refusals: dict[str, str] = {}
    for reader in [LAYOUTS[layout]] if layout else READERS.values():
        reason = _refusal(reader, place)
        if reason is None:
            yield reader
        else:
            refusals[reader.title] = reason
    if len(refusals) == (1 if layout else len(READERS)):
        raise _refused(place, refusals)


def reader_of(place: Place, layout: str | None = None) -> Reader | None:
    """First reader that takes a place, or that of a layout if it does; an unknown layout has none."""
    readers = [reader for key, reader in LAYOUTS.items() if key == layout] if layout else READERS.values()
    return next((reader for reader in readers if _refusal(reader, place) is None), None)


def _refusal(reader: Reader, place: Place) -> str | None:
    try:
        return reader.refusal(place)
    except PlateError as error:  # a folder that may not be listed
        return error.problem


def _plainly(place: Place) -> str:
    """Say what is wrong without naming a layout, where it is as simple as that."""
    if not place.is_folder:
        return "it is not a folder, nor a file that describes a plate"
    return "" if place.files or place.folders else "the folder is empty"


def _refused(place: Place, refusals: dict[str, str]) -> PlateError:
    """Say what the layouts that have left a sign lack; where none has, what was looked for."""
    if (plain := _plainly(place)) and len(refusals) > 1:
        return PlateError(
            f"{place.path} is not a plate that can be opened: {plain}.", "Choose the folder of one plate."
        )
    *others, last = refusals.items()
    told = [f"{title}: {reason}" for title, reason in others if not _NOT_THERE.match(reason)]
    known = ""
    if not told:
        told = [f"{last[0]}: {last[1]}"]
        known = f" It holds no sign of {', '.join(title for title, _ in others)}." if others else ""
    return PlateError(
        f"{place.path} is not a plate that can be opened ({'; '.join(told)}).{known}",
        "Choose the folder of one plate, or give a pattern of its file names.",
    )
