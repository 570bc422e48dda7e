"""Opening several plates at once: a folder of plates, several folders, or a table of plates (``screen.csv``).

A folder that is a plate itself is a screen of one. Otherwise folders are searched a few levels deep, and the search
does not look inside a plate. Plates are looked for and opened side by side, because on a network share most of the
time is waiting. Experiments are what the table says, what the layout says, or the folders that plates lie in.
"""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pandas as pd

from napari_ben.errors import FileError, PlateError, PlateMapError
from napari_ben.plates import Plate, Platemap, Screen
from napari_ben.readers._choose import find_readers, reader_of
from napari_ben.readers._open import open_found
from napari_ben.readers._place import Place, open_place
from napari_ben.readers._screen_table import Listed, read_screen_table

DEPTH = 4
AT_ONCE = 16
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def open_screen(
    path: Path | str | Sequence[Path | str], *, platemap: Platemap | None = None, layout: str | None = None
) -> Screen:
    """Open all plates of a folder; reads metadata only, no pixel.

    Parameters
    ----------
    path
        A folder of plates, one plate, several of these, or a table of plates: a row a plate with ``plate`` or ``path``
        and, where wanted, ``experiment``, ``platemap``, ``layout`` and any other column.
    platemap
        One for all plates (with a column of plates, or one that fits each); looked for beside each plate when left
        out.
    layout
        A key of `LAYOUTS` that all plates have; found when left out.

    Raises
    ------
    PlateError
        When there is no plate, or ``screen.csv`` does not fit.
    PlateMapError
        When the platemap given fits no plate.
    """
    if not isinstance(path, (str, Path)):
        return _join([open_screen(one, platemap=platemap, layout=layout) for one in path])
    place = open_place(path)
    table = read_screen_table(place)
    found = _search(place, layout) if table is None else list(table.plates)
    opened = _side_by_side(partial(_open, platemap=platemap, layout=layout), found)
    plates = [plate for plate in opened if isinstance(plate, Plate)]
    errors = [error for error in opened if isinstance(error, FileError)]
    is_one = [one.place.address for one in found] == [place.address]
    if errors and not plates and (is_one or isinstance(errors[0], PlateMapError)):
        raise errors[0]
    if not plates:
        next(find_readers(place, layout))  # says why the folder itself is no plate
        told = " ".join(error.problem for error in errors[:2])
        raise PlateError(f"No plate in {place.path} can be opened. {told}", "Choose a folder of plates.")
    plates = _tell_apart(plates)
    described = _describe(plates, place.address, None if table is None else table.rows)
    name = place.path.stem if table is not None and place.path.is_file() else place.address.name
    return Screen(name, place.address, tuple(plates), described, tuple(error.problem for error in errors))


def _join(screens: Sequence[Screen]) -> Screen:
    """One screen of several."""
    if not screens:
        raise PlateError("A list of no plates is no screen.", "Give the plates' folders.")
    plates = _tell_apart([plate for screen in screens for plate in screen])
    table = pd.concat([screen.table for screen in screens]).fillna("")
    table.index = pd.Index([plate.name for plate in plates], name="plate", dtype=object)
    path = Path(os.path.commonpath([screen.path for screen in screens]))
    problems = tuple(problem for screen in screens for problem in screen.problems)
    return Screen(path.name, path, tuple(plates), table, problems)


def _search(root: Place, layout: str | None) -> list[Listed]:
    """Find the plates in a folder, level by level; what lies in one is not searched."""
    found, level = [], [root]
    for _ in range(DEPTH + 1):
        looked = _side_by_side(partial(_look, layout=layout), level)
        found += [place for plates, _ in looked for place in plates]
        level = [place for _, inner in looked for place in inner]
    return [Listed("", place) for place in sorted(found, key=lambda place: place.address)]


def _look(place: Place, layout: str | None) -> tuple[list[Place], list[Place]]:
    """Give the plates at a place, or the folders in it where there may be some."""
    reader = reader_of(place, layout)
    if reader is None:
        return [], [Place(folder) for folder in _folders(place.path)]
    several = reader.plates(place) if reader.plates else ()
    return [open_place(path) for path in several] or [place], []


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [folder / entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    except (PermissionError, NotADirectoryError):  # somebody else's folder among ours; a file
        return []


def _open(listed: Listed, platemap: Platemap | None, layout: str | None) -> Plate | FileError:
    own = platemap if listed.platemap is None else listed.platemap
    try:
        return open_found(listed.place, own, listed.layout or layout, name=listed.name)
    except (PlateError, PlateMapError) as error:  # the other plates of the screen may be sound
        return error


def _side_by_side(work: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
    many = list(items)
    if len(many) < 2:
        return [work(item) for item in many]
    with ThreadPoolExecutor(min(AT_ONCE, len(many))) as pool:
        return list(pool.map(work, many))


def _tell_apart(plates: list[Plate]) -> list[Plate]:
    """Plates of one name take their folders' names in front."""
    names = [plate.name for plate in plates]
    return [
        plate if names.count(plate.name) == 1 else replace(plate, name=f"{plate.path.parent.name}_{plate.path.name}")
        for plate in plates
    ]


def _describe(plates: list[Plate], path: Path, table: pd.DataFrame | None) -> pd.DataFrame:
    index = pd.Index([plate.name for plate in plates], name="plate", dtype=object)
    described = pd.DataFrame(index=index) if table is None else table.reindex(index).fillna("")
    if "experiment" not in described:
        described.insert(0, "experiment", [_experiment(plate, path) for plate in plates])
    return described


def _experiment(plate: Plate, root: Path) -> str:
    if plate.experiment or plate.path in (root, *root.parents) or plate.path.parent == root:
        return plate.experiment or root.name
    return re.sub(r"(\.ome)?\.zarr$", "", plate.path.parent.name)
