"""What the metadata of a CZI file say: in which wells its scenes lie, names of channels, size of a pixel."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from napari_ben.plates import find_well, well_name
from napari_ben.readers._xml import read_xml

_POSITION = re.compile(r"P\d+")


@dataclass
class Scene:
    """What the metadata say of a scene; each may be empty."""

    array_name: str = ""
    name: str = ""
    shape: str = ""
    row: str = ""
    column: str = ""

    @property
    def well(self) -> str | None:
        """Well that it lies in: by name, and only where no name tells it by its row and column, counted from 1.

        Scenes are themselves named ``P1``, ``P2``, … for their positions: that is no well.
        """
        own = self.name.rpartition("-")[2]
        names = (self.array_name, self.shape, "" if _POSITION.fullmatch(own) else own)
        named = next((well for name in names if (well := find_well(name))), None)
        if named or not (self.row.isdecimal() and self.column.isdecimal()):
            return named
        row, column = int(self.row[:4]), int(self.column[:4])
        return well_name(row - 1, column - 1) if 0 < row <= 32 and 0 < column <= 48 else None


@dataclass
class CziMeta:
    """What the metadata of a file say.

    Parameters
    ----------
    scenes
        By their numbers.
    channels
        Names by their numbers.
    pixel_um
        Side of a pixel, µm.
    """

    scenes: dict[int, Scene] = field(default_factory=dict)
    channels: dict[int, str] = field(default_factory=dict)
    pixel_um: float | None = None


def read_czi_meta(path: Path, text: bytes) -> CziMeta:
    """Metadata of a file.

    Parameters
    ----------
    path
        The file.
    text
        Its XML.

    Raises
    ------
    PlateError
        When the XML is dangerous.
    """
    meta = CziMeta()
    current = Scene()
    distance = ""

    def scene(given: Mapping[str, str]) -> None:
        nonlocal current
        current = Scene(name=given.get("Name", ""))
        index = given.get("Index", "")
        if index.isdigit():
            meta.scenes.setdefault(int(index), current)

    def channel(given: Mapping[str, str]) -> None:
        number = given.get("Id", "").rpartition(":")[2]
        if number.isdigit() and given.get("Name"):
            meta.channels.setdefault(int(number), given["Name"])

    def length(given: Mapping[str, str]) -> None:
        nonlocal distance
        distance = given.get("Id", "")

    def value(text: str) -> None:
        if distance == "X" and meta.pixel_um is None:
            meta.pixel_um = _micrometres(text)

    read_xml(
        path,
        {
            "Scene": scene,
            "Channel": channel,
            "Distance": length,
            "Shape": lambda given: setattr(current, "shape", given.get("Name", "")),
        },
        {
            "ArrayName": lambda text: setattr(current, "array_name", text.strip()),
            "RowIndex": lambda text: setattr(current, "row", text.strip()),
            "ColumnIndex": lambda text: setattr(current, "column", text.strip()),
            "Value": value,
        },
        text,
    )
    return meta


def _micrometres(text: str) -> float | None:
    """Length in µm of one in metres, as the file writes it."""
    try:
        metres = float(text)
    except ValueError:
        return None
    return metres * 1e6 if 0 < metres < 1 else None
