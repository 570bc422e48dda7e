"""Plates of Opera Phenix, Operetta and Columbus: an XML index beside the images.

One document form (``EvaluationInputData``) in several schemas: until Harmony V5, and in Columbus exports, each image
repeats everything; from V6 on its channel's name, size and resolution stand once a channel in ``Maps``. An image's own
word counts first, so that both are read the same way. Channels are told apart by name: their identifiers mean other
dyes on other plates, and maps list them in any order.

Schemas V5 and V7 are read from real files. What V4 and V6 hold is known from published indexes; that Columbus keeps
several planes in one file (``BufferNo`` is the page) from a published description (Zenodo record 6327496).
"""

import re
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.readers._assay_layout import assay_layout_files, read_assay_layout
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

_NAMES = ("index.idx.xml", "index.xml", "index.ref.xml", "imageindex.columbusidx.xml")
_ROOT = "EvaluationInputData"
_SIZES = ("ImageResolutionX", "ImageSizeX", "ImageSizeY")
_OF_IMAGE = (
    *("State", "URL", "URL@BufferNo", "Row", "Col", "FieldID", "PlaneID", "TimepointID", "ChannelID"),
    *("ChannelName", "SequenceID", "GroupID", "PositionX", "PositionY"),
)
_SCHEMA = re.compile(r"(Harmony)(V\d+)|(Columbus)")
_RECORDS = (
    Record(_ROOT, ("InstrumentType",)),
    Record("Plate", ("Name", "PlateID", "PlateRows", "PlateColumns"), within="Plates"),
    Record("Well", (), within="Wells"),
    Record("Entry", ("@ChannelID", "ChannelName", *_SIZES), within="Maps"),
    Record("Image", (*_OF_IMAGE, *_SIZES), within="Images", once=_SIZES),
)
_REPEATS = {"SequenceID": "sequence", "GroupID": "group"}


def refuse_harmony(place: Place) -> str | None:
    """Why a place is no Harmony or Columbus plate, in words; None when it is one."""
    path = _find(place)
    if path is None:
        return "it holds no index of Harmony or Columbus (Index.idx.xml, Index.xml)"
    try:
        root = read_root(path)
    except PlateError:
        return None  # it should be one: opening says what is wrong with it
    return None if root.name == _ROOT else f"{path.name!r} is no index of Harmony: its root is {root.name!r}"


def index_harmony(place: Place) -> tuple[PlaneIndex, PlateFacts]:
    """Planes of a Harmony or Columbus plate.

    Raises
    ------
    PlateError
        When there is no index, it is dangerous, or tells of no image.
    """
    path = _find(place)
    if path is None:
        raise PlateError(f"{place.path} holds no index of Harmony or Columbus.", "Choose the folder that has it.")
    schema, unknown = _schema(path)
    tables, damage = read_records(path, _RECORDS)
    images, problems = _usable(tables["Image"])
    if not images["URL"]:
        raise PlateError(
            " ".join([f"{path.name!r} tells of no image.", *problems, damage]).strip(),
            "Copy or export the plate again.",
        )
    channels = _name_channels(images, tables["Entry"])
    sizes = _sizes(tables["Image"], tables["Entry"], channels)
    index = _index(images, channels, path.relative_to(place.folder).parent.as_posix().removeprefix("."))
    plate = {name: (column or [""])[0] for name, column in tables["Plate"].items()}
    instrument = most_common(tables[_ROOT]["InstrumentType"])
    platemap, layout_problems = read_assay_layout(path.parent)
    facts = PlateFacts(
        name=plate["Name"] or plate["PlateID"] or plate_name(path.parent)[0],
        layout=f"{schema} index" + (f", {instrument}" if instrument else ""),
        channels=tuple(channels.values()),
        format=plate_format(plate["PlateRows"], plate["PlateColumns"], index.wells),
        shape=_shape(sizes),
        pixel_um=_pixel_um(sizes),
        platemap=platemap,
        problems=tuple(filter(None, (unknown, damage, *problems, _mixed(sizes), *layout_problems))),
    )
    return index, facts


def beside_harmony(place: Place) -> list[Path]:
    """Files that are read of a plate, and that may lie outside it."""
    path = _find(place)
    return assay_layout_files(path.parent) if path else []


def _find(place: Place) -> Path | None:
    if place.path.is_file():
        return place.path if place.path.name.lower() in _NAMES else None
    found = {name.rpartition("/")[2].lower(): name for name in sorted(place.named("|".join(_NAMES)), reverse=True)}
    chosen = next((found[name] for name in _NAMES if name in found), None)
    return place.folder / chosen if chosen else None


