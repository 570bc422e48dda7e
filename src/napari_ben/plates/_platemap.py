"""Platemaps as laboratories write them, read into one shape.

Everything is text: pandas would turn the siRNA ``None`` into a missing value and well ``03`` into a number. A row keeps
the line that it stood on, so that an error can say where to look. Columns that we understand get one name
(`CANONICAL`); all columns of the file stay.
"""

import re
from functools import lru_cache
from io import StringIO
from pathlib import Path

import pandas as pd

from napari_ben.errors import PlateMapError
from napari_ben.plates._names import find_well
from napari_ben.plates._roles import ROLE_COLUMNS, assign_roles

CANONICAL: dict[str, tuple[str, ...]] = {
    "well": ("well", "well_position", "well_name", "well_label", "assay_well_position", "address", "well_dapi"),
    "row": ("row", "wellrow", "well_row"),
    "column": ("column", "col", "wellcol", "well_col", "well_column"),
    "plate": ("plate", "plate_name", "plate_barcode", "barcode", "assay_plate_barcode", "plate_dapi"),
    "experiment": ("experiment",),
    "treatment": (
        *("treatment", "compound", "compound_name", "drug", "sirna", "perturbation", "pert_iname", "broad_sample"),
        *("genotype", "gene_symbol", "gene_name", "gene"),
    ),
    "concentration": ("concentration", "conc", "dose", "mmoles_per_liter"),
    "unit": ("unit", "units", "concentration_unit"),
    "batch": ("batch",),
    "moa": ("moa", "mechanism", "mechanism_of_action"),
    "replicate": ("replicate",),
    "qc": ("qc", "quality_control", "qc_status"),
    "solvent": ("solvent",),
    **{column: (column,) for column in ROLE_COLUMNS},
    "raw_role": ("raw_role",),
    "excluded": ("excluded",),
}
_KEPT = ("plate", "experiment", "concentration", "unit", "batch", "moa", "replicate", "qc")
_PREFIXES = re.compile(r"^(image_metadata_|metadata_)")
MAX_BYTES = 200 * 2**20


def read_platemap(path: Path | str) -> pd.DataFrame:
    """Platemap of a CSV or TSV file.

    Parameters
    ----------
    path
        Commas, semicolons or tabs; UTF-8 or Latin-1; a header line; a row a well.

    Returns
    -------
    DataFrame
        Texts. Index ``line`` (in the file, from 1). Columns ``well`` (A01…), ``role, treatment, raw_role, excluded``
        and, where the file has them, ``plate, experiment, concentration, unit, batch, moa, replicate, qc``; then
        all columns of the file that are not said by these.

    Raises
    ------
    PlateMapError
        When the file is no table, has no wells, or a row's well cannot be read.
    """
    return to_platemap(read_text_table(path), Path(path).name)


def to_platemap(table: pd.DataFrame, name: str = "the table") -> pd.DataFrame:
    """Platemap of a table: wells and roles in our words; see `read_platemap`.

    Parameters
    ----------
    table
        One row a well; the index is named in errors.
    name
        How errors call it.

    Raises
    ------
    PlateMapError
        When it has no wells, or a row's well cannot be read.
    """
    text = to_text(table).map(_clean)
    known, respelled = _canonical(text)
    canonical = known[[column for column in _KEPT if column in known]]
    return pd.concat([_wells(known, text, name), assign_roles(known), canonical, text.drop(columns=respelled)], axis=1)


def to_text(table: pd.DataFrame) -> pd.DataFrame:
    """All cells and column names as text, blank where a value is missing; an index of wells becomes a column."""
    if table.index.name == "well":
        table = table.reset_index()
    return table.astype(object).where(table.notna(), "").map(str).rename(columns=str)


def read_text_table(path: Path | str) -> pd.DataFrame:
    """All cells of a CSV or TSV file as text; index ``line``.

    Raises
    ------
    PlateMapError
        When the file cannot be read as a table.
    """
    path = Path(path)
    try:
        state = path.stat()
    except OSError as error:
        raise PlateMapError(
            f"The platemap {path.name!r} cannot be opened: {error.strerror}.", "Give the path of a CSV or TSV file."
        ) from error
    return _read_table(path, state.st_size, state.st_mtime_ns).copy()


@lru_cache(maxsize=1)  # the 204 plates of RxRx1 share one table of 125,000 rows
def _read_table(path: Path, size: int, _changed: int) -> pd.DataFrame:
    text = _decode(path, size)
    header = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    try:
        table = pd.read_csv(
            StringIO(text), sep=delimiter, index_col=False, skip_blank_lines=False, dtype=str, na_filter=False
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise PlateMapError(
            f"{path.name!r} cannot be read as a table: {str(error).strip()}.",
            "Save it as CSV with one header line and one row a well.",
        ) from error
    table.index = pd.RangeIndex(2, len(table) + 2, name="line")
    table = table.rename(columns=str)
    return table[(table != "").any(axis=1)]


def _decode(path: Path, size: int) -> str:
    try:
        content = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise PlateMapError(
            f"The platemap {path.name!r} cannot be read: {error.strerror}.", "Give the path of a CSV or TSV file."
        ) from error
    if size > MAX_BYTES or b"\0" in content[:4096]:
        raise PlateMapError(
            f"{path.name!r} ({size} bytes) is not a text table.", "Save the platemap as CSV or TSV, one row a well."
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _clean(cell: str) -> str:
    return cell.strip().strip('"').strip()


def normalise_column(name: str) -> str:
    """Name of a column in lower case and without prefixes, for comparing.

    Examples
    --------
    >>> normalise_column("Metadata_Well"), normalise_column("Control Type")
    ('well', 'control_type')
    """
    return _PREFIXES.sub("", re.sub(r"\W+", "_", str(name).strip().casefold()).strip("_"))


def _canonical(text: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Columns under our names, and the columns that said the same under nearly the same name."""
    names = {normalise_column(name): name for name in reversed(text.columns)}
    found = {
        canonical: names[synonym]
        for canonical, synonyms in CANONICAL.items()
        if (synonym := next((word for word in synonyms if word in names), None))
    }
    known = pd.DataFrame({canonical: text[name] for canonical, name in found.items()}, index=text.index)
    ours = {"well", "row", "column", "role", "treatment", "raw_role", "excluded", *_KEPT}
    respelled = [name for word, name in found.items() if word in ours and normalise_column(name) == word]
    return known, respelled


def _wells(known: pd.DataFrame, text: pd.DataFrame, name: str) -> pd.Series:
    if "well" in known:
        spelled = known["well"]
    elif {"row", "column"} <= set(known.columns):
        rows = known["row"].map(lambda row: f"r{row}c" if row.isdigit() else row)
        spelled = rows + known["column"]
    else:
        raise PlateMapError(
            f"{name!r} has no column of wells; its columns are {', '.join(map(str, text.columns[:12]))}.",
            "Name the column 'well' (A01, A1, …), or give columns 'row' and 'column'.",
        )
    wells = spelled.map({spelling: find_well(spelling) for spelling in spelled.unique()})
    if (unread := wells.isna()).any():
        line, spelling = spelled[unread].index[0], spelled[unread].iloc[0]
        raise PlateMapError(
            f"{name!r} has {spelling!r} where a well should be, on line {line}.",
            "Write wells as A1, A01, a-1, A/1 or r01c01, up to AF48.",
        )
    return wells.rename("well")
