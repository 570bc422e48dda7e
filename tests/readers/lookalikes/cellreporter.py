"""Plates of ImageXpress HCS.ai as MetaXpress Acquire writes them."""

import json
from pathlib import Path

import numpy as np
import tifffile

COLUMNS = (
    "Well,Row,Column,Field,Wavelength,Timepoint,ZIndex,ImageSubFolderPath,ImageFileName,TimeStampSec,"
    "ExcitationEmissionFilter,PositionXUm,PositionYUm,PositionZUm,FieldOffsetPointX,FieldOffsetPointY"
)


def descriptor(channels, pixel_um=0.5817, shape=(8, 12)):
    return {
        "Version": "1.1",
        "ImageStack": {
            "ImageFormat": "TIFF",
            "PlateId": "3500000000",
            "AutoLeadAcquisitionProtocol": {
                "ObjectiveCalibration": {"Unit": "µm", "PixelWidth": pixel_um, "PixelHeight": pixel_um},
                "Plate": {"Name": "96 Well", "Rows": shape[0], "Columns": shape[1]},
                "Wavelengths": [
                    {"Index": index, "EmissionFilter": {"Name": name}}
                    for index, name in reversed([*enumerate(channels)])
                ],
            },
            "ImageMetadataFiles": ["image_metadata_1.csv"],
        },
    }


def write_part(folder: Path, *, wells=("B02", "C11"), fields=2, channels=("TL", "FITC"), n_z=1, times=(0,), infix=""):
    """One ``experiment…`` folder; returns the pixels by path relative to it."""
    pixels, lines = {}, [COLUMNS]
    for time in times:
        for well in wells:
            for field in range(fields):
                for wave, channel in enumerate(channels):
                    for z in range(n_z):
                        name = f"Wellscan{infix}_t{time}_{well}_s{field}_w{wave}_z{z}.tif"
                        path = f"timepoint{time}/{name}"
                        pixels[path] = np.full((12, 10), len(pixels) + 1, np.uint16)
                        (folder / path).parent.mkdir(parents=True, exist_ok=True)
                        tifffile.imwrite(folder / path, pixels[path])
                        row, column = ord(well[0]) - 64, int(well[1:])
                        lines.append(
                            f"{well[0]} - {column},{row},{column},{field},{wave},{time},{z},timepoint{time},{name},"
                            f"1785864670.1,{channel},{67696.78 + 500 * field},19757.0,{z},{500 * field},0"
                        )
    (folder / "image_metadata_1.csv").write_text("\r\n".join(lines) + "\r\n")
    (folder / "Wellscan.jdce").write_text(json.dumps(descriptor(channels), ensure_ascii=False), "utf-8-sig")
    return pixels


def write_plate(folder: Path, **part):
    pixels = write_part(folder / "experiment", **part)
    (folder / "Wellscan.mxprotocol").write_text("{}")
    return {f"experiment/{path}": image for path, image in pixels.items()}


def write_planes(folder: Path, planes) -> Path:
    """Planes (well, field, channel, z, time), all numbers from 1; each image is full of its place in the list."""
    lines, names = [COLUMNS], sorted({plane[2] for plane in planes})
    inner = folder / "experiment"
    for number, (well, field, channel, z, time) in enumerate(planes, start=1):
        name = f"scan_t{time - 1}_{well}_s{field - 1}_w{names.index(channel)}_z{z - 1}.tif"
        path = inner / f"timepoint{time - 1}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(path, np.full((6, 5), number, np.uint16))
        lines.append(
            f"{well[0]} - {int(well[1:])},{ord(well[0]) - 64},{int(well[1:])},{field - 1},{names.index(channel)},"
            f"{time - 1},{z - 1},timepoint{time - 1},{name},1785864670.1,dye {channel},0,0,0,0,0"
        )
    (inner / "image_metadata_1.csv").write_text("\r\n".join(lines) + "\r\n")
    described = descriptor([f"dye {name}" for name in names], shape=(16, 24))
    (inner / "scan.jdce").write_text(json.dumps(described, ensure_ascii=False), "utf-8-sig")
    (folder / "scan.mxprotocol").write_text("{}")
    return folder
