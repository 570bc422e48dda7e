"""Exact context statistics beside one giant training-mode batch, and beside the average over mini-batches.

    python benchmarks/context_statistics.py [--images 512] [--size 64] [--repeats 3] [--device cpu]

Prints three tables: time without a memory budget, time and memory with a quarter of the giant batch's memory, and what
the mini-batch average does to predictions of a sample plate that is read in well order. What is compared runs in turn,
repeat by repeat, and medians are taken, so that a busy machine disturbs all alike. The first table is in processor
seconds (give OMP_NUM_THREADS=1), the second in seconds on the wall, because waiting for a disk counts. Absolute seconds
are this machine's; the ratios travel.
"""

import argparse
import copy
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any

import numpy as np
import psutil
import torch
from torch import nn

from napari_ben.errors import ArgumentError
from napari_ben.methods import ContextStatistics, MemoryBudget, apply_statistics, measure_statistics
from napari_ben.models import build_network, load_model, map_channels, prepare_image
from napari_ben.readers import open_screen
from napari_ben.samples import sample_screen

NETWORKS = ("resnet18", "resnet50", "densenet121", "timm:efficientnet_b0")
CHANNELS, CLASSES, CHUNK = 5, 8, 32
LIBRARIES: list[torch.library.Library] = []  # torch forgets operators whose library is collected


def plate_like(n_images: int, size: int, device: str) -> torch.Tensor:
    """Images whose intensity drifts from the first well to the last."""
    generator = torch.Generator().manual_seed(0)
    drift = torch.linspace(0.5, 1.5, n_images).reshape(-1, 1, 1, 1)
    return (torch.randn(n_images, CHANNELS, size, size, generator=generator) * drift + drift).to(device)


def build(name: str) -> nn.Module:
    """Build an untrained network; timm's also beside a torchvision that was built for another torch."""
    try:
        return build_network(name, CHANNELS, CLASSES)
    except ArgumentError:
        library = torch.library.Library("torchvision", "DEF")
        LIBRARIES.append(library)
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        for module in [module for module in sys.modules if module.partition(".")[0] in ("timm", "torchvision")]:
            del sys.modules[module]
        return build_network(name, CHANNELS, CLASSES)


def giant_batch(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Run all images at once."""
    with torch.no_grad():
        logits: torch.Tensor = network(images)
    return logits


def training_mode(network: nn.Module) -> nn.Module:
    """Copy that normalises by its batch, without dropout."""
    network = copy.deepcopy(network).train()
    for module in network.modules():
        if "Drop" in type(module).__name__:
            module.eval()
    return network


def mini_batch_average(network: nn.Module, chunks: tuple[torch.Tensor, ...]) -> nn.Module:
    """Average running statistics over training-mode mini-batches (momentum=None), as the field does."""
    network = training_mode(network)
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.reset_running_stats()
            module.momentum = None
    for chunk in chunks:
        giant_batch(network, chunk)
    return network.eval()


def seconds(action: Callable[[], Any], device: str) -> float:
    """Give processor seconds, which other programs disturb less than seconds on the wall; a GPU's are on the wall."""
    clock = time.process_time if device == "cpu" else time.perf_counter
    start = clock()
    action()
    if device != "cpu":
        torch.cuda.synchronize()
    return clock() - start


def in_turn(actions: dict[str, Callable[[], Any]], repeats: int, device: str) -> dict[str, float]:
    """Median seconds of each action; the first round warms up and is not counted."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(repeats + 1):
        for name, action in actions.items():
            times[name].append(seconds(action, device))
    return {name: median(found[1:]) for name, found in times.items()}


def largest_difference(network: nn.Module, statistics: ContextStatistics, images: torch.Tensor) -> float:
    """Relative, on logits."""
    expected = giant_batch(training_mode(network), images)
    adapted = apply_statistics(network, statistics)
    found = torch.cat([giant_batch(adapted, chunk) for chunk in images.split(CHUNK)])
    return float((found - expected).abs().max() / expected.abs().max())


def time_row(name: str, arguments: argparse.Namespace) -> str:
    device = arguments.device
    network = build(name).to(device)
    images = plate_like(arguments.images, arguments.size, device)
    chunks = images.split(CHUNK)
    rows_last = copy.deepcopy(network).to(memory_format=torch.channels_last)
    actions = {
        "giant": partial(giant_batch, training_mode(network), images),
        "giant, channels last": partial(
            giant_batch, training_mode(rows_last), images.contiguous(memory_format=torch.channels_last)
        ),
        "average": partial(mini_batch_average, network, chunks),
        "engine": partial(measure_statistics, network, chunks),
    }
    found = in_turn(actions, arguments.repeats, device)
    error = largest_difference(network, measure_statistics(network, chunks), images)
    engine = found["engine"]
    return (
        f"| {name} | {found['giant']:.2f} s | {engine:.2f} s | {engine / found['giant']:.2f} × "
        f"| {engine / found['giant, channels last']:.2f} × | {engine / found['average']:.2f} × | {error:.0e} |"
    )


def measured_alone(name: str, budget: int | None, arguments: argparse.Namespace) -> dict[str, float]:
    """Seconds and bytes of the engine with a budget, or of the giant batch (-1), in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (name, budget, arguments))


