"""How fast a plate opens: 384 wells × 9 fields × 5 channels as TIFF files and as OME-Zarr, beside opening every file.

    python benchmarks/opening.py [--folder DIR]

Pixels are 16×16, so that the cost is that of metadata. Writes some 60,000 small files (a minute) and removes them.
Absolute seconds are this machine's; the ratios travel.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import tifffile
import zarr

from napari_ben.plates import FORMATS, Plate
from napari_ben.readers import open_plate

WELLS = FORMATS[384].well_names()
FIELDS = range(1, 10)
CHANNELS = range(1, 6)
SIDE = 16


def write_tiffs(folder: Path) -> Path:
    folder.mkdir(parents=True)
    tifffile.imwrite(folder / "one.tif", np.arange(SIDE * SIDE, dtype=np.uint16).reshape(SIDE, SIDE))
    content = (folder / "one.tif").read_bytes()
    (folder / "one.tif").unlink()
    for well in WELLS:
        place = f"r{ord(well[0]) - 64:02d}c{well[1:]}"
        for field in FIELDS:
            for channel in CHANNELS:
                (folder / f"{place}f{field:02d}p01-ch{channel}sk1fk1fl1.tiff").write_bytes(content)
    return folder


def _group(folder: Path, ome: dict[str, object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    content = {"zarr_format": 3, "node_type": "group", "attributes": {"ome": {"version": "0.5", **ome}}}
    (folder / "zarr.json").write_text(json.dumps(content))


def write_zarr(folder: Path) -> Path:
    model = folder.parent / "model"
    shape = (len(CHANNELS), SIDE, SIDE)
    array = zarr.create_array(str(model), shape=shape, dtype="uint16", chunks=shape)
    array[...] = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    files = {path.relative_to(model): path.read_bytes() for path in model.rglob("*") if path.is_file()}
    axes = [{"name": axis} for axis in "cyx"]
    rows, columns = ([{"name": name} for name in names] for names in ("ABCDEFGHIJKLMNOP", map(str, range(1, 25))))
    wells = [{"path": f"{well[0]}/{int(well[1:])}"} for well in WELLS]
    _group(folder, {"plate": {"rows": rows, "columns": columns, "wells": wells}})
    for well in wells:
        _group(folder / well["path"], {"well": {"images": [{"path": str(field)} for field in FIELDS]}})
        for field in FIELDS:
            image = folder / well["path"] / str(field)
            _group(image, {"multiscales": [{"axes": axes, "datasets": [{"path": "0"}]}]})
            for name, content in files.items():
                (image / "0" / name).parent.mkdir(parents=True, exist_ok=True)
                (image / "0" / name).write_bytes(content)
    return folder


def open_every_tiff(folder: Path) -> None:
    for path in folder.iterdir():
        with tifffile.TiffFile(path) as file:
            _ = file.pages.first.shape


def open_every_array(folder: Path) -> None:
    for well in WELLS:
        for field in FIELDS:
            _ = zarr.open_array(str(folder / well[0] / str(int(well[1:])) / str(field) / "0"), mode="r").shape


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


def rows(folder: Path, repeats: int) -> Iterator[tuple[str, float, float]]:
    layouts = (("TIFF, Phenix names", write_tiffs, open_every_tiff), ("OME-Zarr 0.5", write_zarr, open_every_array))
    for title, write, naive in layouts:
        path = write(folder / title.split(",")[0] / "plate.ome.zarr")
        plate = open_plate(path)
        opened = seconds(partial(open_plate, path), repeats)
        every = seconds(partial(naive, path), 1)
        yield f"{title}: open the plate ({len(plate.fields)} fields)", opened, every
        mosaic = seconds(partial(build_mosaic, plate), repeats)
        yield f"{title}: build its mosaic ({len(plate.channels)} channels)", mosaic, every
        overview = seconds(partial(see_all_fields, plate), 1)
        yield f"{title}: one channel of every field", overview, every


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, help="where to write; a temporary folder when left out")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        print(f"{'':60} {'seconds':>9} {'opening every file':>19} {'ratio':>7}")
        for title, taken, naive in rows(Path(folder), arguments.repeats):
            print(f"{title:60} {taken:9.3f} {naive:19.3f} {naive / taken:7.0f}", flush=True)


if __name__ == "__main__":
    main()
