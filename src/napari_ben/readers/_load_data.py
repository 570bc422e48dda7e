"""CellProfiler's image tables: a row a site, a column of file names a channel.

``load_data.csv`` of the Cell Painting Gallery (with or without illumination functions), tables exported by
CellProfiler (``Image_FileName_DAPI``), and the image list of BBBC021 are this layout. Channels are named by their
columns, which is the one name that does not depend on the microscope. A table may list several plates; then one is
chosen by its name.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from napari_ben.errors import PlateError
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._locate import locate
from napari_ben.readers._place import Place
from napari_ben.readers._table_file import read_columns, read_rows
from napari_ben.readers._table_plates import about_wells, find_table, plate_paths, rows_of_plate, with_wells

_IMAGE = re.compile(r"(?:Image_)?(FileName|PathName|URL)_(.+)")
_NO_IMAGE = re.compile(r"Illum.*|.*Outlines?|.*Mask", re.IGNORECASE)
_ABOUT = re.compile(r"(?:Image_)?Metadata_(.+)")
_NAMED = r"(load_data|image_?set).*\.(csv|tsv|csv\.gz|tsv\.gz|parquet)"
_KEYS = ("plate", "well", "site")
_METRES = 1e6  # µm; Harmony's positions and resolution are in metres


@dataclass(frozen=True)
class _Columns:
    """Columns of a table: of images by channel, and of what is known of a site by its word."""

    names: dict[str, str]
    folders: dict[str, str]
    about: dict[str, str]


def refuse_load_data(place: Place) -> str | None:
    """Why a place is no image table of CellProfiler's, in words; None when it is one."""
    table = find_table(place, _NAMED)
    if table is None:
        return "it is neither a table nor a folder with a table 'load_data.csv'"
    try:
        columns = _sort(read_columns(table))
    except PlateError as error:
        return error.problem
    if not columns.names:
        return f"{table.name!r} has no column such as 'FileName_OrigDNA' or 'URL_OrigDNA'"
    if "well" not in columns.about:
        return f"{table.name!r} has no column 'Metadata_Well'"
    return None


def plates_load_data(place: Place) -> tuple[Path, ...]:
    """Paths that open the plates of a table that lists several; see `plate_paths`."""
    table = _require_table(place)
    return plate_paths(place, table, _sort(read_columns(table)).about.get("plate"))


def index_load_data(place: Place) -> tuple[PlaneIndex, PlateFacts]:
    """Planes that a table lists, of the plate that the place names.

    Raises
    ------
    PlateError
        When the table cannot be read, lists several plates and none is chosen, or its images are nowhere.
    """
    table = _require_table(place)
    columns = _sort(read_columns(table))
    wanted = [*columns.names.values(), *columns.folders.values(), *columns.about.values()]
    rows = read_rows(table, list(dict.fromkeys(wanted)))
    rows, name = rows_of_plate(rows, columns.about.get("plate"), place)
    rows = rows.drop_duplicates(list(columns.names.values()), ignore_index=True)
    rows = rows.rename(columns={column: word for word, column in columns.about.items()})
    rows, unread = with_wells(rows, rows["well"])
    planes, channels = _planes(rows, columns)
    located = locate(table, planes["file"].tolist())
    planes = planes.assign(file=np.array(located.files, object)).dropna(subset="file")
    facts = PlateFacts(
        name=name or table.parent.name,
        layout="CellProfiler image table",
        channels=channels,
        experiment=_only(rows, "batch"),
        pixel_um=_first_number(rows.get("imageresolutionx"), _METRES),
        platemap=about_wells(rows, list(columns.about)),
        problems=(*located.problems, *unread),
        folder=located.folder,
        path=table / place.plate if place.plate else table,
    )
    return _index(planes), facts


def _require_table(place: Place) -> Path:
    if (table := find_table(place, _NAMED)) is None:
        raise PlateError(f"{place.path} is no image table.", "Choose 'load_data.csv', or the folder that it lies in.")
    return table


