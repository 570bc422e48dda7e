"""How fast plates open: as TIFF files, with a Harmony index, as OME-Zarr, beside the usual ways of opening them.

    python benchmarks/opening.py [--folder DIR] [--small]

Pixels are 16×16, so that the cost is that of metadata. Writes some 200,000 small files (a few minutes) and removes
them. napari-ome-zarr and ome-zarr-py are measured in the same run where they are installed; both show one field a
well. Absolute seconds are this machine's; the ratios travel. What our index costs when it is kept from last time is a
row of its own.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
import tifffile
import zarr

from napari_ben.plates import FORMATS, Plate, PlateFormat, well_position
from napari_ben.readers import open_plate

SIDE = 16
HARMONY = "http://www.perkinelmer.com/PEHH/HarmonyV5"


@dataclass(frozen=True)
class Size:
    """A plate's format, fields a well and channels, and the seconds that opening it may take."""

    format: PlateFormat
    fields: int
    channels: int
    limit: float

    def __str__(self) -> str:
        return f"{self.format.n_wells} × {self.fields} × {self.channels}"


USUAL = Size(FORMATS[384], 9, 5, 0.1)
LARGE = Size(FORMATS[1536], 4, 8, 0.4)
SMALL = Size(FORMATS[24], 2, 2, 0.1)


def tiff_names(size: Size) -> Iterator[tuple[tuple[int, int, int, int], str]]:
    for well in size.format.well_names():
        row, column = (part + 1 for part in well_position(well))
        for field in range(1, size.fields + 1):
            for channel in range(1, size.channels + 1):
                name = f"r{row:02d}c{column:02d}f{field:02d}p01-ch{channel}sk1fk1fl1.tiff"
                yield (row, column, field, channel), name


def write_tiffs(folder: Path, size: Size) -> Path:
    folder.mkdir(parents=True)
    tifffile.imwrite(folder / "one.tif", np.arange(SIDE * SIDE, dtype=np.uint16).reshape(SIDE, SIDE))
    content = (folder / "one.tif").read_bytes()
    (folder / "one.tif").unlink()
    for _, name in tiff_names(size):
        (folder / name).write_bytes(content)
    return folder


def write_harmony(folder: Path, size: Size) -> Path:
    """TIFFs with an index as long as Harmony writes it: 1.8 kB an image."""
    write_tiffs(folder, size)
    images = [_harmony_image(place, name) for place, name in tiff_names(size)]
    plate = (
        f"<Plates><Plate><PlateID>BENCH</PlateID><Name>BENCH</Name><PlateRows>{size.format.rows}</PlateRows>"
        f"<PlateColumns>{size.format.columns}</PlateColumns></Plate></Plates>"
    )
    text = f'<EvaluationInputData xmlns="{HARMONY}" Version="1">{plate}<Images>{"".join(images)}</Images>'
    (folder / "Index.idx.xml").write_text(f'<?xml version="1.0" encoding="utf-8"?>{text}</EvaluationInputData>')
    return folder


def _harmony_image(place: tuple[int, int, int, int], name: str) -> str:
    row, column, field, channel = place
    y, x = divmod(field - 1, 3)
    parts = {
        "id": f"{row:02d}{column:02d}K1F{field}P1R{channel}",
        "State": "Ok",
        "URL": name,
        "Row": row,
        "Col": column,
        "FieldID": field,
        "PlaneID": 1,
        "TimepointID": 0,
        "ChannelID": channel,
        "FlimID": 1,
        "ChannelName": f"Dye {channel}",
        "ImageType": "Signal",
        "AcquisitionType": "NipkowConfocal",
        "IlluminationType": "Epifluorescence",
        "ChannelType": "Fluorescence",
        "ImageResolutionX": 6e-7,
        "ImageResolutionY": 6e-7,
        "ImageSizeX": SIDE,
        "ImageSizeY": SIDE,
        "BinningX": 2,
        "BinningY": 2,
        "MaxIntensity": 65535,
        "CameraType": "AndorZylaCam",
        "PositionX": x * SIDE * 6e-7,
        "PositionY": -y * SIDE * 6e-7,
        "PositionZ": -3.016e-06,
        "AbsPositionZ": 0.135336205,
        "MeasurementTimeOffset": 0,
        "AbsTime": "2023-03-23T14:52:40.42-04:00",
        "MainExcitationWavelength": 740,
        "MainEmissionWavelength": 0,
        "ObjectiveMagnification": 20,
        "ObjectiveNA": 1,
        "ExposureTime": 0.1,
        "OrientationMatrix": "[[0.985998,0,0,-14.5],[0,-0.985998,0,-30.8],[0,0,1.00,5.671]]",
    }
    lines = [f"      <{key}>{value}</{key}>" for key, value in parts.items()]
    return "\n".join(['    <Image Version="1">', *lines, "    </Image>\n"])


