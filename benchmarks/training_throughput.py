"""How much of a network's own speed training keeps: images per second of the loop, beside resident data.

    python benchmarks/training_throughput.py [--device cuda] [--networks resnet10 resnet50] [--pixels uint8]

What is compared is everything that the loop adds to the network: reading rows, moving them to the device, turning,
distorting and scaling them. The network's own figure is the same network, loss and optimiser on one batch that stays on
the device. The two take turns in one process, so that whatever else the machine does befalls both; on a processor its
own time counts, on a GPU the clock's. Prints a Markdown table with the device's name and the date.
"""

import argparse
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import torch

from napari_ben.models import Scaling, Tiling
from napari_ben.training import TrainingConfig, TrainingData, fit
from napari_ben.training._losses import cross_entropy
from napari_ben.training._network import build_classifier, layout_of, make_optimizer
from napari_ben.workflow import describe_device

CHANNELS = ("DNA", "ER", "RNA", "AGP", "Mito")
N_CLASSES = 8


@dataclass(frozen=True)
class Case:
    """A network, the side of its images, and images a step, on a processor and on a GPU."""

    architecture: str
    options: dict[str, Any]
    side: int
    cpu_batch: int
    cuda_batch: int


CASES = {
    "resnet10": Case("resnet10", {"width": 16}, 128, 64, 512),
    "resnet50": Case("resnet50", {}, 256, 4, 128),
}
CHANGES: dict[str, dict[str, Any]] = {
    "turned": {},
    "cut and turned": {"crop": 96},
    "distorted (normal)": {"distortion": "normal"},
    "distorted (hard)": {"distortion": "hard"},
}


def make_data(n: int, side: int, dtype: str) -> TrainingData:
    """Noise on one plate, kept as decoded plates of this data type are."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (n, side, side, len(CHANNELS)), np.uint8).astype(dtype, copy=False)
    return TrainingData(
        images=np.moveaxis(images, -1, 1),
        labels=np.arange(n) % N_CLASSES,
        is_control=np.zeros(n, bool),
        plates=np.zeros(n, np.int64),
        wells=np.full(n, "A01"),
        plate_names=("plate",),
        classes=tuple("abcdefgh"),
        channels=CHANNELS,
        scaling=Scaling(kind="range", limits=(0, 255)),
        tiling=Tiling(size=(side, side)),
        offsets=np.ones((1, len(CHANNELS))),
        zero=np.full((n, len(CHANNELS)), 128.0),
        unit=np.full((n, len(CHANNELS)), 74.0),
    )


def make_config(case: Case, batch: int, precision: str, change: str) -> TrainingConfig:
    return TrainingConfig(
        method="erm",
        architecture=case.architecture,
        options=case.options,
        batch_size=batch,
        precision=precision,
        epochs=1000,
        **CHANGES[change],
    )


def own_steps(data: TrainingData, config: TrainingConfig, device: torch.device) -> Iterator[object]:
    """Take steps of the same network on one batch that is there already."""
    network = build_classifier(data, config, device).train()
    optimizer = make_optimizer(list(network.parameters()), config)
    side, n = config.crop or data.images.shape[-1], config.batch_size
    images = torch.randn(n, len(CHANNELS), side, side, device=device).contiguous(memory_format=layout_of(network))
    labels = (torch.arange(n) % N_CLASSES).to(device)
    while True:
        optimizer.zero_grad()
        with torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "mixed"):
            loss = cross_entropy(network(images), labels, config.label_smoothing)
        torch.autograd.backward(loss)
        optimizer.step()
        yield loss


def seconds(steps: Iterator[object], n: int, device: torch.device) -> float:
    """Time of n steps: the processor's, of all threads; the clock's where a GPU computes."""
    is_cuda = device.type == "cuda"
    clock = time.perf_counter if is_cuda else time.process_time
    start = clock()
    for _ in range(n):
        next(steps)
    if is_cuda:
        torch.cuda.synchronize(device)
    return clock() - start


def compare(data: TrainingData, config: TrainingConfig, options: argparse.Namespace) -> tuple[float, float, float]:
    """Images per second of the network alone, of the loop, and the median of their ratio over the rounds."""
    device = torch.device(options.device)
    sides = [own_steps(data, config, device), fit(data, config, device=options.device)]
    for steps in sides:
        seconds(steps, 2, device)
    rounds = np.array([[seconds(steps, options.steps, device) for steps in sides] for _ in range(options.rounds)])
    sides[1].close()
    own, ours = config.batch_size * options.steps / np.median(rounds, axis=0)
    return own, ours, float(np.median(rounds[:, 0] / rounds[:, 1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--networks", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--changes", nargs="+", choices=CHANGES, default=list(CHANGES))
    parser.add_argument("--pixels", nargs="+", choices=["uint8", "int16", "float32"], default=["uint8", "int16"])
    parser.add_argument("--precision", choices=["float32", "mixed"])
    parser.add_argument("--steps", type=int, help="of a turn; 2 on a processor, 20 on a GPU")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    is_cuda = torch.device(options.device).type == "cuda"
    options.steps = options.steps or (20 if is_cuda else 2)
    precision = options.precision or ("mixed" if is_cuda else "float32")
    print(f"{describe_device(options.device)}, torch {torch.__version__}, {datetime.now(UTC):%Y-%m-%d}, {precision}\n")
    print("| network | pixels | images are | network alone, images/s | training, images/s | share |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, kind in itertools.product(options.networks, options.pixels):
        case = CASES[name]
        batch = case.cuda_batch if is_cuda else case.cpu_batch
        data = make_data(batch * (2 + options.steps * options.rounds + 1), case.side, kind)
        for change in options.changes:
            own, ours, share = compare(data, make_config(case, batch, precision, change), options)
            words = f"{case.architecture}, {case.side}², batch {batch}"
            print(f"| {words} | {kind} | {change} | {own:.1f} | {ours:.1f} | {share:.3f} |", flush=True)


if __name__ == "__main__":
    main()
