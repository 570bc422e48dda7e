"""A plate as OME-Zarr 0.5 on disk.

Written by hand: a zarr array with one uncompressed chunk a plane is a JSON text and the planes' bytes, and all fields
share the same text. Through a zarr library the same files take five times as long to write.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["PIXEL_SIZE", "write_plate"]

PIXEL_SIZE = 1.0  # µm
_DISPLAY = {"DNA": "0000FF", "ER": "00FF00", "RNA": "FFFF00", "AGP": "FF8000", "Mito": "FF0000"}

Field = tuple[str, int, NDArray[np.uint16]]


def write_plate(folder: Path, wells: Sequence[str], n_fields: int, fields: Iterator[Field]) -> Iterator[None]:
    """Write a plate field by field, each at full and at half resolution.

    Parameters
    ----------
    folder
        New folder of the plate, ``<plate>.ome.zarr``.
    wells
        Names of all its wells, in order.
    n_fields
        Fields of every well.
    fields
        Well, number from 0, and (5, Y, X) uint16 of each.

    Yields
    ------
    Nothing, once after each field.
    """
    _write_group(folder, {"plate": _plate_metadata(folder.name, wells, n_fields)})
    for row in sorted({well[0] for well in wells}):
        _write_group(folder / row)
    images = [{"path": str(field)} for field in range(n_fields)]
    for well in wells:
        _write_group(folder / _path(well), {"well": {"images": images}})
    for well, field, image in fields:
        _write_image(folder / _path(well) / str(field), image)
        yield


def _path(well: str) -> str:
    return f"{well[0]}/{int(well[1:])}"


def _write_json(folder: Path, content: dict[str, Any]) -> None:
    folder.mkdir(parents=True)
    (folder / "zarr.json").write_text(json.dumps({"zarr_format": 3, **content}), encoding="utf-8")


def _write_group(folder: Path, ome: dict[str, Any] | None = None) -> None:
    attributes = {"ome": {"version": "0.5", **ome}} if ome else {}
    _write_json(folder, {"node_type": "group", "attributes": attributes})


def _write_image(folder: Path, image: NDArray[np.uint16]) -> None:
    n_channels, height, width = image.shape
    halves = image.reshape(n_channels, height // 2, 2, width // 2, 2).mean(axis=(2, 4), dtype=np.float32)
    _write_group(folder, _IMAGE_METADATA)
    for level, pixels in enumerate((image, halves.round().astype(np.uint16))):
        _write_array(folder / str(level), pixels)


def _write_array(folder: Path, pixels: NDArray[np.uint16]) -> None:
    _write_json(folder, _array_metadata(pixels.shape))
    for channel, plane in enumerate(pixels):
        chunk = folder / "c" / str(channel) / "0" / "0"
        chunk.parent.mkdir(parents=True)
        chunk.write_bytes(plane.astype("<u2").tobytes())


def _array_metadata(shape: tuple[int, ...]) -> dict[str, Any]:
    return {
        "node_type": "array",
        "shape": shape,
        "data_type": "uint16",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": (1, *shape[1:])}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
        "dimension_names": ["c", "y", "x"],
        "attributes": {},
    }


def _plate_metadata(name: str, wells: Sequence[str], n_fields: int) -> dict[str, Any]:
    rows, columns = sorted({well[0] for well in wells}), sorted({int(well[1:]) for well in wells})
    return {
        "name": name.removesuffix(".ome.zarr"),
        "rows": [{"name": row} for row in rows],
        "columns": [{"name": str(column)} for column in columns],
        "wells": [
            {"path": _path(well), "rowIndex": rows.index(well[0]), "columnIndex": columns.index(int(well[1:]))}
            for well in wells
        ],
        "field_count": n_fields,
    }


def _dataset(level: int) -> dict[str, Any]:
    scale = [1.0, PIXEL_SIZE * 2**level, PIXEL_SIZE * 2**level]
    return {"path": str(level), "coordinateTransformations": [{"type": "scale", "scale": scale}]}


_IMAGE_METADATA = {
    "multiscales": [
        {
            "name": "field",
            "axes": [
                {"name": "c", "type": "channel"},
                {"name": "y", "type": "space", "unit": "micrometer"},
                {"name": "x", "type": "space", "unit": "micrometer"},
            ],
            "datasets": [_dataset(0), _dataset(1)],
        }
    ],
    "omero": {
        "channels": [
            {
                "label": name,
                "color": colour,
                "active": True,
                "window": {"min": 0, "max": 65535, "start": 300, "end": 9000},
            }
            for name, colour in _DISPLAY.items()
        ]
    },
}
