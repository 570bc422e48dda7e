"""IN Cell Analyzer plates (GE, Cytiva): an ``.xdce`` document that names every image.

A well's label is trusted before its row and column: in plates put together by hand the numbers were seen to
contradict it. Positions are offsets from the centre of the well, which count upwards.
"""

from pathlib import Path

import numpy as np

from napari_ben.errors import PlateError
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._place import Place
from napari_ben.readers._plate_name import plate_name
from napari_ben.readers._record_columns import (
    find_wells,
    join_files,
    name_channels,
    name_wells,
    plate_format,
    to_counts,
    to_numbers,
)
from napari_ben.readers._xml import read_root
from napari_ben.readers._xml_records import Columns, Record, read_records

_ROOT = "ImageStack"
_IMAGE = Record(
    "Image",
    (
        *("@filename", "Well@label", "Row@number", "Column@number", "OffsetFromWellCenter@x", "OffsetFromWellCenter@y"),
        *("Identifier@field_index", "Identifier@wave_index", "Identifier@z_index", "Identifier@time_index"),
        *("ExcitationFilter@name", "EmissionFilter@name"),
    ),
    within="Images",
)
_PROTOCOL = (
    Record(_ROOT, ("@PlateID", "Application@name")),
    Record("ObjectiveCalibration", ("@pixel_width",)),
    Record("Size", ("@height", "@width")),
    Record("Wavelength", ("@index", "@label", "ExcitationFilter@name", "EmissionFilter@name"), within="Wavelengths"),
    Record("Plate", ("@rows", "@columns")),
)


def refuse_incell(place: Place) -> str | None:
    """Why a place is no IN Cell plate, in words; None when it is one."""
    path = _find(place)[0]
    if path is None:
        return "it holds no .xdce document of an IN Cell Analyzer"
    try:
        root = read_root(path)
    except PlateError:
        return None  # it should be one: opening says what is wrong with it
    return None if root.name == _ROOT else f"{path.name!r} has another root: {root.name!r}"


def index_incell(place: Place) -> tuple[PlaneIndex, PlateFacts]:
    """Planes of an IN Cell plate.

    Raises
    ------
    PlateError
        When there is no document, it is dangerous, or names no image.
    """
    path, several = _find(place)
    if path is None:
        raise PlateError(f"{place.path} holds no .xdce document.", "Choose the folder that has it.")
    tables, damage = read_records(path, [*_PROTOCOL, _IMAGE])
    images, problems = _placed(tables["Image"])
    if not images["@filename"]:
        raise PlateError(
            " ".join([f"{path.name!r} names no image.", *problems, damage]).strip(),
            "Copy or export the plate again.",
        )
    channels = name_channels(images["Identifier@wave_index"], _channel_names(tables["Wavelength"], images), "wave ")
    index = _index(images, channels, path.relative_to(place.folder).parent.as_posix().removeprefix("."))
    stack, plate, size, objective = (
        {name: (column or [""])[0] for name, column in tables[record].items()}
        for record in (_ROOT, "Plate", "Size", "ObjectiveCalibration")
    )
    height, width = to_counts([size["@height"], size["@width"]]).tolist()
    pixel_um = to_numbers([objective["@pixel_width"]])[0]
    facts = PlateFacts(
        name=stack["@PlateID"] or plate_name(path.parent)[0],
        layout=f"{stack['Application@name'] or 'IN Cell Analyzer'} document",
        channels=tuple(channels.values()),
        format=plate_format(plate["@rows"], plate["@columns"], index.wells),
        shape=(height, width) if height > 0 and width > 0 else None,
        pixel_um=float(pixel_um) if pixel_um > 0 else None,
        problems=tuple(filter(None, (several, damage, *problems))),
    )
    return index, facts


def _find(place: Place) -> tuple[Path | None, str]:
    """Find the document of a place, and a problem where there are several."""
    if place.path.is_file():
        return (place.path if place.path.suffix.lower() == ".xdce" else None), ""
    found = sorted(place.named(r".*\.xdce"), key=lambda name: (name.count("/"), name))
    if not found:
        return None, ""
    problem = f"The folder holds {len(found)} .xdce documents; {found[0]!r} is shown." if len(found) > 1 else ""
    return place.folder / found[0], problem


def _placed(images: Columns) -> tuple[Columns, list[str]]:
    """Take the images that have a file and a well, and say what does not add up."""
    labels = find_wells(images["Well@label"])
    numbers = name_wells(to_counts(images["Row@number"]), to_counts(images["Column@number"]))
    wells = np.where(labels == "", numbers, labels)
    images["well"] = wells.tolist()
    problems = []
    contradicts = (labels != "") & (numbers != "") & (labels != numbers)
    if contradicts.any():
        row = int(np.flatnonzero(contradicts)[0])
        problems.append(
            f"{contradicts.sum()} of {len(wells)} images have a label and a row and column that contradict each other, "
            f"such as {images['Well@label'][row]!r} and {numbers[row]}; the label is taken."
        )
    is_placed = (wells != "") & np.array([bool(name) for name in images["@filename"]], bool)
    if not is_placed.all():
        problems.append(f"{(~is_placed).sum()} of {len(wells)} images have no file, or no well of any plate.")
    kept = np.flatnonzero(is_placed).tolist()
    return {name: [column[row] for row in kept] for name, column in images.items()}, problems


def _channel_names(waves: Columns, images: Columns) -> dict[str, str]:
    """Names of channels by number: labels, emission filters, or both filters: the first that tells them apart."""
    of_images = dict(zip(images["Identifier@wave_index"], zip(*_filters(images), strict=True), strict=True))
    filters = {**of_images, **dict(zip(waves["@index"], zip(*_filters(waves), strict=True), strict=True))}
    labels = dict(zip(waves["@index"], waves["@label"], strict=True))
    for names in (labels, {key: emission for key, (_, emission) in filters.items()}):
        if names and all(names.values()) and len(set(names.values())) == len(names):
            return names
    return {key: " - ".join(filter(None, both)) for key, both in filters.items()}


def _filters(columns: Columns) -> tuple[list[str], list[str]]:
    return columns["ExcitationFilter@name"], columns["EmissionFilter@name"]


def _index(images: Columns, channels: dict[str, str], folder: str) -> PlaneIndex:
    field, z, time = (to_counts(images[f"Identifier@{name}_index"], default=0) for name in ("field", "z", "time"))
    return PlaneIndex(
        wells=images["well"],
        fields=field + 1,  # as file names count them
        channels=[channels[wave] for wave in images["Identifier@wave_index"]],
        files=join_files(folder, images["@filename"]),
        z=z + 1,
        times=time + 1,
        y_um=0.0 - to_numbers(images["OffsetFromWellCenter@y"]),
        x_um=to_numbers(images["OffsetFromWellCenter@x"]),
    )