def _group(folder: Path, ome: dict[str, object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    content = {"zarr_format": 3, "node_type": "group", "attributes": {"ome": {"version": "0.5", **ome}}}
    (folder / "zarr.json").write_text(json.dumps(content))


def write_zarr(folder: Path, size: Size) -> Path:
    model = folder.parent / "model"
    shape = (size.channels, SIDE, SIDE)
    array = zarr.create_array(str(model), shape=shape, dtype="uint16", chunks=shape)
    array[...] = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    files = {path.relative_to(model): path.read_bytes() for path in model.rglob("*") if path.is_file()}
    axes = [{"name": axis, "type": "channel" if axis == "c" else "space"} for axis in "cyx"]
    scale = [{"type": "scale", "scale": [1.0, 0.6, 0.6]}]
    multiscales = [{"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}], "name": "0"}]
    names = sorted({well[:-2] for well in size.format.well_names()}, key=lambda row: (len(row), row))
    columns = [str(column + 1) for column in range(size.format.columns)]
    wells = [
        {"path": f"{well[:-2]}/{int(well[-2:])}", "rowIndex": names.index(well[:-2]), "columnIndex": int(well[-2:]) - 1}
        for well in size.format.well_names()
    ]
    lists = {"rows": [{"name": name} for name in names], "columns": [{"name": name} for name in columns]}
    _group(folder, {"plate": {**lists, "wells": wells, "name": "bench", "field_count": size.fields}})
    for well in wells:
        images = [{"path": str(field)} for field in range(size.fields)]
        _group(folder / well["path"], {"well": {"images": images}})
        for field in range(size.fields):
            image = folder / well["path"] / str(field)
            _group(image, {"multiscales": multiscales})
            for name, content in files.items():
                (image / "0" / name).parent.mkdir(parents=True, exist_ok=True)
                (image / "0" / name).write_bytes(content)
    return folder


def open_every_tiff(folder: Path) -> None:
    for path in folder.glob("*.tiff"):
        with tifffile.TiffFile(path) as file:
            _ = file.pages.first.shape


def open_every_array(folder: Path) -> None:
    for image in sorted(folder.glob("*/*/[0-9]*")):
        _ = zarr.open_array(str(image / "0"), mode="r").shape


def open_by_napari_ome_zarr(folder: Path) -> None:
    from napari_ome_zarr import napari_get_reader

    napari_get_reader(str(folder))(str(folder))


def open_by_ome_zarr_py(folder: Path) -> None:
    from ome_zarr.io import parse_url
    from ome_zarr.reader import Reader

    list(Reader(parse_url(str(folder)))())


def seconds(action: Callable[[], object], repeats: int) -> float:
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return median(taken)


def build_mosaic(plate: Plate) -> None:
    for channel in range(len(plate.channels)):
        type(plate.mosaic)(plate).levels(channel)


def see_all_fields(plate: Plate) -> None:
    type(plate.mosaic)(plate).levels(0)[-1].compute()


Open = Callable[[Path], None]
TIFF_WAYS: dict[str, Open] = {"opening every file": open_every_tiff}
ZARR_WAYS: dict[str, Open] = {
    "opening every array": open_every_array,
    **({"napari-ome-zarr": open_by_napari_ome_zarr} if find_spec("napari_ome_zarr") else {}),
    **({"ome-zarr-py": open_by_ome_zarr_py} if find_spec("ome_zarr") else {}),
}


def rows(folder: Path, sizes: tuple[Size, Size], repeats: int) -> Iterator[tuple[str, float, float | None, str]]:
    """Title, seconds, seconds allowed, and what the same plate takes by other ways."""
    usual, large = sizes
    layouts = (
        ("TIFF, names", write_tiffs, usual, TIFF_WAYS),
        ("TIFF, names", write_tiffs, large, {}),
        ("TIFF, Harmony index", write_harmony, Size(usual.format, usual.fields, usual.channels, 0.6), {}),
        ("OME-Zarr 0.5", write_zarr, usual, ZARR_WAYS),
        ("OME-Zarr 0.5", write_zarr, large, {}),
    )
    for number, (title, write, size, ways) in enumerate(layouts):
        path = write(folder / str(number) / "plate.ome.zarr", size)
        os.environ["NAPARI_BEN_INDEX_CACHE"] = "off"
        plate = open_plate(path)
        taken = seconds(partial(open_plate, path), repeats)
        others = {way: seconds(partial(action, path), 1) for way, action in ways.items()}
        told = ", ".join(f"{way} {other:.2f} s = {other / taken:.0f}×" for way, other in others.items())
        yield f"{title}, {size}: open ({len(plate.fields)} fields)", taken, size.limit, told
        os.environ |= {"NAPARI_BEN_INDEX_CACHE": "on", "NAPARI_BEN_CACHE": str(folder / "cache")}
        open_plate(path)
        yield f"{title}, {size}: open again", seconds(partial(open_plate, path), repeats), size.limit, ""
        yield f"{title}, {size}: build its mosaic", seconds(partial(build_mosaic, plate), repeats), 0.1, ""
        if ways:
            yield f"{title}, {size}: one channel of every field", seconds(partial(see_all_fields, plate), 1), 2.0, ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, help="where to write; a temporary folder when left out")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="24 wells, to see that it runs")
    arguments = parser.parse_args()
    sizes = (SMALL, SMALL) if arguments.small else (USUAL, LARGE)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        print(f"{'':66} {'seconds':>8} {'allowed':>8}")
        for title, taken, allowed, told in rows(Path(folder), sizes, arguments.repeats):
            print(f"{title:66} {taken:8.3f} {allowed or 0:8.1f}  {told}", flush=True)


if __name__ == "__main__":
    main()