def _sort(names: Sequence[str]) -> _Columns:
    images = [(name, match[1], match[2]) for name in names if (match := _IMAGE.fullmatch(name))]
    channels = {channel for _, _, channel in images}
    wanted = [(name, kind, _channel(channel)) for name, kind, channel in images if not _NO_IMAGE.fullmatch(channel)]
    about: dict[str, str] = {}
    for name in names:
        if word := _word(name, channels):
            about.setdefault(word, name)
    kinds = {
        kind: {channel: name for name, said, channel in wanted if said == kind}
        for kind in ("FileName", "PathName", "URL")
    }
    if kinds["FileName"]:
        return _Columns(kinds["FileName"], kinds["PathName"], about)
    return _Columns(kinds["URL"], {}, about)


def _word(name: str, channels: set[str]) -> str | None:
    """Word of what a column says of a site; None for one that says something of a single channel."""
    about = _ABOUT.fullmatch(name)
    if about is None:
        return name.lower() if name.lower() in _KEYS or name == "Replicate" else None
    stem, _, channel = about[1].rpartition("_")
    if channel not in channels:
        return about[1].lower()
    return stem.lower() if stem.lower() in _KEYS else None  # BBBC021 writes Image_Metadata_Well_DAPI


def _channel(suffix: str) -> str:
    return suffix.removeprefix("Orig") or suffix


def _planes(rows: pd.DataFrame, columns: _Columns) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """One row a plane, and the channels as the table orders them."""
    sites = rows.get("site", rows.get("fieldid"))
    numbers = None if sites is None else pd.to_numeric(sites, errors="coerce")
    if numbers is None or numbers.isna().any() or _twice(rows, numbers):
        numbers = rows.groupby("well").cumcount() + 1
    shared = pd.DataFrame({"well": rows["well"], "field": numbers.astype(np.int64)})
    if {"positionx", "positiony"} <= set(rows):  # Harmony's: metres, y upwards
        shared["x_um"] = pd.to_numeric(rows["positionx"], errors="coerce") * _METRES
        shared["y_um"] = -pd.to_numeric(rows["positiony"], errors="coerce") * _METRES
    parts = [
        shared.assign(channel=channel, file=_paths(rows, columns.folders.get(channel), column))
        for channel, column in columns.names.items()
    ]
    planes = pd.concat(parts, ignore_index=True)
    return planes[planes["file"] != ""].reset_index(drop=True), tuple(columns.names)


def _twice(rows: pd.DataFrame, numbers: pd.Series) -> bool:
    return bool(pd.DataFrame({"well": rows["well"], "site": numbers}).duplicated().any())


def _paths(rows: pd.DataFrame, folder: str | None, name: str) -> pd.Series:
    names = rows[name].str.strip()
    if folder is None:
        return names
    folders = rows[folder].str.strip().str.replace("\\", "/").str.rstrip("/")
    return (folders + "/" + names).where(folders != "", names).where(names != "", "")


def _index(planes: pd.DataFrame) -> PlaneIndex:
    known = "x_um" in planes and not planes[["y_um", "x_um"]].isna().to_numpy().any()
    return PlaneIndex(
        wells=planes["well"].to_numpy(object),
        fields=planes["field"].to_numpy(),
        channels=planes["channel"].to_numpy(object),
        files=planes["file"].to_numpy(object),
        y_um=planes["y_um"].to_numpy() if known else (),
        x_um=planes["x_um"].to_numpy() if known else (),
    )


def _only(rows: pd.DataFrame, column: str) -> str:
    """Text that all rows of a column agree on; blank where they do not."""
    texts = set(rows[column]) if column in rows else set()
    return texts.pop() if len(texts) == 1 else ""


def _first_number(texts: pd.Series | None, scale: float) -> float | None:
    numbers = pd.Series(dtype=float) if texts is None else pd.to_numeric(texts, errors="coerce").dropna()
    return float(numbers.iloc[0]) * scale if len(numbers) and numbers.iloc[0] > 0 else None
