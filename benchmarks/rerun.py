"""What another weight or context costs on an open plate, beside the first run on it.

    python benchmarks/rerun.py [--plate FOLDER] [--model NAME] [--size PIXELS]

Prints processor seconds of this process (a share of the machine that others use too is not counted), their ratio to the
first run, and how many planes were read. The first run decodes the images; the later ones find them in memory, so the
ratio says how much of a run is decoding: little for the sample's small uncompressed images on a CPU, most of it for
large compressed ones or on a GPU. Without a plate it makes one of compressed TIFFs of ``--size`` pixels.
"""

import argparse
import tempfile
from pathlib import Path
from time import process_time

import numpy as np
import tifffile

from napari_ben.models import load_model
from napari_ben.plates import Plate
from napari_ben.readers import open_plate
from napari_ben.workflow import InputCache, PredictConfig, drain, plan_prediction, run_prediction

WELLS = [f"{row}{column:02d}" for row in "ABCD" for column in range(1, 7)]
PATTERN = r"(?P<well>[A-D]\d\d)_(?P<channel>\w+)\.tif"
RUNS = {
    "first run": {"context": "A1-D1", "weight": 0.8},
    "another weight": {"context": "A1-D1", "weight": 0.4},
    "another context": {"context": "A2-D3", "weight": 0.8},
}


def make_plate(folder: Path, channels: tuple[str, ...], size: int) -> Path:
    """Write a plate of 24 wells, one field each, as LZW-compressed TIFFs."""
    random = np.random.default_rng(0)
    for well in WELLS:
        for channel in channels:
            image = random.gamma(2.0, 400.0, (size, size)).astype(np.uint16)
            tifffile.imwrite(folder / f"{well}_{channel}.tif", image, compression="lzw")
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--plate", type=Path)
    parser.add_argument("--model", default="sample-cs-arm-bn")
    parser.add_argument("--size", type=int, default=1080)
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    model.network()  # torch is loaded, which is no part of a run
    reads: list[tuple[int, ...]] = []
    read_plane = Plate.read_plane

    def counted(self: Plate, *place: int) -> np.ndarray:
        reads.append(place)
        return read_plane(self, *place)

    Plate.read_plane = counted  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as name:
        if arguments.plate is None:
            plate = open_plate(make_plate(Path(name), model.card.channels, arguments.size), pattern=PATTERN)
        else:
            plate = open_plate(arguments.plate)
        compare(plate, model, reads)


def compare(plate: Plate, model: object, reads: list[tuple[int, ...]]) -> None:
    cache, first = InputCache(), 0.0
    for title, wish in RUNS.items():
        plan = plan_prediction(plate, model, PredictConfig(method="cs-arm-bn", device="cpu", threads=1, **wish))
        reads.clear()
        start = process_time()
        drain(run_prediction(plan, cache))
        spent = process_time() - start
        first = first or spent
        print(f"{title:16} {spent:8.2f} s  {spent / first:6.2f} of the first  {len(reads):6} planes read", flush=True)


if __name__ == "__main__":
    main()
