"""Opening several plates at once: a folder of plates, or one with a table of its plates (``screen.csv``).

A folder that is a plate itself is a screen of one. Otherwise folders are searched a few levels deep, and the search
does not look inside a plate. Experiments are what the table says, what the layout says, or the folders that plates
lie in.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from napari_ben.errors import PlateError
from napari_ben.plates import Plate, Screen, read_text_table
from napari_ben.readers._open import open_plate
from napari_ben.readers._place import Place, open_place
from napari_ben.readers._readers import LAYOUTS, READERS, find_reader

DEPTH = 4
TABLE = "screen.csv"


def open_screen(path: Path | str, *, platemap: Path | str | None = None, layout: str | None = None) -> Screen:
    """Open all plates of a folder; reads metadata only, no pixel.

    Parameters
    ----------
    path
        A folder of plates, or one plate.
    platemap
        One table for all plates (with a column of plates, or one that fits each); looked for beside each plate when
        left out.
    layout
        A key of `LAYOUTS` that all plates have; found when left out.

    Raises
    ------
    PlateError
        When there is no plate, or ``screen.csv`` does not fit.
    PlateMapError
        When the platemap given does not fit.
    """
    path = open_place(path).path
    table = _read_table(path / TABLE)
    found = _find_plates(path, layout, DEPTH) if table is None else _listed(path, table)
    plates, problems = [], []
    for name, folder in found:
        try:
            plate = open_plate(folder, platemap=platemap, layout=layout)
        except PlateError as error:
            if folder == path:  # the plate that was asked for, and no other
                raise
            problems.append(error.problem)
        else:
            plates.append(replace(plate, name=name or plate.name))
    if not plates:
        find_reader(Place(path), layout)  # says why the folder itself is no plate
        raise PlateError(f"No plate in {path} can be opened. {' '.join(problems[:2])}", "Choose a folder of plates.")
    plates = _tell_apart(plates)
    return Screen(path.name, path, tuple(plates), _describe(plates, path, table), tuple(problems))


def _find_plates(folder: Path, layout: str | None, depth: int) -> Iterator[tuple[str, Path]]:
    readers = [LAYOUTS[layout]] if layout in LAYOUTS else READERS.values()
    place = Place(folder)
    if any(reader.refusal(place) is None for reader in readers):
        yield "", folder
    elif depth and folder.is_dir():
        for inner in _folders(folder):
            yield from _find_plates(inner, layout, depth - 1)


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except PermissionError:  # somebody else's folder among ours
        return []


def _read_table(path: Path) -> pd.DataFrame | None:
    if not path.is_file():
        return None
    table = read_text_table(path)
    if "plate" not in table:
        raise PlateError(
            f"{path} has no column 'plate'; its columns are {', '.join(table.columns[:12])}.",
            "Add the column, or move the file away to open all plates of the folder.",
        )
    if twice := table.loc[table["plate"].duplicated(), "plate"].tolist():
        raise PlateError(f"{path} lists plate {twice[0]!r} more than once.", "Keep one row a plate.")
    return table.set_index("plate")


def _listed(path: Path, table: pd.DataFrame) -> Iterator[tuple[str, Path]]:
    for name in table.index:
        inside = [path / f"{name}{suffix}" for suffix in ("", ".ome.zarr", ".zarr")]
        folder = next((folder for folder in inside if folder.is_dir() and folder.parent == path), None)
        if folder is None:
            raise PlateError(
                f"{path / TABLE} lists plate {name!r}, but there is no such folder beside it.",
                "Bring the folder back, or remove the row.",
            )
        yield str(name), folder


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
