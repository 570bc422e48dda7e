"""Plates as MetaXpress stores and exports them."""

from pathlib import Path

import numpy as np
import tifffile
from lookalikes import named

GUID = "0A1B2C3D-0A1B-2C3D-4E5F-0A1B2C3D4E5F"


def header(channel="FITC", pixel_um=1.3668, offset=(0.0, 0.0), stage=(41385.4, 88813.4)):
    """Header of one image; offset and stage are (y, x) in µm."""
    flat = {
        "spatial-calibration-state": ("bool", "on"),
        "spatial-calibration-x": ("float", pixel_um),
        "spatial-calibration-y": ("float", pixel_um),
        "spatial-calibration-units": ("string", "um"),
        "stage-position-x": ("float", stage[1]),
        "stage-position-y": ("float", stage[0]),
        "_IllumSetting_": ("string", channel),
    }
    own = {} if offset is None else {"OffsetFromWellCenterUmX": offset[1], "OffsetFromWellCenterUmY": offset[0]}
    lines = [f'<prop id="{name}" type="{kind}" value="{value}"/>' for name, (kind, value) in flat.items()]
    lines += [f'<custom-prop id="{name}" type="float" value="{value}"/>' for name, value in own.items()]
    return (
        '<MetaData>\n<prop id="ApplicationName" type="string" value="MetaMorph"/>\n<PlaneInfo>\n'
        + "\n".join(lines)
        + "\n</PlaneInfo>\n</MetaData>"
    )


def write_image(path: Path, pixels, description=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    if description is None:
        tifffile.imwrite(path, pixels)
    else:
        tifffile.imwrite(path, pixels, description=description, software="MetaSeries", metadata=None)


def htd(wells=("B02", "B03"), sites=(1, 2), channels=("DAPI", "FITC"), shape=(8, 12), n_z=0, n_times=1):
    """Text of a plate file; sites are (down, across)."""

    def flags(chosen):
        return ", ".join("TRUE" if flag else "FALSE" for flag in chosen)

    names = [[f"{chr(65 + row)}{column + 1:02d}" in wells for column in range(shape[1])] for row in range(shape[0])]
    lines = [
        '"HTSInfoFile", Version 1.0',
        '"Description", "1t-2w\xadDAPI: 1z\x95"',
        f'"TimePoints", {n_times}',
        '"ZSeries", FALSE',
        f'"ZSteps", {n_z}',
        f'"XWells", {shape[1]}',
        f'"YWells", {shape[0]}',
        *(f'"WellsSelection{row + 1}", {flags(chosen)}' for row, chosen in enumerate(names)),
        '"Sites", TRUE',
        f'"XSites", {sites[1]}',
        f'"YSites", {sites[0]}',
        *(f'"SiteSelection{row + 1}", {flags([True] * sites[1])}' for row in range(sites[0])),
        f'"NWavelengths", {len(channels)}',
        *(f'"WaveName{wave + 1}", "{name}"' for wave, name in enumerate(channels)),
        '"EndFile"',
    ]
    return "\r\n".join(lines) + "\r\n"


def write_exported(folder: Path, wells=("B02", "B03"), n_sites=2, channels=("DAPI", "FITC"), steps=(0, 1, 2), **about):
    """Exported plate: the plate file in every folder; returns the pixels by path."""
    text = htd(wells, (1, n_sites), channels, n_z=len(steps), **about)
    pixels = {}
    for step in steps:
        inner = f"TimePoint_1/ZStep_{step}"
        for well in wells:
            for site in range(1, n_sites + 1):
                for wave in range(1, len(channels) + 1):
                    path = f"{inner}/9987_{well}_s{site}_w{wave}.TIF"
                    pixels[path] = np.full((12, 10), len(pixels) + 1, np.uint16)
                    write_image(folder / path, pixels[path], header(channels[wave - 1], offset=(0.0, 700.0 * site)))
        (folder / inner / "9987.HTD").write_text(text, "latin-1")
    for outer in ("TimePoint_1", "."):
        (folder / outer / "9987.HTD").write_text(text, "latin-1")
    return pixels


def write_native(
    folder: Path, wells=("E07", "E08"), sites=((0, 0), (0, 700)), channels=("FITC_05", "Cy5"), steps=(1, 2)
):
    """Plate as it is stored: a date, a number, a folder a z, projections above them, thumbnails beside."""
    pixels = {}
    run = "2023-02-21/1334"
    for step in (0, *steps):
        inner = f"{run}/ZStep_{step}" if step else run
        for well in wells:
            for site, offset in enumerate(sites, 1):
                for wave, channel in enumerate(channels, 1):
                    name = f"Mix_{well}_s{site}_w{wave}"
                    path = f"{inner}/{name}{GUID}.tif"
                    pixels[path] = np.full((12, 10), len(pixels) + 1, np.uint16)
                    write_image(folder / path, pixels[path], header(channel, offset=offset))
                    write_image(folder / f"{inner}/{name}_thumb{GUID}.tif", pixels[path][:4, :4])
    return pixels


def write_planes(folder: Path, planes) -> Path:
    """Exported images of planes (well, field, channel, z, time) with their plate file."""
    named.write_names(named.NAMES["imagexpress"], folder, planes)
    wells, fields, channels, z, times = (sorted({plane[part] for plane in planes}) for part in range(5))
    text = htd(
        wells, (1, max(fields)), [f"dye {channel}" for channel in channels], (16, 24), n_z=len(z), n_times=len(times)
    )
    (folder / "9987.HTD").write_text(text, "latin-1")
    return folder
