"""A platemap meets its plate: which rows are this plate's, and whether they fit.

The wells of the platemap must be wells of the plate. Only where the plate's format is a guess from the wells that have
images may a platemap correct it, and only if a good part of its wells say so: one odd well is a typing mistake.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from napari_ben.errors import PlateMapError
from napari_ben.plates._formats import PlateFormat, smallest_format
from napari_ben.plates._names import row_name, well_position
from napari_ben.plates._platemap import normalise_column, read_text_table, to_platemap, to_text
from napari_ben.plates._roles import ROLE_COLUMNS
from napari_ben.plates._tables import wells_table

if TYPE_CHECKING:
    from napari_ben.plates._plate import Plate

GROWING_SHARE = 0.25  # a 96-well map of a plate taken for 48 wells has half of its wells outside
_OURS = frozenset({"row", "column", "role", "treatment", "raw_role", "excluded", "n_fields"})
_OF_IMAGES = frozenset({"site", "site_id", "field", "field_id", "imagenumber", "image_number", "tablenumber", "fov"})


@dataclass(frozen=True)
class PlatemapUse:
    """What a platemap told a plate.

    Parameters
    ----------
    name
        File name, or ``"the table"``.
    path
        None for a table in memory.
    problems
        What does not fit.
    notes
        What was decided and is no problem.
    """

    name: str
    path: Path | None
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def join_platemap(plate: "Plate", platemap: Path | str | pd.DataFrame) -> "Plate":
    """Give the plate's wells what the platemap says; see `Plate.with_platemap`."""
    path = None if isinstance(platemap, pd.DataFrame) else Path(platemap)
    name = path.name if path else "the table"
    text = to_text(platemap) if isinstance(platemap, pd.DataFrame) else read_text_table(platemap)
    rows, notes = _rows_of_plate(text, plate, name)
    table = _one_row_a_well(to_platemap(rows, name), name)
    plate_format = _fitting_format(plate, table, name)
    wells = wells_table(plate.fields, table["well"])
    told = table.set_index("well").reindex(wells.index)
    without_row = wells.index[told["role"].isna()]
    wells = _fill(wells, told)
    has_roles = any(normalise_column(column) in ROLE_COLUMNS for column in text.columns)
    notes = (*notes, *_notes(wells, name, has_roles=has_roles))
    problems = _problems(without_row, name)
    return replace(plate, wells=wells, format=plate_format, platemap=PlatemapUse(name, path, problems, notes))


def _fill(wells: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    told = told.assign(
        role=told["role"].fillna("unknown"), excluded=told["excluded"].map(lambda mark: mark is True).astype(bool)
    )
    told = told.fillna({column: "" for column in told.columns if column != "excluded"})
    others = [column for column in told.columns if column not in _OURS]
    parts = [wells[["row", "column"]], told[["role", "treatment", *others, "raw_role", "excluded"]], wells["n_fields"]]
    return pd.concat(parts, axis=1)


def _rows_of_plate(text: pd.DataFrame, plate: "Plate", name: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    rows, columns = text, {normalise_column(column): column for column in reversed(text.columns)}
    if plate.experiment and "experiment" in columns:
        rows = rows[rows[columns["experiment"]] == plate.experiment]
    key = next((columns[word] for word in ("plate", "plate_barcode", "barcode", "plate_dapi") if word in columns), None)
    if key is None:
        return rows, ()
    listed, keys = rows[key].unique(), _keys(plate)
    mine = rows[rows[key].isin([value for value in listed if value.casefold() in keys])]
    if len(mine):
        return mine, ()
    if len(listed) == 1:
        return rows, (f"The column {key!r} of {name!r} says {listed[0]!r}; it was taken for plate {plate.name!r}.",)
    raise PlateMapError(
        f"{name!r} has no row for plate {plate.name!r}; it lists {', '.join(map(repr, listed[:6])) or 'no plate'}"
        f"{' …' if len(listed) > 6 else ''}.",
        "Give the platemap of this plate, or correct its plate column.",
    )


def _keys(plate: "Plate") -> frozenset[str]:
    folder = re.sub(r"(\.ome)?\.zarr$", "", plate.path.name)
    names = {plate.name, folder, plate.name.partition("__")[0], folder.partition("__")[0]}
    if plate.experiment:
        within = plate.name.removeprefix(plate.experiment).lstrip("_- ")
        names |= {within, re.sub(r"\D", "", within)}
    return frozenset(name.casefold() for name in names if name)


def _one_row_a_well(table: pd.DataFrame, name: str) -> pd.DataFrame:
    repeated = table["well"].duplicated(keep=False)
    if not repeated.any():
        return table
    per_image = any(normalise_column(column) in _OF_IMAGES for column in table.columns)
    meaning = [column for column in ("role", "treatment", "concentration") if column in table]
    groups = table.groupby("well", sort=False)
    differs = groups[meaning].nunique().max(axis=1) > 1
    if per_image and not differs.any():
        constant = [column for column in table.columns if column == "well" or (groups[column].nunique() == 1).all()]
        return table.loc[~table["well"].duplicated(), constant]
    well = differs.index[differs][0] if differs.any() else table["well"][repeated].iloc[0]
    lines = table.index[table["well"] == well]
    raise PlateMapError(
        f"{name!r} names well {well!r} {len(lines)} times, on lines {', '.join(map(str, lines[:6]))}.",
        "Keep one row a well, or add a plate column where the rows belong to different plates.",
    )


def _fitting_format(plate: "Plate", table: pd.DataFrame, name: str) -> PlateFormat:
    outside = [well for well in table["well"] if not plate.format.holds(well)]
    if not outside:
        return plate.format
    wells = [*table["well"], *plate.fields["well"]]
    larger = smallest_format(well_position(well) for well in wells)
    is_filled = len(plate.imaged) == plate.format.n_wells
    if plate.format_is_guess and not is_filled and len(outside) >= GROWING_SHARE * len(table):
        return larger
    row, _ = well_position(outside[0])
    rows, columns = f"rows A–{row_name(plate.format.rows - 1)}", f"columns 1–{plate.format.columns}"
    held = rows if row >= plate.format.rows else columns
    raise PlateMapError(
        f"{name!r} names well {outside[0]!r}, but plate {plate.name!r} has {plate.format.n_wells} wells ({held}).",
        f"Remove the row, or open the {larger.n_wells}-well plate that it belongs to.",
    )


def _notes(wells: pd.DataFrame, name: str, *, has_roles: bool) -> tuple[str, ...]:
    blank = int((wells["n_fields"] == 0).sum())
    guessed = wells.loc[wells["role"] == "negative_control", "treatment"].unique()
    suggested = not has_roles and len(guessed) > 0
    checks = (
        (True, f"Roles and treatments are from {name!r}."),
        (blank > 0, f"{blank} wells of {name!r} have no image."),
        (suggested, f"{', '.join(guessed)} was taken for a negative control; {name!r} has no column of roles."),
    )
    return tuple(sentence for applies, sentence in checks if applies)


def _problems(without_row: pd.Index, name: str) -> tuple[str, ...]:
    if not len(without_row):
        return ()
    shown = ", ".join(map(str, without_row[:6])) + (" …" if len(without_row) > 6 else "")
    return (f"{len(without_row)} wells with images have no row in {name!r} ({shown}): their roles are unknown.",)
