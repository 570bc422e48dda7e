"""How fast a plate is seen: 384 wells × 9 fields of full-size TIFFs, of a pyramid, and of either opened again.

    python benchmarks/overview.py [--folder DIR] [--side 1080]

One channel. The files are links to a few of them, so that the disk holds megabytes and its cache holds all: what is
measured is opening, decoding and painting. Absolute seconds are this machine's; the ratios travel.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import numpy as np
import tifffile
import zarr

from napari_ben.plates import FORMATS, Plate
from napari_ben.readers import open_plate
from napari_ben.session._picture import develop, first_picture

WELLS, FIELDS, DISTINCT = list(FORMATS[384].well_names()), range(1, 10), 8
LEVELS = 6


def images(side: int) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.gamma(2.0, 400.0, (side, side)).astype(np.uint16) for _ in range(DISTINCT)]


def write_tiffs(folder: Path, side: int) -> Path:
    folder.mkdir()
    for number, image in enumerate(images(side)):
        tifffile.imwrite(folder.parent / f"{number}.tif", image)
    for place, (well, field) in enumerate((well, field) for well in WELLS for field in FIELDS):
        name = f"r{ord(well[0]) - 64:02d}c{well[1:]}f{field:02d}p01-ch1sk1fk1fl1.tiff"
        os.link(folder.parent / f"{place % DISTINCT}.tif", folder / name)
    return folder


def write_pyramid(folder: Path, side: int) -> Path:
    axes = [{"name": axis} for axis in "cyx"]
    datasets = [{"path": str(level)} for level in range(LEVELS)]
    for level in datasets:
        step = 2 ** int(level["path"])
        level["coordinateTransformations"] = [{"type": "scale", "scale": [1.0, float(step), float(step)]}]
    models = []
    for number, image in enumerate(images(side)):
        models.append(folder.parent / f"model{number}")
        group = zarr.open_group(str(models[-1]), mode="w")
        group.attrs["ome"] = {"version": "0.5", "multiscales": [{"axes": axes, "datasets": datasets}]}
        for level in range(LEVELS):
            pixels = image[None, :: 2**level, :: 2**level]
            group.create_array(str(level), shape=pixels.shape, dtype="uint16", chunks=pixels.shape)[...] = pixels
    plate = zarr.open_group(str(folder), mode="w")
    rows, columns = sorted({well[0] for well in WELLS}), sorted({int(well[1:]) for well in WELLS})
    plate.attrs["ome"] = {
        "version": "0.5",
        "plate": {
            "rows": [{"name": row} for row in rows],
            "columns": [{"name": str(column)} for column in columns],
            "wells": [{"path": f"{well[0]}/{int(well[1:])}"} for well in WELLS],
        },
    }
    for place, well in enumerate(WELLS):
        group = plate.create_group(f"{well[0]}/{int(well[1:])}")
        group.attrs["ome"] = {"version": "0.5", "well": {"images": [{"path": str(field)} for field in FIELDS]}}
        for field in FIELDS:
            model = models[(place * len(FIELDS) + field) % DISTINCT]
            target = folder / well[0] / str(int(well[1:])) / str(field)
            for path in model.rglob("*"):
                if path.is_file():
                    (target / path.relative_to(model)).parent.mkdir(parents=True, exist_ok=True)
                    os.link(path, target / path.relative_to(model))
    return folder


@contextmanager
def opened_files() -> Iterator[list[int]]:
    """Count the planes that are read."""
    count, read = [0], Plate.read_plane

    def counted(plate: Plate, row: int, channel: int, level: int = 0) -> np.ndarray:
        count[0] += 1
        return read(plate, row, channel, level)

    Plate.read_plane = counted
    try:
        yield count
    finally:
        Plate.read_plane = read


def see(folder: Path) -> tuple[float, float, int]:
    """Seconds until the first wells are seen, until all are, and planes read; the plate's index is not counted."""
    plate = open_plate(folder)
    _ = plate.mosaic.layout
    with opened_files() as count:
        start = perf_counter()
        picture = first_picture(plate)
        first = perf_counter() - start if picture.overviews[0].any() else None
        for _ in develop(plate, picture):
            first = first or perf_counter() - start
        return first or 0.0, perf_counter() - start, count[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, help="where to write; a temporary folder when left out")
    parser.add_argument("--side", type=int, default=1080)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        os.environ["NAPARI_BEN_CACHE"] = str(Path(name) / "cache")
        print(f"{'':38} {'first wells':>12} {'all':>8} {'planes read':>12}")
        for title, write in (("TIFF, full size", write_tiffs), ("OME-Zarr with a pyramid", write_pyramid)):
            (Path(name) / title[:4]).mkdir()
            folder = write(Path(name) / title[:4] / "plate.ome.zarr", arguments.side)
            seconds = []
            for time in ("first opening", "second opening", "third opening"):
                first, whole, planes = see(folder)
                seconds.append(whole)
                print(f"{title + ', ' + time:38} {first:10.3f} s {whole:6.2f} s {planes:12}", flush=True)
            print(f"{'':20} second opening : first opening = 1 : {seconds[0] / seconds[1]:.0f}")


if __name__ == "__main__":
    main()