def _schema(path: Path) -> tuple[str, str]:
    """Give what wrote an index, and a problem where that is not known."""
    namespace = read_root(path).namespace
    known = _SCHEMA.fullmatch(namespace.rpartition("/")[2])
    if known is None:
        return "Harmony", f"{path.name!r} is of a schema that is not known ({namespace!r}); it is read as Harmony's."
    return " ".join(filter(None, known.groups())), ""


def _usable(images: Columns) -> tuple[Columns, list[str]]:
    """Images that were taken and can be placed, and what is said about the others."""
    wells = name_wells(to_counts(images["Row"]), to_counts(images["Col"]))
    states = np.array(images["State"], object)
    has_file = np.array([bool(url) for url in images["URL"]], bool)
    is_ok = (states == "Ok") | (states == "")
    has_well = wells != ""
    problems = []
    for lacking, words in (
        (~is_ok, f"are not 'Ok' in the index but {most_common(states[~is_ok])!r}: they are left out"),
        (is_ok & ~has_file, "were not taken: the index names no file for them"),
        (is_ok & has_file & ~has_well, "are of no well: their rows and columns are on no plate"),
    ):
        if lacking.any():
            problems.append(f"{lacking.sum()} of {len(states)} planes {words}{_example(images, wells, lacking)}.")
    kept = np.flatnonzero(is_ok & has_file & has_well).tolist()
    if len(kept) == len(states):
        return images, problems
    return {name: [column[row] for row in kept] for name, column in images.items()}, problems


def _example(images: Columns, wells: NDArray[Any], lacking: NDArray[np.bool_]) -> str:
    row = int(np.flatnonzero(lacking)[0])
    return f" (such as field {images['FieldID'][row]} of well {wells[row]})" if wells[row] else ""


def _name_channels(images: Columns, entries: Columns) -> dict[str, str]:
    """Names of channels by identifier: an image's own word, or else that of the maps."""
    maps = {key: name for key, name in zip(entries["@ChannelID"], entries["ChannelName"], strict=True) if name}
    own = dict(zip(reversed(images["ChannelID"]), reversed(images["ChannelName"]), strict=True))
    return name_channels(images["ChannelID"], maps | {key: name for key, name in own.items() if name}, "ch")


def _index(images: Columns, channels: dict[str, str], folder: str) -> PlaneIndex:
    times = to_counts(images["TimepointID"], default=0)
    positions = to_numbers(images["PositionY"]), to_numbers(images["PositionX"])
    index = PlaneIndex(
        wells=name_wells(to_counts(images["Row"]), to_counts(images["Col"])),
        fields=to_counts(images["FieldID"], default=1),
        channels=[channels[identifier] for identifier in images["ChannelID"]],
        files=join_files(folder, images["URL"]),
        z=to_counts(images["PlaneID"], default=1),
        times=times + (1 if times.min() == 0 else 0),  # counted from 0 until V5; from 1 since, and in file names
        pages=to_counts(images["URL@BufferNo"], default=0) if any(images["URL@BufferNo"]) else (),
        y_um=0.0 - positions[0] * 1e6,  # the stage counts metres upwards
        x_um=positions[1] * 1e6,
    )
    return replace(index, acquisitions=_acquisitions(images, index))


def _acquisitions(images: Columns, index: PlaneIndex) -> list[str]:
    """Tell apart what was imaged more than once at one place, by the first number that does."""
    places = (index.wells, index.fields, index.channels, index.z, index.times)
    if not repeats(*places):
        return []
    for column, word in _REPEATS.items():
        if not repeats(*places, images[column]):
            return [f"{word} {number}" for number in images[column]]
    return []


def _sizes(images: Columns, entries: Columns, channels: Collection[str]) -> Columns:
    """Sizes and resolutions that images or the maps' entries of their channels say."""
    known = [row for row, channel in enumerate(entries["@ChannelID"]) if channel in channels]
    said = {name: [*images[name], *(entries[name][row] for row in known)] for name in _SIZES}
    return {name: [text for text in texts if text] for name, texts in said.items()}


def _shape(sizes: Columns) -> tuple[int, int] | None:
    height, width = to_counts([most_common(sizes[name]) for name in ("ImageSizeY", "ImageSizeX")]).tolist()
    return (height, width) if height > 0 and width > 0 else None


def _pixel_um(sizes: Columns) -> float | None:
    metres = to_numbers([most_common(sizes["ImageResolutionX"])])[0]
    return float(metres) * 1e6 if metres > 0 else None


def _mixed(sizes: Columns) -> str:
    """Say which sizes pixels have where channels differ."""
    said = sorted({f"{float(metres) * 1e6:.3g}" for metres in to_numbers(sizes["ImageResolutionX"]) if metres > 0})
    return f"Channels have pixels of different sizes ({', '.join(said)} µm)." if len(said) > 1 else ""
