"""A table of plates, one row each: ``screen.csv`` in a folder, or a file that a person points at.

What lies in a folder may have come from anywhere, so its paths must stay within the folder. A table that a person
points at may name plates on any disk.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from napari_ben.errors import PlateError, PlateMapError
from napari_ben.plates import has_wells, read_text_table
from napari_ben.readers._place import Place

TABLE = "screen.csv"
_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx")
_ENDINGS = ("", ".ome.zarr", ".zarr")
_LARGEST = 10 * 2**20  # a table of images lists thousands of files a plate, a table of plates a line


@dataclass(frozen=True, eq=False)
class Listed:
    """A plate that was found or listed, before it is opened.

    Parameters
    ----------
    name
        As the table calls it; blank for the plate's own.
    place
        Where it lies.
    platemap
        Of this plate alone, where the table says so.
    layout
        Of this plate alone; blank where the table does not say.
    """

    name: str
    place: Place
    platemap: tuple[Path, ...] | None = None
    layout: str = ""


@dataclass(frozen=True, eq=False)
class ScreenTable:
    """A table of plates.

    Parameters
    ----------
    rows
        Text, index ``plate``; all columns but that.
    plates
        One a row.
    """

    rows: pd.DataFrame
    plates: tuple[Listed, ...]


def read_screen_table(place: Place) -> ScreenTable | None:
    """Table of plates that a place is, or that lies in its folder; None where there is none.

    Raises
    ------
    PlateError
        When it does not say which plates, or they are not there.
    """
    if place.plate:  # one plate of a table of images
        return None
    is_given = place.path.is_file()
    path = place.path if is_given else place.path / TABLE
    rows = _read_given(path) if is_given else _read_beside(path)
    if rows is None:
        return None
    names = _names(rows, path)
    if twice := names[names.duplicated()].tolist():
        raise PlateError(f"{path} lists plate {twice[0]!r} more than once.", "Keep one row a plate.")
    rows = rows.set_index(pd.Index(names, name="plate", dtype=object))
    plates = tuple(_listed(str(name), row, path, is_given=is_given) for name, row in rows.iterrows())
    return ScreenTable(rows.drop(columns=[name for name in ("plate",) if name in rows]), plates)


def _read_given(path: Path) -> pd.DataFrame | None:
    """Read a file that a person points at, unless it is something else, such as a table of images."""
    if path.suffix.casefold() not in _SUFFIXES or path.stat().st_size > _LARGEST:
        return None
    try:
        table = read_text_table(path)
    except PlateMapError:
        return None
    is_ours = not has_wells(table) and ("path" in table or "plate" in table)
    is_of_images = any(str(column).startswith(("FileName", "URL_", "Image_FileName")) for column in table)
    return table if is_ours and not is_of_images else None


def _read_beside(path: Path) -> pd.DataFrame | None:
    if not path.is_file():
        return None
    table = read_text_table(path)
    if "plate" not in table and "path" not in table:
        raise PlateError(
            f"{path} has no column 'plate'; its columns are {', '.join(table.columns[:12])}.",
            "Add the column, or move the file away to open all plates of the folder.",
        )
    return table


def _names(rows: pd.DataFrame, path: Path) -> "pd.Series[str]":
    if "plate" in rows:
        return rows["plate"]
    names = rows["path"].map(lambda text: Path(text).name.removesuffix(".zarr").removesuffix(".ome"))
    if names.eq("").any():
        raise PlateError(f"{path} has a row without a path.", "Fill the column 'path', or remove the row.")
    return names


def _listed(name: str, row: "pd.Series[str]", table: Path, *, is_given: bool) -> Listed:
    folder = table.parent
    told = str(row.get("path", "")).strip()
    candidates = [folder / told] if told else [folder / f"{name}{ending}" for ending in _ENDINGS]
    allowed = [path for path in candidates if path.exists() and (is_given or _is_within(path, folder))]
    if not allowed:
        raise PlateError(
            f"{table} lists plate {name!r}, but there is no such folder beside it{f' ({told!r})' if told else ''}.",
            "Bring the folder back, or remove the row.",
        )
    own = tuple(_platemaps(str(row.get("platemap", "")), table, is_given=is_given)) or None
    return Listed(name, Place(allowed[0]), own, str(row.get("layout", "")).strip())


def _platemaps(told: str, table: Path, *, is_given: bool) -> Iterator[Path]:
    for name in filter(None, (part.strip() for part in told.split(";"))):
        path = table.parent / name
        if not path.exists() or not (is_given or _is_within(path, table.parent)):
            raise PlateError(
                f"{table} names the platemap {name!r}, which is not beside it.",
                "Bring the file back, or clear the cell.",
            )
        yield path


def _is_within(path: Path, folder: Path) -> bool:
    return ".." not in path.parts and path.resolve().is_relative_to(folder.resolve())
