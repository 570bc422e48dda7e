"""The fields that were stitched into one image a well: Fractal's table of fields of view.

The table is an AnnData group, a CSV or Parquet file, or JSON (Fractal table specification, version 1; ngio's
back ends), in µm from the corner of the image. A plate has one a well, and each is a dozen numbers: they are read as
the files that they are.
"""

import csv
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from napari_ben.errors import PlateError
from napari_ben.readers._zarr_chunks import open_plain
from napari_ben.readers._zarr_json import inner_path, read_all_attributes
from napari_ben.readers._zarr_texts import read_texts

TABLE = "tables/FOV_ROI_table"
MAX_FIELDS = 10_000
_SIDES = ("y_micrometer", "x_micrometer", "len_y_micrometer", "len_x_micrometer")
_Columns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class FieldOfView:
    """One field within the image of its well.

    Parameters
    ----------
    name
        As written, such as ``FOV_1``.
    y_um, x_um
        Corner, µm.
    height_um, width_um
        Sides, µm.
    """

    name: str
    y_um: float
    x_um: float
    height_um: float
    width_um: float


def read_fields_of_view(image: str, version: int) -> tuple[FieldOfView, ...]:
    """Fields of an image; none where it has no such table.

    Parameters
    ----------
    image
        Its folder.
    version
        Of Zarr.

    Raises
    ------
    PlateError
        When there is a table that cannot be read.
    """
    table = f"{image}/{TABLE}"
    attributes = read_all_attributes(table, version)
    if attributes is None:
        return ()
    backend = str(attributes.get("backend") or attributes.get("encoding-type") or "anndata").partition("_v")[0]
    read = _BACKENDS.get(backend.removeprefix("experimental_"))
    if read is None:
        raise _unreadable(table, f"it is stored as {backend!r}; known are {', '.join(_BACKENDS)}")
    try:
        columns = read(table, version)
        names = columns[_index(columns)]
        rows = list(zip(names, *(map(float, columns[side]) for side in _SIDES), strict=True))
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError, struct.error) as error:
        raise _unreadable(table, error) from error
    if len(rows) > MAX_FIELDS:
        raise _unreadable(table, f"it has {len(rows)} fields")
    return tuple(FieldOfView(str(name), *sides) for name, *sides in rows)


def field_numbers(names: Sequence[str]) -> list[int]:
    """Numbers at the ends of names where each has its own; else 1, 2, ….

    Examples
    --------
    >>> field_numbers(["FOV_10", "FOV_2"]), field_numbers(["left", "right"]), field_numbers(["a_1", "b_1"])
    ([10, 2], [1, 2], [1, 2])
    """
    ends = [re.search(r"(\d{1,9})$", name) for name in names]
    numbers = [int(end[1]) for end in ends if end]
    return numbers if len(set(numbers)) == len(names) else list(range(1, len(names) + 1))


def _index(columns: _Columns) -> str:
    others = [name for name in columns if "micrometer" not in name]
    known = [name for name in ("FieldIndex", "_index", "index", "name") if name in columns]
    return next(iter([*known, *others]), "index")


def _read_anndata(table: str, version: int) -> _Columns:
    """Read columns of numbers from the matrix; where whole numbers are kept apart, from beside it."""
    rows = read_all_attributes(f"{table}/obs", version) or {}
    index = inner_path(rows.get("_index", "_index"))
    if index is None or "/" in index:
        raise ValueError(f"{index!r} is no name of a column")
    texts = {"_index": read_texts(f"{table}/obs/{index}", version)}
    names = read_texts(f"{table}/var/_index", version)
    matrix = open_plain(f"{table}/X", version)
    if matrix is None or len(matrix.shape) != 2 or matrix.shape[0] > MAX_FIELDS or matrix.shape[1] != len(names):
        raise ValueError("its numbers are no plain matrix of one column a name")
    numbers = matrix[:, :]
    columns: dict[str, Any] = {name: numbers[:, place].tolist() for place, name in enumerate(names)}
    for side in _SIDES:
        if side not in columns and (apart := open_plain(f"{table}/obs/{side}", version)) is not None:
            columns[side] = apart[slice(None),].tolist()
    return {**texts, **columns}


def _read_csv(table: str, version: int) -> _Columns:
    with open(f"{table}/table.csv", encoding="utf-8-sig", newline="") as file:  # noqa: PTH123 – one a well
        rows = list(csv.DictReader(file))
    return (
        {str(name): [row[name] for row in rows] for name in rows[0]} if rows else dict.fromkeys(("_index", *_SIDES), ())
    )


def _read_parquet(table: str, version: int) -> _Columns:
    try:
        from pyarrow import parquet  # an extra
    except ImportError as error:
        raise PlateError(
            f"The fields of {table} are stored as Parquet.", "Install what reads it: pip install 'napari-ben[parquet]'."
        ) from error
    columns: _Columns = parquet.read_table(f"{table}/table.parquet").to_pydict()
    return columns


def _read_json(table: str, version: int) -> _Columns:
    columns = read_all_attributes(f"{table}/table", version)
    return {
        name: list(column.values()) if isinstance(column, dict) else column for name, column in (columns or {}).items()
    }


_BACKENDS = {"anndata": _read_anndata, "csv": _read_csv, "parquet": _read_parquet, "json": _read_json}


def _unreadable(table: str, reason: object) -> PlateError:
    return PlateError(
        f"{table} cannot be read: {str(reason).strip()[:160]}.",
        "Write the table again, or remove it to take each well's image for one field.",
    )
