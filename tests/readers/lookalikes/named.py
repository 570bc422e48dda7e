"""Plates whose file names say everything, in every way of naming; and the same plane in any other layout.

A plane is (well, field, channel, z, time), all numbers from 1. Its image is full of its place in the list, from 1.
"""

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile
import zarr
from lookalikes import xml_plates
from PIL import Image

SHAPE = (6, 5)
GUID = "0A1B2C3D-0A1B-2C3D-4E5F-0A1B2C3D4E5F"

# layout → template of a name; its parts are well (B02), loose (B2), letter, row, column, number (of the well on its
# plate, row by row), field, channel, colour (whose names sort as channels do), z, time
NAMES = {
    "phenix": "Images/r{row:02d}c{column:02d}f{field:02d}p{z:02d}-ch{channel}sk{time}fk1fl1.tiff",
    "columbus": "{row:03d}{column:03d}-{field}-{z:03d}{time:03d}{channel:03d}.tif",
    "cellvoyager": "AssayPlate_{well}_T{time:04d}F{field:03d}L01A01Z{z:02d}C{channel:02d}.tif",
    "cellvoyager-export": "{well}_F{field:04d}_T{time:04d}_Z{z:04d}_C{channel:02d}.tif",
    "incell": "{letter} - {column:02d}(fld {field:02d} wv wave {channel} z {z} time {time}).tif",
    "cellreporter": "scan_t{time}_{well}_s{field}_w{channel}_z{z}.tif",
    "imagexpress": "TimePoint_{time}/ZStep_{z}/9987_{well}_s{field}_w{channel}.TIF",
    "imagexpress-guid": "TimePoint_{time}/ZStep_{z}/Mix_{well}_s{field}_w{channel}" + GUID + ".tif",
    "rxrx1": "{well}_s{field}_w{channel}.png",
    "sbs": "Channel{channel}-01-{letter}-{column:02d}-{field:02d}.tif",
    "sbs-bmp": "Channel {channel}-01-{letter}-{column:02d}-{field:02d}.bmp",
    "arrayscan": "AS_09125_050116030001_{well}f{field:02d}d{channel}.tif",
    "scanr": "{loose}--W00001--P{field:05d}--Z{z:05d}--T{time:05d}--dye {channel}.tif",
    "almf": "plate--{loose}--empty--W0001--P{field:03d}--T{time:04d}--Z{z:03d}--C{channel:02d}.ome.tif",
    "cytation": "{loose}_01_1_{field}_dye {channel}_{time:03d}.tif",
    "nis": "Well{well}_Point{well}_{field:04d}_Channeldye {channel}_Seq0001.tif",
    "cq1": "W{number:04d}F{field:04d}T{time:04d}Z{z:03d}C{channel}.tif",
    "scanr-number": "run--W{number:05d}--P{field:05d}--Z{z:05d}--T{time:05d}--dye {channel}.tif",
    "almf-number": "W{number:04d}--P{field:03d}--T{time:04d}--Z{z:03d}--C{channel:02d}.ome.tif",
    "incucyte": "VID1_{colour}_{loose}_{field}_{time:02d}d00h00m.tif",
    "incucyte-archive": "{loose}-{field}-C{channel}.tif",
    "incucyte-scans": "EssenFiles/ScanData/2505/{time:02d}/1124/1248/{loose}-{field}-C{channel}.tif",
    "well-folders": "Well {well}/f{field}_w{channel}.tif",
}


def write_names(template: str, folder: Path, planes) -> Path:
    """Image files of planes, named by a template."""
    across = columns_of(planes)
    for number, plane in enumerate(planes, start=1):
        file = folder / name(template, plane, across)
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix.lower() in {".tif", ".tiff"}:
            tifffile.imwrite(file, np.full(SHAPE, number, np.uint16))
        else:
            Image.fromarray(np.full(SHAPE, number, np.uint8)).save(file)
    return folder


def columns_of(planes) -> int:
    """Columns of the smallest plate of 96 wells or more that holds these."""
    return (
        12 if all(row <= 8 and column <= 12 for row, column in (xml_plates.place(plane[0]) for plane in planes)) else 24
    )


