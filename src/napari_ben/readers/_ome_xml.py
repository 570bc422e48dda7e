"""Plates in OME-XML (schemas 2007-06 to 2016-06): which plane lies in which page of which file.

The document is heard once, in its own order: plates with their wells and samples come first, images with their planes
after them. Until 2015 plates were of a namespace of their own; until 2008 an image's channels stood before its pixels,
one logical channel for several components, and a plane's position in an element of its own. What these were renamed to
is known from the stylesheets by which the schema's authors bring old documents up to date.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from math import isnan
from pathlib import Path

from napari_ben.plates import well_name
from napari_ben.readers._ome_model import Block, Document, Image, Sample
from napari_ben.readers._xml import read_xml

_PLATES = re.compile(r"http://www\.openmicroscopy\.org/Schemas/SPW/\d{4}-\d{2}")
_UM = {"nm": 1e-3, "µm": 1.0, "um": 1.0, "micrometer": 1.0, "mm": 1e3, "cm": 1e4, "m": 1e6, "å": 1e-4}


class _FoundError(Exception):
    """Ends the reading of a document of which enough is known."""


def find_plate(path: Path, content: bytes | None = None) -> Document:
    """Plate of a document without its wells and images; reads no further than its first element.

    Parameters
    ----------
    path, content
        As in `read_ome`.

    Raises
    ------
    PlateError
        When it cannot be read, or is dangerous.
    """
    listener = _Listener()

    def found(given: Mapping[str, str]) -> None:
        listener.plate(given)
        raise _FoundError

    with suppress(_FoundError):
        read_xml(path, {"Plate": found, "BinaryOnly": listener.binary_only}, {}, content, also=_PLATES)
    return listener.document


def read_ome(path: Path, content: bytes | None = None) -> Document:
    """Plate and images of a document.

    Parameters
    ----------
    path
        The file that it is, or is in.
    content
        The document, where it is within the file.

    Raises
    ------
    PlateError
        When it cannot be read, or is dangerous.
    """
    listener = _Listener()
    begins = {
        "BinaryOnly": listener.binary_only,
        "Plate": listener.plate,
        "Well": listener.well,
        "WellSample": listener.sample,
        "ImageRef": listener.image_ref,
        "PlateAcquisition": listener.acquisition,
        "WellSampleRef": listener.sample_ref,
        "Image": listener.image,
        "Pixels": listener.pixels,
        "Channel": listener.channel,
        "LogicalChannel": listener.logical_channel,
        "ChannelComponent": listener.component,
        "TiffData": listener.tiff_data,
        "UUID": listener.uuid,
        "Plane": listener.plane,
        "StagePosition": listener.stage_position,
    }
    damage = read_xml(path, begins, {}, content, also=_PLATES)
    document = listener.document
    if damage:
        document.problems.append(damage)
    if document.n_plates > 1:
        document.problems.append(
            f"{path.name!r} has {document.n_plates} plates; the first, {document.name!r}, is shown."
        )
    return document


class _Listener:
    """Hears the elements in the order of the document; each belongs to the one of its kind that began last."""

    def __init__(self) -> None:
        self.document = Document()
        self._well: str | None = None
        self._sample: Sample | None = None
        self._samples_of_acquisition: list[str] = []
        self._image: Image | None = None
        self._n_planes = 0
        self._n_components = 0

    def binary_only(self, given: Mapping[str, str]) -> None:
        self.document.metadata_file = given.get("MetadataFile", "")

    def plate(self, given: Mapping[str, str]) -> None:
        document = self.document
        document.n_plates += 1
        self._well = self._sample = None
        if document.n_plates > 1:
            return
        document.name = given.get("Name") or given.get("ExternalIdentifier") or given.get("ID", "")
        document.rows, document.columns = (_whole(given.get(side), 0) for side in ("Rows", "Columns"))
        document.naming = (
            given.get("RowNamingConvention", "letter"),
            given.get("ColumnNamingConvention", "number"),
        )

    def well(self, given: Mapping[str, str]) -> None:
        self._sample = None
        row, column = _whole(given.get("Row"), -1), _whole(given.get("Column"), -1)
        is_well = 0 <= row < 32 and 0 <= column < 48 and self.document.n_plates == 1
        self._well = well_name(row, column) if is_well else None
        if not is_well and self.document.n_plates == 1:
            self.document.problems.append(f"Row {row}, column {column} is no place on a plate; its well was left out.")

    def sample(self, given: Mapping[str, str]) -> None:
        if self._well is None:
            self._sample = None
            return
        y_um, x_um = (
            _length(given, f"Position{axis}" if f"Position{axis}" in given else f"Pos{axis}") for axis in "YX"
        )
        self._sample = Sample(self._well, "", y_um, x_um)
        self.document.samples[given.get("ID", f"sample {len(self.document.samples)}")] = self._sample

    def image_ref(self, given: Mapping[str, str]) -> None:
        if self._sample is not None and not self._sample.image:
            self._sample.image = given.get("ID", "")

    def acquisition(self, given: Mapping[str, str]) -> None:
        self._well = self._sample = None
        name = given.get("Name") or given.get("ID", "")
        if self.document.n_plates == 1:
            self._samples_of_acquisition = self.document.acquisitions.setdefault(name, [])

    def sample_ref(self, given: Mapping[str, str]) -> None:
        self._samples_of_acquisition.append(given.get("ID", ""))

    def image(self, given: Mapping[str, str]) -> None:
        self._sample = None
        self._n_planes = 0
        self._image = self.document.images[given.get("ID", f"image {len(self.document.images)}")] = Image()

    def pixels(self, given: Mapping[str, str]) -> None:
        if self._image is None:
            return
        self._image.order = given.get("DimensionOrder", "XYCZT")
        sizes = [_whole(given.get(f"Size{axis}"), 1) for axis in "ZCT"]
        self._image.sizes = (sizes[0], sizes[1], sizes[2])
        length = _length(given, "PhysicalSizeX")
        self._image.pixel_um = length if length > 0 else None

    def channel(self, given: Mapping[str, str]) -> None:
        if self._image is not None:
            self._image.channels.append(given.get("Name") or given.get("Fluor") or "")

    def logical_channel(self, given: Mapping[str, str]) -> None:
        self.channel(given)
        self._n_components = 0

    def component(self, _: Mapping[str, str]) -> None:
        self._n_components += 1
        if self._image is not None and self._image.channels and self._n_components > 1:
            self._image.channels.append(self._image.channels[-1])

    def tiff_data(self, given: Mapping[str, str]) -> None:
        if self._image is None:
            return
        page = _whole(given["IFD"], 0) if "IFD" in given else None
        first = [_whole(given.get(f"First{axis}"), 0) for axis in "ZCT"]
        planes = given.get("PlaneCount", given.get("NumPlanes"))
        count = None if planes is None else _whole(planes, 0)
        self._image.blocks.append(Block("", page, (first[0], first[1], first[2]), count))

    def uuid(self, given: Mapping[str, str]) -> None:
        if self._image is not None and self._image.blocks:
            self._image.blocks[-1].file = given.get("FileName", "")

    def plane(self, given: Mapping[str, str]) -> None:
        self._n_planes += 1
        self.stage_position(given)

    def stage_position(self, given: Mapping[str, str]) -> None:
        if self._image is not None and self._n_planes == 1 and isnan(self._image.y_um):
            self._image.y_um, self._image.x_um = (_length(given, f"Position{axis}") for axis in "YX")


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else default


def _length(given: Mapping[str, str], name: str) -> float:
    """Length in µm; NaN where there is none, or in a unit of which a stage does not say how long it is."""
    try:
        return float(given[name]) * _UM[given.get(f"{name}Unit", "µm").lower()]
    except (KeyError, ValueError):
        return float("nan")
