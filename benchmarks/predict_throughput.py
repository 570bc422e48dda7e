"""How much of a network's own speed `predict` keeps: images per second on a cached plate, beside resident data.

    python benchmarks/predict_throughput.py [--device cuda] [--architecture resnet50] [--side 256] [--wells 96]

The plate lies in memory and its network inputs are cached, so what is compared is everything that `predict` adds to
the network: gathering chunks, moving them to the device, and the tables. The network's own figure is the same folded
network on one chunk that stays on the device. Prints a Markdown table with the device's name and the date.
"""

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import numpy as np
import torch

from napari_ben.methods import exact_arithmetic, fold_statistics
from napari_ben.models import Model, ModelCard, Scaling, Tiling, TrainingRecord, build_network, to_model
from napari_ben.plates import FORMATS, Plate, plate_from_arrays
from napari_ben.workflow import InputCache, PredictConfig, describe_device, drain, plan_prediction, run_prediction

CHANNELS = ("DNA", "ER", "RNA", "AGP", "Mito")
Precision = Literal["float32", "mixed"]
CHUNK = {"cpu": 32, "cuda": 128}


def make_plate(n_wells: int, n_fields: int, side: int) -> Plate:
    random = np.random.default_rng(0)
    shape = (n_fields, len(CHANNELS), side, side)
    wells = FORMATS[384].well_names()[:n_wells]
    return plate_from_arrays({well: random.integers(0, 4096, shape, np.uint16) for well in wells}, CHANNELS)


def make_model(architecture: str, side: int) -> Model:
    network = build_network(architecture, len(CHANNELS), 8)
    card = ModelCard(
        name=architecture,
        architecture=architecture,
        channels=CHANNELS,
        classes=tuple("abcdefgh"),
        scaling=Scaling(kind="range", limits=(0, 4095)),
        tiling=Tiling(size=(side, side)),
        embedding_size=network.embedding_size,
        training=TrainingRecord(method="ben"),
    )
    return to_model(network, card)


def seconds(work: Callable[[], object], device: torch.device) -> float:
    start = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


def own_speed(model: Model, side: int, device: torch.device, precision: Precision) -> float:
    network: Any = fold_statistics(model.network()).to(device)
    network = network.to(memory_format=torch.channels_last)
    images = torch.rand(CHUNK[device.type], len(CHANNELS), side, side, device=device)
    images = images.contiguous(memory_format=torch.channels_last)
    context = torch.autocast(device.type, torch.bfloat16) if precision == "mixed" else exact_arithmetic(device)
    with torch.inference_mode(), context:
        network(images)
        n_times = 20 if device.type == "cuda" else 3
        return n_times * len(images) / seconds(lambda: [network(images) for _ in range(n_times)], device)


def speed_of_predict(plate: Plate, model: Model, device: torch.device, precision: Precision) -> float:
    cache = InputCache(64 << 30)
    plan = plan_prediction(plate, model, PredictConfig(method="none", device=str(device), precision=precision))
    drain(run_prediction(plan, cache))
    return len(plan.rows) / seconds(lambda: drain(run_prediction(plan, cache)), device)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--architecture", default="resnet50")
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--wells", type=int, default=96)
    parser.add_argument("--fields", type=int, default=4)
    options = parser.parse_args()
    device = torch.device(options.device)
    plate, model = (
        make_plate(options.wells, options.fields, options.side),
        make_model(options.architecture, options.side),
    )
    print(f"{describe_device(options.device)}, torch {torch.__version__}, {datetime.now(UTC):%Y-%m-%d}")
    print(f"{options.architecture}, {len(plate.fields)} images of {len(CHANNELS)}×{options.side}×{options.side}\n")
    print("| precision | network alone, images/s | predict, images/s | share |\n| --- | --- | --- | --- |")
    for precision in get_args(Precision):
        own = own_speed(model, options.side, device, precision)
        ours = speed_of_predict(plate, model, device, precision)
        print(f"| {precision} | {own:.0f} | {ours:.0f} | {ours / own:.2f} |")


if __name__ == "__main__":
    main()