def name(template: str, plane, across: int = 12) -> str:
    well, field, channel, z, time = plane
    row, column = xml_plates.place(well)
    letter = well[: -len(str(column).zfill(2))]
    parts = {"well": well, "loose": f"{letter}{column}", "letter": letter, "row": row, "column": column}
    parts |= {"number": (row - 1) * across + column, "colour": ("blue", "green", "red")[channel - 1]}
    return template.format(**parts, field=field, channel=channel, z=z, time=time)


def write_ome_zarr(folder: Path, planes, version: int = 3) -> Path:
    """One image a field, with all axes; planes that are not listed are zero."""
    images = defaultdict(dict)
    for number, (well, field, channel, z, time) in enumerate(planes, start=1):
        images[well, field][time - 1, channel - 1, z - 1] = number
    shape = tuple(max(index[axis] for cells in images.values() for index in cells) + 1 for axis in range(3))
    paths = defaultdict(list)
    for (well, field), cells in images.items():
        path = f"{well[0]}/{int(well[1:])}"
        paths[path].append(str(field))
        pixels = np.zeros((*shape, *SHAPE), np.uint16)
        for index, number in cells.items():
            pixels[index] = number
        _write_image(folder / path / str(field), version, pixels)
    for path, fields in paths.items():
        _write_group(folder / path, version, {"well": {"images": [{"path": field} for field in fields]}})
    rows, columns = ([{"name": part} for part in sorted({path.split("/")[i] for path in paths})] for i in (0, 1))
    _write_group(folder, version, {"plate": {"rows": rows, "columns": columns, "wells": [{"path": p} for p in paths]}})
    return folder


def _write_image(image: Path, version: int, pixels) -> None:
    array = zarr.create_array(
        str(image / "0"), shape=pixels.shape, dtype=pixels.dtype, chunks=(1, 1, 1, *SHAPE), zarr_format=version
    )
    array[...] = pixels
    multiscales = [{"axes": [{"name": axis} for axis in "tczyx"], "datasets": [{"path": "0"}]}]
    labels = [{"label": f"dye {channel}"} for channel in range(1, pixels.shape[1] + 1)]
    _write_group(image, version, {"multiscales": multiscales, "omero": {"channels": labels}})


def _write_group(folder: Path, version: int, ome) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if version == 2:
        (folder / ".zgroup").write_text('{"zarr_format": 2}')
        (folder / ".zattrs").write_text(json.dumps(ome))
    else:
        attributes = {"ome": {"version": "0.5", **ome}}
        (folder / "zarr.json").write_text(
            json.dumps({"zarr_format": 3, "node_type": "group", "attributes": attributes})
        )


def write_image_table(folder: Path, planes) -> Path:
    """Images that are numbered, and a table that says what they show."""
    rows = []
    for number, (well, field, channel, z, time) in enumerate(planes, start=1):
        folder.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(folder / f"{number}.tif", np.full(SHAPE, number, np.uint16))
        row = {"well": well, "field": field, "channel": f"dye {channel}", "z": z, "time": time}
        rows.append({**row, "path": f"{number}.tif"})
    pd.DataFrame(rows).to_csv(folder / "images.csv", index=False)
    return folder


def write_load_data(folder: Path, planes) -> Path:
    """A row a site, a pair of columns a channel, as CellProfiler reads them."""
    sites = defaultdict(dict)
    for number, (well, field, channel, _, _) in enumerate(planes, start=1):
        folder.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(folder / f"{number}.tif", np.full(SHAPE, number, np.uint16))
        sites[well, field] |= {f"FileName_Orig{channel}": f"{number}.tif", f"PathName_Orig{channel}": str(folder)}
    rows = [{**files, "Metadata_Well": well, "Metadata_Site": field} for (well, field), files in sites.items()]
    pd.DataFrame(rows).to_csv(folder / "load_data.csv", index=False)
    return folder


def named_channels(planes):
    """The same planes with names of dyes for numbers of channels, as writers of documents want them."""
    return [(well, field, f"dye {channel}", z, time) for well, field, channel, z, time in planes]
