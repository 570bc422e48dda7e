"""Which rows of a table are about one plate: by experiment, barcode, folder name or number."""

import re
from typing import TYPE_CHECKING

import pandas as pd

from napari_ben.errors import PlateMapError
from napari_ben.plates._platemap import find_columns

if TYPE_CHECKING:
    from napari_ben.plates._plate import Plate

_NUMBERED = re.compile(r"plate[\s_-]*0*(\d+)", re.IGNORECASE)


def rows_of_plate(
    table: pd.DataFrame, plate: "Plate", name: str, *, by_name: bool = False
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Rows of a plate, and what had to be assumed.

    A plate is found under its name or its folder's, with or without what follows ``__`` (the time stamp of an Opera
    Phenix); ``Plate3`` also under ``3``. A table of a single other plate is taken for this one, and that is said.

    Parameters
    ----------
    table
        Text; may hold many plates, or none by name.
    plate
        The plate.
    name
        How messages call the table.
    by_name
        Whether a table of a single other plate is refused.

    Raises
    ------
    PlateMapError
        When the table lists other plates only.
    """
    columns = find_columns(table)
    rows = table
    if plate.experiment and "experiment" in columns:
        rows = rows[rows[columns["experiment"]] == plate.experiment]
    if (key := columns.get("plate")) is None:
        return rows, ()
    listed, keys = rows[key].unique(), _keys(plate)
    mine = rows[rows[key].isin([value for value in listed if value.strip().casefold() in keys])]
    if len(mine):
        return mine, ()
    if len(listed) == 1 and not by_name:
        return rows, (f"The column {key!r} of {name!r} says {listed[0]!r}; it was taken for plate {plate.name!r}.",)
    raise PlateMapError(
        f"{name!r} has no row for plate {plate.name!r}; it lists {', '.join(map(repr, listed[:6])) or 'no plate'}"
        f"{' …' if len(listed) > 6 else ''}.",
        "Give the platemap of this plate, correct its plate column, or name the plate as it does (in a screen.csv with "
        "the columns plate and path).",
    )


def _keys(plate: "Plate") -> frozenset[str]:
    folder = re.sub(r"(\.ome)?\.zarr$", "", plate.path.name)
    names = {plate.name, folder, plate.name.partition("__")[0], folder.partition("__")[0]}
    if plate.experiment:
        within = plate.name.removeprefix(plate.experiment).lstrip("_- ")
        names |= {within, re.sub(r"\D", "", within)}
    names |= {match[1] for name in tuple(names) if (match := _NUMBERED.fullmatch(name))}
    return frozenset(name.casefold() for name in names if name)
