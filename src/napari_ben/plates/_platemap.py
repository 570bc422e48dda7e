"""Platemaps as laboratories write them, read into one shape.

Columns that we understand get one name (`CANONICAL`); all columns of the file stay, as text.
"""

import re
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from napari_ben.errors import ArgumentError, PlateMapError
from napari_ben.plates._formats import FORMATS, PlateFormat
from napari_ben.plates._names import find_well, well_name
from napari_ben.plates._roles import ROLE_COLUMNS, assign_roles
from napari_ben.plates._texts import read_text_table

WellOrder = Literal["row-major", "column-major"]
CANONICAL: dict[str, tuple[str, ...]] = {
    "well": ("well", "well_position", "well_name", "well_label", "assay_well_position", "address", "well_dapi"),
    "row": ("row", "wellrow", "well_row"),
    "column": ("column", "col", "wellcol", "well_col", "well_column"),
    "well_number": ("well_number", "wellnumber", "well_no", "well_index"),
    "plate": (
        *("plate", "plate_name", "plate_barcode", "barcode", "assay_plate_barcode", "plate_dapi", "plate_id"),
        "platebarcode",
    ),
    "experiment": ("experiment",),
    "treatment": (
        *("treatment", "compound", "compound_name", "drug", "sirna", "perturbation", "pert_iname", "broad_sample"),
        *("name", "jcp2022", "genotype", "gene_symbol", "gene_name", "gene"),
    ),
    "concentration": ("concentration", "conc", "dose", "mmoles_per_liter"),
    "unit": ("unit", "units", "concentration_unit"),
    "batch": ("batch", "batch_number", "week"),
    "moa": ("moa", "mechanism", "mechanism_of_action"),
    "replicate": ("replicate",),
    "qc": ("qc", "quality_control", "qc_status", "image_quality", "image_qc"),
    "control_set": ("control_set",),
    "solvent": ("solvent",),
    **{column: (column,) for column in ROLE_COLUMNS},
    "suggested_role": ("suggested_role",),
    "raw_role": ("raw_role",),
    "excluded": ("excluded",),
}
_KEPT = ("plate", "experiment", "concentration", "unit", "batch", "moa", "replicate", "qc", "control_set")
_OURS = {"well", "row", "column", "role", "suggested_role", "treatment", "raw_role", "excluded", *_KEPT}
# Broad and JUMP name a reagent in several columns, each blank where another speaks: the first word counts.
_REAGENT = ("pert_iname", "name", "broad_sample", "jcp2022")
_PREFIXES = re.compile(r"^(image_metadata_|metadata_)")


def read_platemap(
    path: Path | str, *, well_order: WellOrder | None = None, plate_format: PlateFormat | None = None
) -> pd.DataFrame:
    """Platemap of one file.

    Parameters
    ----------
    path
        What `read_text_table` reads: a row a well under a header line, plate-shaped grids, ``plateconf.txt``, Excel.
    well_order, plate_format
        What numbers of wells mean, where wells have no names: along rows or down columns of which plate.

    Returns
    -------
    DataFrame
        Texts. Index ``line`` (in the file, from 1). Columns ``well`` (A01…), ``role, suggested_role, treatment,
        raw_role, excluded`` and, where the file has them, ``plate, experiment, concentration, unit, batch, moa,
        replicate, qc, control_set``; then all columns of the file that are not said by these.

    Raises
    ------
    PlateMapError
        When the file is no table, has no wells, or a row's well cannot be read.
    """
    return to_platemap(read_text_table(path), Path(path).name, well_order=well_order, plate_format=plate_format)


def to_platemap(
    table: pd.DataFrame,
    name: str = "the table",
    *,
    well_order: WellOrder | None = None,
    plate_format: PlateFormat | None = None,
) -> pd.DataFrame:
    """Platemap of a table: wells and roles in our words; see `read_platemap`.

    Parameters
    ----------
    table
        One row a well; the index is named in errors.
    name
        How errors call it.
    well_order, plate_format
        As in `read_platemap`.

    Raises
    ------
    PlateMapError
        When it has no wells, or a row's well cannot be read.
    """
    text = to_text(table).map(_clean)
    known, respelled = _canonical(text)
    canonical = known[[column for column in _KEPT if column in known]]
    wells = _wells(known, text, name, well_order, plate_format)
    return pd.concat([wells, assign_roles(known), canonical, text.drop(columns=respelled)], axis=1)


def to_text(table: pd.DataFrame) -> pd.DataFrame:
    """All cells and column names as text, blank where a value is missing; an index of wells becomes a column."""
    if table.index.name == "well":
        table = table.reset_index()
    return table.astype(object).where(table.notna(), "").map(str).rename(columns=str)


