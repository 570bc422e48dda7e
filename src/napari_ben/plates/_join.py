"""A platemap meets its plate: whether it fits, and what the wells are told.

The wells of the platemap must be wells of the plate. Only where the plate's format is a guess from the wells that have
images may a platemap correct it, and only if a good part of its wells say so: one odd well is a typing mistake.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from napari_ben.errors import PlateMapError
from napari_ben.plates._combine import combine
from napari_ben.plates._formats import PlateFormat, smallest_format
from napari_ben.plates._names import row_name, well_position
from napari_ben.plates._platemap import normalise_column, to_platemap
from napari_ben.plates._sources import Platemap, open_sources, to_files
from napari_ben.plates._tables import wells_table
from napari_ben.plates._told import platemap_notes, platemap_problems

if TYPE_CHECKING:
    from napari_ben.plates._plate import Plate

GROWING_SHARE = 0.25  # a 96-well map of a plate taken for 48 wells has half of its wells outside
_OURS = frozenset({"row", "column", "role", "suggested_role", "treatment", "raw_role", "excluded", "n_fields"})
_OF_IMAGES = frozenset({"site", "site_id", "field", "field_id", "imagenumber", "image_number", "tablenumber", "fov"})


@dataclass(frozen=True)
class PlatemapUse:
    """What a platemap told a plate.

    Parameters
    ----------
    name
        File name of the table with the wells, or ``"the table"``.
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


def join_platemap(plate: "Plate", platemap: Platemap) -> "Plate":
    """Give the plate's wells what the platemap says; see `Plate.with_platemap`."""
    files = to_files(platemap)
    main, joined = combine(open_sources(files), plate)
    name = main.name
    told = to_platemap(main.rows, name, well_order=files.well_order, plate_format=plate.format)
    table = _one_row_a_well(told, name)
    plate_format = _fitting_format(plate, table, name)
    wells = wells_table(plate.fields, table["well"])
    by_well = table.set_index("well").reindex(wells.index)
    without_row = wells.index[by_well["role"].isna()]
    wells = _fill(wells, by_well)
    use = PlatemapUse(
        name=name,
        path=main.path,
        problems=platemap_problems(wells, tuple(without_row), name),
        notes=(*joined, *platemap_notes(wells, name)),
    )
    return replace(plate, wells=wells, format=plate_format, platemap=use)


def _fill(wells: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    told = told.assign(
        role=told["role"].fillna("unknown"), excluded=told["excluded"].map(lambda mark: mark is True).astype(bool)
    )
    told = told.fillna({column: "" for column in told.columns if column != "excluded"})
    others = [column for column in told.columns if column not in _OURS]
    suggested = ["suggested_role"] if (told["suggested_role"] != "").any() else []
    parts = [
        wells[["row", "column"]],
        told[["role", *suggested, "treatment", *others, "raw_role", "excluded"]],
        wells["n_fields"],
    ]
    return pd.concat(parts, axis=1)


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