def _measure(name: str, budget: int | None, arguments: argparse.Namespace) -> dict[str, float]:
    device = arguments.device
    network = build(name).to(device)
    images = plate_like(arguments.images, arguments.size, device)
    giant_batch(training_mode(network), images[:CHUNK])
    held = 0
    with _Growth(device) as growth:
        start = time.perf_counter()
        if budget == -1:
            giant_batch(training_mode(network), images)
        else:
            limit = MemoryBudget(budget, when_full=arguments.when_full)
            held = measure_statistics(network, images.split(CHUNK), memory_budget=limit).peak_bytes
        taken = time.perf_counter() - start
    return {"seconds": taken, "bytes": growth.peak, "held": held}


class _Growth:
    """Most bytes by which the process, or the card's memory in use, grew in between."""

    def __init__(self, device: str) -> None:
        self._device, self._done = device, threading.Event()
        self._start = self._now()
        self.peak = 0
        self._watch = threading.Thread(target=self._look)

    def __enter__(self) -> "_Growth":
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._done.wait(0.002):
            self.peak = max(self.peak, self._now() - self._start)

    def _now(self) -> int:
        return psutil.Process().memory_info().rss if self._device == "cpu" else torch.cuda.max_memory_allocated()


def budget_row(name: str, arguments: argparse.Namespace) -> str:
    giants, engines, budgets = [], [], []
    for _ in range(max(1, arguments.repeats // 2)):
        giants.append(measured_alone(name, -1, arguments))
        budgets.append(int(giants[0]["bytes"] / 4))
        engines.append(measured_alone(name, budgets[0], arguments))
    ratio = median(e["seconds"] for e in engines) / median(g["seconds"] for g in giants)
    held = max(e["held"] for e in engines)
    return (
        f"| {name} | {giants[0]['bytes'] / 1e6:.0f} MB | {budgets[0] / 1e6:.0f} MB | {held / 1e6:.0f} MB "
        f"| {max(e['bytes'] for e in engines) / 1e6:.0f} MB | {ratio:.2f} × |"
    )


def sample_plate(name: str) -> tuple[nn.Module, torch.Tensor, dict[str, torch.Tensor]]:
    """Give a shipped model, all images of a plate from a laboratory that it has never seen, and orders to read them."""
    model = load_model(name)
    screen = open_screen(sample_screen())
    plate = screen[str(screen.table.index[screen.table["split"] == "other_lab"][0])]
    channels = map_channels(model.card.channels, plate.channels)
    fields = [plate.read_field(row, channels) for row in range(len(plate.fields))]
    images = torch.from_numpy(np.concatenate([prepare_image(field, model.card) for field in fields]))
    treatments = plate.fields["well"].map(plate.wells["treatment"]).to_numpy(dtype=str)
    orders = {
        "well order": torch.arange(len(images)),
        "one treatment after another": torch.from_numpy(np.argsort(treatments, kind="stable")),
        "shuffled": torch.randperm(len(images), generator=torch.Generator().manual_seed(0)),
    }
    return model.network(), images, orders


def flip_rows(device: str) -> Iterator[str]:
    network, images, orders = sample_plate("sample-cs-arm-bn")
    network, images = network.to(device), images.to(device)
    expected = giant_batch(training_mode(network), images)
    for name, order in orders.items():
        for size in (64, 16, 4):
            chunks = images[order.to(device)].split(size)
            average = _differences(mini_batch_average(network, chunks), images, expected)
            engine = _differences(apply_statistics(network, measure_statistics(network, chunks)), images, expected)
            yield f"| {name} | {size} | {average[0]:.1%} | {engine[0]:.1%} | {average[1]:.0e} | {engine[1]:.0e} |"


def _differences(network: nn.Module, images: torch.Tensor, expected: torch.Tensor) -> tuple[float, float]:
    """Share of predicted classes that differ from the giant batch's, and the largest relative difference of logits."""
    found = giant_batch(network, images)
    flipped = (found.argmax(1) != expected.argmax(1)).double().mean()
    return float(flipped), float((found - expected).abs().max() / expected.abs().max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=512)
    parser.add_argument("--size", type=int, default=64, help="pixels")
    parser.add_argument("--when-full", choices=["cheaper", "spill", "recompute"], default="cheaper")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only-time", action="store_true", help="print the first table alone")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    arguments = parser.parse_args()

    print(f"{arguments.images} images of {CHANNELS}×{arguments.size}×{arguments.size}, chunks of {CHUNK}\n")
    print("| network | giant batch | engine | engine : giant | : giant, channels last | : average | Δ logits |")
    print("|---|---|---|---|---|---|---|")
    for name in arguments.networks:
        print(time_row(name, arguments), flush=True)

    if arguments.only_time:
        return
    print("\nA quarter of the memory\n")
    print("| network | giant batch | budget | engine held | process grew by | engine : giant |")
    print("|---|---|---|---|---|---|")
    for name in arguments.networks:
        print(budget_row(name, arguments), flush=True)

    print("\nA sample plate: predicted classes that differ from the giant batch's\n")
    print("| read in | chunk | average | engine | Δ logits, average | engine |")
    print("|---|---|---|---|---|---|")
    for row in flip_rows(arguments.device):
        print(row, flush=True)


if __name__ == "__main__":
    main()