def normalise_column(name: str) -> str:
    """Name of a column in lower case and without prefixes, for comparing.

    Examples
    --------
    >>> normalise_column("Metadata_Well"), normalise_column("Control Type")
    ('well', 'control_type')
    """
    return _PREFIXES.sub("", re.sub(r"\W+", "_", str(name).strip().casefold()).strip("_"))


def column_names(table: pd.DataFrame) -> list[str]:
    """List the names of a table's columns."""
    return [str(name) for name in table.columns]


def find_columns(table: pd.DataFrame) -> dict[str, str]:
    """Columns of a table under our names: canonical name → the table's own."""
    names = {normalise_column(name): name for name in reversed(column_names(table))}
    return {
        canonical: names[synonym]
        for canonical, synonyms in CANONICAL.items()
        if (synonym := next((word for word in synonyms if word in names), None))
    }


def has_wells(table: pd.DataFrame) -> bool:
    """Whether the rows of a table are about wells."""
    found = find_columns(table)
    return "well" in found or {"row", "column"} <= set(found) or "well_number" in found


def _clean(cell: str) -> str:
    return cell.strip().strip('"').strip()


def _canonical(text: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Columns under our names, and the columns that said the same under nearly the same name."""
    found = find_columns(text)
    known = pd.DataFrame({canonical: text[name] for canonical, name in found.items()}, index=text.index)
    if "treatment" in found and normalise_column(found["treatment"]) in _REAGENT:
        names = {normalise_column(name): name for name in text.columns}
        for word in (word for word in _REAGENT if word in names):
            known["treatment"] = known["treatment"].mask(known["treatment"].isin(["", "NA"]), text[names[word]])
    respelled = [name for word, name in found.items() if word in _OURS and normalise_column(name) == word]
    return known, respelled


def _wells(
    known: pd.DataFrame,
    text: pd.DataFrame,
    name: str,
    well_order: WellOrder | None,
    plate_format: PlateFormat | None,
) -> pd.Series:
    if "well" in known and not _are_numbers(known["well"]):
        spelled = known["well"]
    elif {"row", "column"} <= set(known.columns):
        rows = known["row"].map(lambda row: f"r{row}c" if row.isdigit() else row)
        spelled = rows + known["column"]
    elif "well" in known or "well_number" in known:
        numbers = known["well"] if "well" in known else known["well_number"]
        spelled = _of_numbers(numbers, name, well_order, plate_format)
    else:
        raise PlateMapError(
            f"{name!r} has no column of wells; its columns are {', '.join(map(str, text.columns[:12]))}.",
            "Name the column 'well' (A01, A1, …), give columns 'row' and 'column', or add the file with the wells.",
        )
    wells = spelled.map({spelling: find_well(spelling) for spelling in spelled.unique()})
    if (unread := wells.isna()).any():
        line, spelling = spelled[unread].index[0], spelled[unread].iloc[0]
        raise PlateMapError(
            f"{name!r} has {spelling!r} where a well should be, on line {line}.",
            "Write wells as A1, A01, a-1, A/1 or r01c01, up to AF48.",
        )
    return wells.rename("well")


def _are_numbers(spelled: pd.Series) -> bool:
    return len(spelled) > 0 and bool(spelled.str.fullmatch(r"\d{1,4}").all())


def _of_numbers(
    numbers: pd.Series, name: str, well_order: WellOrder | None, plate_format: PlateFormat | None
) -> pd.Series:
    """Wells of their numbers, from 1; the plate is the smallest that has them all, or larger."""
    if well_order is None:
        raise PlateMapError(
            f"{name!r} numbers its wells ({numbers.iloc[0]!r}, …), and numbers may run along rows or down columns.",
            "Say which: well_order 'row-major' (2 is A02) or 'column-major' (2 is B01).",
        )
    if well_order not in get_args(WellOrder):
        raise ArgumentError(f"There is no well order {well_order!r}.", "Choose 'row-major' or 'column-major'.")
    counted = numbers.map(lambda text: int(text) if re.fullmatch(r"\d{1,4}", text) else 0)
    sizes = [size for size in FORMATS if size >= max(counted.max(), plate_format.n_wells if plate_format else 0)]
    form = FORMATS[sizes[0]] if sizes else next(reversed(FORMATS.values()))
    return counted.map(lambda number: _well_of_number(number, form, well_order)).mask(counted == 0, numbers)


def _well_of_number(number: int, form: PlateFormat, well_order: WellOrder) -> str:
    if not 0 < number <= form.n_wells:
        return str(number)  # no well, and named in the error
    if well_order == "row-major":
        return well_name(*divmod(number - 1, form.columns))
    column, row = divmod(number - 1, form.rows)
    return well_name(row, column)
