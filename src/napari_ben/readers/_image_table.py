"""A plain table of images: a row a plane, with its file and its well.

Columns are ``path`` (or ``file``), ``well`` (or ``row`` and ``column``) and, where a table has them, ``plate, field,
channel, z, time, page, acquisition, y_um, x_um``. Other columns that say the same in all rows of a well are its
platemap.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._locate import locate
from napari_ben.readers._place import Place
from napari_ben.readers._table_file import read_columns, read_rows
from napari_ben.readers._table_plates import about_wells, find_table, plate_paths, rows_of_plate, with_wells

WORDS: dict[str, tuple[str, ...]] = {
    "path": ("path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_path"),
    "well": ("well", "well_name", "well_position", "well_id"),
    "row": ("row", "well_row"),
    "column": ("column", "col", "well_column", "well_col"),
    "plate": ("plate", "plate_name", "plate_barcode", "barcode"),
    "field": ("field", "site", "fov", "field_id", "field_index"),
    "channel": ("channel", "channel_name", "wavelength", "dye", "stain"),
    "z": ("z", "z_index", "z_plane", "plane", "slice"),
    "time": ("time", "timepoint", "time_point", "t"),
    "page": ("page",),
    "acquisition": ("acquisition", "cycle"),
    "y_um": ("y_um",),
    "x_um": ("x_um",),
}
_NAMED = r"(images?|image_table|planes|files)\.(csv|tsv|csv\.gz|tsv\.gz|parquet)"
_ASKED = "Give a column 'path' (or 'file'), and 'well' (or 'row' and 'column')."


def refuse_image_table(place: Place) -> str | None:
    """Why a place is no table of images, in words; None when it is one."""
    table = find_table(place, _NAMED)
    if table is None:
        return "it is neither a table nor a folder with a table 'images.csv'"
    try:
        known = _known(read_columns(table))
    except PlateError as error:
        return error.problem
    if "path" not in known:
        return f"{table.name!r} has no column 'path' or 'file'"
    if "well" not in known and not {"row", "column"} <= set(known):
        return f"{table.name!r} has neither a column 'well' nor columns 'row' and 'column'"
    return None


def plates_image_table(place: Place) -> tuple[Path, ...]:
    """Paths that open the plates of a table that lists several; see `plate_paths`."""
    table = find_table(place, _NAMED)
    return () if table is None else plate_paths(place, table, _known(read_columns(table)).get("plate"))


def index_image_table(place: Place) -> tuple[PlaneIndex, PlateFacts]:
    """Planes that a table lists, of the plate that the place names.

    Raises
    ------
    PlateError
        When the table cannot be read, lists several plates and none is chosen, or its images are nowhere.
    """
    if (table := find_table(place, _NAMED)) is None:
        raise PlateError(f"{place.path} is no table of images.", _ASKED)
    names = read_columns(table)
    known = _known(names)
    rows = read_rows(table, names).rename(columns={name: word for word, name in known.items()})
    rows, plate = rows_of_plate(rows, "plate" if "plate" in known else None, place)
    rows, unread = with_wells(rows, rows["well"] if "well" in known else _cells(rows))
    located = locate(table, rows["path"].tolist())
    rows = rows.assign(path=np.array(located.files, object)).dropna(subset="path").reset_index(drop=True)
    facts = PlateFacts(
        name=plate or table.parent.name,
        layout="image table",
        channels=tuple(dict.fromkeys(rows["channel"])) if "channel" in rows else (),
        platemap=about_wells(rows, [name for name in names if name not in known.values()]),
        problems=(*located.problems, *unread),
        folder=located.folder,
        path=table / place.plate if place.plate else table,
    )
    return _index(rows), facts


def _known(names: Iterable[str]) -> dict[str, str]:
    """Columns of the table by our words."""
    plain = {re.sub(r"\W+", "_", name.strip().casefold()).removeprefix("metadata_"): name for name in names}
    found = {word: next((plain[name] for name in spelled if name in plain), None) for word, spelled in WORDS.items()}
    return {word: name for word, name in found.items() if name is not None}


def _cells(rows: pd.DataFrame) -> list[str]:
    return [
        f"r{row}c{column}" if row.isdigit() else f"{row}{column}"
        for row, column in zip(rows["row"].str.strip(), rows["column"].str.strip(), strict=True)
    ]


def _index(rows: pd.DataFrame) -> PlaneIndex:
    channels = rows["channel"].where(rows["channel"] != "", "1") if "channel" in rows else ["1"] * len(rows)
    return PlaneIndex(
        wells=rows["well"].to_numpy(object),
        fields=_numbers(rows, "field", otherwise=1).astype(np.int64),
        channels=np.asarray(channels, object),
        files=rows["path"].to_numpy(object),
        z=_numbers(rows, "z").astype(np.int64),
        times=_numbers(rows, "time").astype(np.int64),
        pages=_numbers(rows, "page").astype(np.int64),
        acquisitions=rows["acquisition"].to_numpy(object) if "acquisition" in rows else (),
        y_um=_numbers(rows, "y_um") if "x_um" in rows else (),
        x_um=_numbers(rows, "x_um") if "y_um" in rows else (),
    )


def _numbers(rows: pd.DataFrame, word: str, otherwise: int | None = None) -> NDArray[Any]:
    """Numbers of a column; the same for all rows, or none, where the table does not have it.

    Raises
    ------
    PlateError
        When a cell is no number.
    """
    if word not in rows:
        return np.full(len(rows) if otherwise is not None else 0, otherwise or 0)
    numbers = pd.to_numeric(rows[word].str.strip(), errors="coerce")
    if (wrong := numbers.isna() | np.isinf(numbers)).any():
        raise PlateError(
            f"The table of images has {rows[word][wrong].iloc[0]!r} as {word} of {rows['path'][wrong].iloc[0]!r}.",
            f"Write a number in the column of the {word}.",
        )
    return numbers.to_numpy()
