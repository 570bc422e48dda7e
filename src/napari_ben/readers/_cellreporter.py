"""Plates of ImageXpress HCS.ai (MetaXpress Acquire), as IN Carta and CellReporterXpress export them.

A protocol's folder (``.mxprotocol``) holds ``experiment``, and beside it ``experiment_z_stack`` where stacks are kept
apart from their projections. Each has one ``.jdce`` (JSON: channels, pixel size, plate) and tables of its images
(``image_metadata_1.csv``). Well, field, channel, time and z count from 0. Stitched images (``experiment_montage``)
are no fields.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.plates import PlateFormat
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._place import Place
from napari_ben.readers._plate_name import plate_name
from napari_ben.readers._table_file import read_columns, read_rows
from napari_ben.readers._table_plates import with_wells

PROJECTION = -1
MAX_BYTES = 50 * 2**20
_TABLE = r"image_metadata_\d+\.csv"
_NEEDED = ("Well", "Field", "Wavelength", "Timepoint", "ZIndex", "ImageSubFolderPath", "ImageFileName")
_OFFSETS = (("FieldOffsetPointY", "FieldOffsetPointX"), ("PositionYUm", "PositionXUm"))


@dataclass(frozen=True)
class _Descriptor:
    channels: tuple[str, ...] = ()
    pixel_um: float | None = None
    format: PlateFormat | None = None


def refuse_cellreporter(place: Place) -> str | None:
    """Why a place is no such plate, in words; None when it is one."""
    if not place.is_folder and place.path.suffix.lower() not in {".mxprotocol", ".jdce"}:
        return "it is neither a folder nor a file '.mxprotocol'"
    try:
        return None if _tables(place) else "it holds no 'image_metadata_1.csv'"
    except PlateError as error:
        return error.problem


def index_cellreporter(place: Place) -> tuple[PlaneIndex, PlateFacts]:
    """Planes of such a plate.

    Raises
    ------
    PlateError
        When a table of images cannot be read.
    """
    parts = [_read_part(place.folder, table) for table in _tables(place)]
    rows, unread = with_wells(rows := pd.concat(parts, ignore_index=True), rows["Well"])
    descriptor, problems = _descriptor(place)
    waves = _numbers(rows, "Wavelength")
    names = {wave: _channel(descriptor, rows, waves, wave) for wave in sorted(set(waves.tolist()))}
    if len(set(names.values())) < len(names):
        names = {wave: f"{name} (w{wave})" for wave, name in names.items()}
    y_um, x_um = _positions(rows)
    index = PlaneIndex(
        wells=rows["well"].to_numpy(object),
        fields=_numbers(rows, "Field"),
        channels=np.array([names[wave] for wave in waves.tolist()], object),
        files=rows["file"].to_numpy(object),
        z=np.where(rows["projected"], PROJECTION, _numbers(rows, "ZIndex")),
        times=_numbers(rows, "Timepoint"),
        acquisitions=_acquisitions(rows),
        y_um=y_um,
        x_um=x_um,
    )
    facts = PlateFacts(
        name=plate_name(place.folder)[0],
        layout="ImageXpress HCS.ai / CellReporterXpress",
        channels=tuple(names.values()),
        format=descriptor.format,
        pixel_um=descriptor.pixel_um,
        projection=PROJECTION,
        problems=(*unread, *problems),
    )
    return index, facts


def _tables(place: Place) -> list[str]:
    """Tables of images beside a descriptor; those of the stitched images aside."""
    names = [name for name in place.whole.others if not name.lower().startswith("experiment_montage/")]
    folders = {_folder(name) for name in names if name.lower().endswith(".jdce")}
    tables = set(place.whole.named(_TABLE))
    return [name for name in names if name in tables and _folder(name) in folders]


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _read_part(root: Path, table: str) -> pd.DataFrame:
    columns = read_columns(root / table)
    if missing := [name for name in _NEEDED if name not in columns]:
        raise PlateError(
            f"{table!r} has no column {missing[0]!r}; its columns are {', '.join(columns[:12])}.",
            "Export the plate again with its metadata.",
        )
    optional = [name for name in (*_OFFSETS[0], *_OFFSETS[1], "ExcitationEmissionFilter") if name in columns]
    rows = read_rows(root / table, [*_NEEDED, *optional])
    folder = _folder(table)
    above = f"{folder}/" if folder else ""
    inner = rows["ImageSubFolderPath"].str.replace("\\", "/").str.strip("/")
    rows["file"] = above + inner.where(inner == "", inner + "/") + rows["ImageFileName"]
    rows["projected"] = rows["ImageFileName"].str.contains("_projection_", regex=False)
    rows["part"] = folder or root.name
    return rows[rows["ImageFileName"] != ""]


def _acquisitions(rows: pd.DataFrame) -> Sequence[str] | NDArray[Any]:
    """Single planes kept beside a stack are other images; projections beside it are another z."""
    if rows["part"].nunique() < 2 or rows["projected"].any():
        return ()
    return rows["part"].to_numpy(object)


def _positions(rows: pd.DataFrame) -> tuple[Sequence[float] | NDArray[Any], Sequence[float] | NDArray[Any]]:
    """Places of the fields within their well; stage positions are counted from one field that wells have in common."""
    for pair in _OFFSETS:
        if not set(pair) <= set(rows):
            continue
        places = rows[list(pair)].apply(pd.to_numeric, errors="coerce")
        if pair is not _OFFSETS[0]:
            common = rows["Field"] == rows["Field"].mode()[0]
            anchors = places[common].groupby(rows["well"][common]).first()
            places = places - anchors.reindex(rows["well"]).to_numpy()
        if not places.isna().to_numpy().any():
            return places[pair[0]].round(3).to_numpy(), places[pair[1]].round(3).to_numpy()
    return (), ()


def _numbers(rows: pd.DataFrame, column: str) -> NDArray[np.int64]:
    numbers = pd.to_numeric(rows[column], errors="coerce")
    if numbers.isna().any():
        file, text = rows.loc[numbers.isna(), ["file", column]].iloc[0]
        raise PlateError(
            f"The table of images has {text!r} as {column} of {file!r}.", "Export the plate again with its metadata."
        )
    return numbers.to_numpy(np.int64)


def _channel(descriptor: _Descriptor, rows: pd.DataFrame, waves: NDArray[np.int64], wave: int) -> str:
    if 0 <= wave < len(descriptor.channels) and descriptor.channels[wave]:
        return descriptor.channels[wave]
    if "ExcitationEmissionFilter" in rows and (name := rows["ExcitationEmissionFilter"][waves == wave].iloc[0]):
        return str(name)
    return f"w{wave}"


def _descriptor(place: Place) -> tuple[_Descriptor, tuple[str, ...]]:
    files = [name for name in place.whole.others if name.lower().endswith(".jdce")]
    try:
        return _read_descriptor(place.folder / files[0]), ()
    except (OSError, ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
        words = str(error).strip() or type(error).__name__
        return _Descriptor(), (f"{files[0]!r} cannot be read ({words[:100]}): channels and pixel size are not known.",)


def _read_descriptor(path: Path) -> _Descriptor:
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"it is longer than {MAX_BYTES // 2**20} MB")
    text = path.read_text("utf-8-sig", errors="replace")
    protocol = json.loads(text[max(0, text.find("{")) :])["ImageStack"]["AutoLeadAcquisitionProtocol"]
    waves = sorted(protocol.get("Wavelengths", []), key=lambda wave: int(wave.get("Index", 0)))
    calibration, plate = protocol.get("ObjectiveCalibration", {}), protocol.get("Plate", {})
    width = float(calibration.get("PixelWidth", 0)) if calibration.get("Unit", "µm") in ("µm", "um", "μm") else 0.0
    rows, columns = int(plate.get("Rows", 0)), int(plate.get("Columns", 0))
    return _Descriptor(
        channels=tuple(str(wave.get("EmissionFilter", {}).get("Name", "")).strip() for wave in waves),
        pixel_um=width if 0 < width < 1000 else None,
        format=PlateFormat(rows, columns) if 0 < rows <= 32 and 0 < columns <= 48 else None,
    )
