"""Synthetic plates on disk that look like what instruments and converters write."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from napari_ben.readers import _image_files, _zarr_source


def plane(seed: int, side: int = 24, dtype=np.uint16) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max, (side, side), dtype)


@pytest.fixture
def write_images(tmp_path):
    """Write image files by path; returns the plate's folder and the pixels by path."""

    def write(paths, folder="plate", dtype=np.uint16, side=24):
        pixels = {path: plane(seed, side, dtype) for seed, path in enumerate(paths)}
        for path, image in pixels.items():
            file = tmp_path / folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            if file.suffix.lower() in {".tif", ".tiff"}:
                tifffile.imwrite(file, image, compression="lzw")
            else:
                Image.fromarray(image).save(file)
        return tmp_path / folder, pixels

    return write


def _attributes(group: Path, version: int, ome: dict, ome_version: str = "0.5") -> None:
    group.mkdir(parents=True, exist_ok=True)
    if version == 2:
        (group / ".zgroup").write_text('{"zarr_format": 2}')
        (group / ".zattrs").write_text(json.dumps(ome))
    else:
        content = {"zarr_format": 3, "node_type": "group", "attributes": {"ome": {"version": ome_version, **ome}}}
        (group / "zarr.json").write_text(json.dumps(content))


def write_field(group: Path, version: int, image: np.ndarray, axes="cyx", datasets=("0", "1"), labels=None) -> None:
    """One OME-Zarr image of one level a dataset, each half as large as the one before."""
    levels = []
    for index, dataset in enumerate(datasets):
        step = 2**index
        part = image[tuple(slice(None, None, step) if axis in "yx" else slice(None) for axis in axes)]
        array = zarr.create_array(
            str(group / dataset), shape=part.shape, dtype=part.dtype, chunks=part.shape, zarr_format=version
        )
        array[...] = part
        levels.append({"path": dataset})
    ome = {"multiscales": [{"axes": [{"name": axis} for axis in axes], "datasets": levels}]}
    if labels:
        ome["omero"] = {"channels": [{"label": label} for label in labels]}
    _attributes(group, version, ome)


@pytest.fixture
def write_zarr(tmp_path):
    """Write an OME-Zarr plate; returns its folder and the pixels by path of field."""

    def write(wells=("A/1", "B/2"), fields=("0", "1"), version=3, name="plate.ome.zarr", **image):
        folder = tmp_path / name
        entries = [{"path": well, "rowIndex": 0, "columnIndex": 0} for well in wells]
        rows, columns = ([{"name": part} for part in sorted({well.split("/")[i] for well in wells})] for i in (0, 1))
        plate = {"rows": rows, "columns": columns, "wells": entries}
        _attributes(folder, version, {"plate": plate | ({"version": "0.4"} if version == 2 else {})})
        axes = image.get("axes", "cyx")
        sizes = {"t": 2, "c": 2, "z": 3, "y": 16, "x": 16} | image.pop("sizes", {})
        pixels = {}
        for well in wells:
            _attributes(folder / well, version, {"well": {"images": [{"path": field} for field in fields]}})
            for field in fields:
                path = f"{well}/{field}"
                rng = np.random.default_rng(len(pixels))
                pixels[path] = rng.integers(0, 60_000, [sizes[axis] for axis in axes], np.uint16)
                write_field(folder / path, version, pixels[path], **{"labels": ("DNA", "ER"), **image})
        return folder, pixels

    return write


@pytest.fixture
def set_attributes():
    return _attributes


@pytest.fixture
def count_pixels(monkeypatch):
    """Count how often pixels are decoded."""
    reads = []
    for module, name in ((_image_files, "read_pixels"), (_zarr_source, "read_array")):
        original = getattr(module, name)

        def counted(*args, original=original):
            reads.append(args)
            return original(*args)

        monkeypatch.setattr(module, name, counted)
    return reads
