"""Yokogawa CellVoyager (CV7000, CV8000, CQ1, CQ3K): ``MeasurementData.mlf`` names every image of a plate.

``MeasurementDetail.mrf`` beside it tells the plate's rows and columns and the pixel's size, and names the setting
(``.mes``) that tells the channels' names. What the records do not name (shading and dark-current images) is no image of
a well, whatever its name looks like.

Read from real CV8000 files; that a projection carries ``ZImageProcessing`` is known from published CV7000 and CQ3K
records, an ``Action`` of ``MIP`` was never seen.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._place import Place
from napari_ben.readers._plate_name import plate_name
from napari_ben.readers._record_columns import (
    join_files,
    most_common,
    name_channels,
    name_wells,
    plate_format,
    repeats,
    to_counts,
    to_numbers,
)
from napari_ben.readers._xml import read_root
from napari_ben.readers._xml_records import Columns, Record, read_records

_DATA, _DETAIL = "MeasurementData.mlf", "MeasurementDetail.mrf"
PROJECTION = 0  # ZIndex counts from 1
_RECORD = Record(
    "MeasurementRecord",
    (
        *("@Type", "@Row", "@Column", "@TimePoint", "@FieldIndex", "@ZIndex", "@TimelineIndex", "@ActionIndex"),
        *("@Action", "@ZImageProcessing", "@X", "@Y", "@Ch", "."),
    ),
)
_DETAILS = (
    Record(
        "MeasurementDetail", ("@Title", "@RowCount", "@ColumnCount", "@MeasurementSettingFileName", "@TargetSystem")
    ),
    Record("MeasurementSamplePlate", ("@Name",)),
    Record("MeasurementChannel", ("@Ch", "@HorizontalPixelDimension", "@HorizontalPixels", "@VerticalPixels")),
)
_SETTING = (Record("Channel", ("@Ch", "@Target", "@Acquisition", "@Fluorophore")),)


def refuse_cellvoyager(place: Place) -> str | None:
    """Why a place is no CellVoyager measurement, in words; None when it is one."""
    path = _find(place)
    if path is None:
        return f"it holds no {_DATA} of a CellVoyager"
    try:
        root = read_root(path)
    except PlateError:
        return None  # it should be one: opening says what is wrong with it
    return None if root.name == "MeasurementData" else f"{path.name!r} has another root: {root.name!r}"


def index_cellvoyager(place: Place) -> tuple[PlaneIndex, PlateFacts]:
    """Planes of a CellVoyager measurement.

    Raises
    ------
    PlateError
        When there are no records, they are dangerous, or name no image.
    """
    path = _find(place)
    if path is None:
        raise PlateError(f"{place.path} holds no {_DATA}.", "Choose the folder that has it.")
    tables, damage = read_records(path, [_RECORD])
    records, problems = _images(tables["MeasurementRecord"])
    if not records["."]:
        raise PlateError(
            " ".join([f"{path.name!r} names no image.", *problems, damage]).strip(),
            "Copy or export the plate again.",
        )
    details, unreadable = _details(path.parent)
    channels = name_channels(records["@Ch"], _channel_names(details, path.parent), "C")
    index = _index(records, channels, path.relative_to(place.folder).parent.as_posix().removeprefix("."))
    detail, plate = (_first(details[name]) for name in ("MeasurementDetail", "MeasurementSamplePlate"))
    size = _first(details["MeasurementChannel"], next(iter(channels)))
    height, width = to_counts([size["@VerticalPixels"], size["@HorizontalPixels"]]).tolist()
    pixel_um = to_numbers([size["@HorizontalPixelDimension"]])[0]
    facts = PlateFacts(
        name=plate["@Name"] or detail["@Title"] or plate_name(path.parent)[0],
        layout="CellVoyager records" + (f", {detail['@TargetSystem']}" if detail["@TargetSystem"] else ""),
        channels=tuple(channels.values()),
        format=plate_format(detail["@RowCount"], detail["@ColumnCount"], index.wells),
        shape=(height, width) if height > 0 and width > 0 else None,
        pixel_um=float(pixel_um) if pixel_um > 0 else None,
        projection=PROJECTION if (np.asarray(index.z) == PROJECTION).any() else None,
        problems=tuple(filter(None, (damage, unreadable, *problems))),
    )
    return index, facts


def _find(place: Place) -> Path | None:
    if place.path.is_file():
        return place.path if place.path.name.lower() == _DATA.lower() else None
    found = sorted(place.named(r"measurementdata\.mlf"), key=lambda name: (name.count("/"), name))
    return place.folder / found[0] if found else None


def _images(records: Columns) -> tuple[Columns, list[str]]:
    """Take the records of images that can be placed, and say what the others are."""
    kinds = np.array(records["@Type"], object)
    is_image = (kinds == "IMG") | (kinds == "")
    wells = name_wells(to_counts(records["@Row"]), to_counts(records["@Column"]))
    is_placed = (wells != "") & np.array([bool(name) for name in records["."]], bool)
    problems = []
    for lacking, words in (
        (~is_image, f"are of type {most_common(kinds[~is_image])!r}: nothing was imaged"),
        (is_image & ~is_placed, "name no file, or no well of any plate"),
    ):
        if lacking.any():
            row = int(np.flatnonzero(lacking)[0])
            example = f" (such as in well {wells[row]})" if wells[row] else ""
            problems.append(f"{lacking.sum()} of {len(kinds)} records {words}{example}.")
    kept = np.flatnonzero(is_image & is_placed).tolist()
    return {name: [column[row] for row in kept] for name, column in records.items()}, problems


def _details(folder: Path) -> tuple[dict[str, Columns], str]:
    try:
        return read_records(folder / _DETAIL, _DETAILS)
    except PlateError as error:  # the records alone still show the images
        return {record.name: {column: [] for column in record.columns} for record in _DETAILS}, error.problem


def _first(columns: Columns, channel: str = "") -> dict[str, str]:
    """Give the first record, or that of a channel where there is one; empty texts where there is none."""
    row = columns["@Ch"].index(channel) if channel in columns.get("@Ch", ()) else 0
    return {name: column[row] if column else "" for name, column in columns.items()}


def _channel_names(details: dict[str, Columns], folder: Path) -> dict[str, str]:
    """Names of channels by number: what they are aimed at, or else their filter where that tells them apart."""
    name = _first(details["MeasurementDetail"])["@MeasurementSettingFileName"]
    if not name or "/" in name or "\\" in name:
        return {}
    try:
        channels = read_records(folder / name, _SETTING)[0]["Channel"]
    except PlateError:  # numbers name the channels
        return {}
    for column in ("@Fluorophore", "@Target", "@Acquisition"):
        texts = channels[column]
        if texts and all(texts) and len(set(texts)) == len(texts):
            return dict(zip(channels["@Ch"], texts, strict=True))
    return {}


def _index(records: Columns, channels: dict[str, str], folder: str) -> PlaneIndex:
    is_projection = _projections(records)
    z = to_counts(records["@ZIndex"], default=1)
    index = PlaneIndex(
        wells=name_wells(to_counts(records["@Row"]), to_counts(records["@Column"])),
        fields=to_counts(records["@FieldIndex"], default=1),
        channels=[channels[number] for number in records["@Ch"]],
        files=join_files(folder, records["."]),
        z=np.where(is_projection, PROJECTION, z),
        times=to_counts(records["@TimePoint"], default=1),
        y_um=0.0 - to_numbers(records["@Y"]),  # the stage counts upwards
        x_um=to_numbers(records["@X"]),
    )
    return replace(index, acquisitions=_acquisitions(records, index))


def _projections(records: Columns) -> NDArray[np.bool_]:
    """Which records are maxima over z."""
    processing, action = (np.array(records[name], object) for name in ("@ZImageProcessing", "@Action"))
    projected: NDArray[np.bool_] = (processing == "Maximum") | (action == "MIP")
    return projected


def _acquisitions(records: Columns, index: PlaneIndex) -> list[str]:
    """Tell apart what was imaged more than once at one place: by how z was worked up, or by timeline and action."""
    places = (index.wells, index.fields, index.channels, index.z, index.times)
    if not repeats(*places):
        return []
    processing = [text if text not in {"", "Maximum"} else "planes" for text in records["@ZImageProcessing"]]
    for names in (processing, _ranks(records)):
        if not repeats(*places, names):
            return names
    return []


def _ranks(records: Columns) -> list[str]:
    """First, second, … action of each channel: actions are counted over all channels."""
    numbers = [to_counts(records[name], default=0).tolist() for name in ("@TimelineIndex", "@ActionIndex")]
    actions = list(zip(records["@Ch"], *numbers, strict=True))
    ranks: dict[tuple[str, int, int], int] = {}
    channel, rank = "", 0
    for action in sorted(set(actions)):
        channel, rank = action[0], (rank + 1 if action[0] == channel else 1)
        ranks[action] = rank
    return [f"action {ranks[action]}" for action in actions]
