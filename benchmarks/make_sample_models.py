"""Make the two sample models from the sample generator: ``python benchmarks/make_sample_models.py [FOLDER]``.

Two plates of each of the twelve training experiments, two fields a well, 128 × 128 pixels. Both models see the same
plates and the same network; only the method differs. Without FOLDER the bundles are written where the package ships
them. A stopped run goes on where it was when the command is given again with the same FOLDER.
"""

import argparse
import sys
import time
from pathlib import Path

import torch

from napari_ben.readers import open_screen
from napari_ben.samples import ScreenDesign, sample_screen
from napari_ben.training import TrainedNetwork, TrainingConfig, collect_data, fit

SHIPPED = Path(__file__).resolve().parents[1] / "src" / "napari_ben" / "models" / "shipped"
TRAINING = ScreenDesign(in_domain=0, new_batch=0, other_lab=0, training=2)
SHARED = {
    "architecture": "resnet10",
    "options": {"width": 16},
    "labels": "mechanism",
    "learning_rate": 3e-3,
    "weight_decay": 1e-2,
}
MODELS = {
    "sample-erm": (
        TrainingConfig(method="erm", epochs=14, **SHARED),
        "Eight mechanisms of the sample screen, trained on batches mixed over plates: right on plates of the training "
        "experiments, lost on another laboratory's unless its statistics follow the plate.",
    ),
    "sample-cs-arm-bn": (
        TrainingConfig(method="cs-arm-bn", epochs=60, control_weight=0.8, **SHARED),
        "Eight mechanisms of the sample screen, trained to take its statistics from the controls and the other wells "
        "of a plate, in any proportion.",
    ),
}


def train(name: str, folder: Path) -> TrainedNetwork:
    config, _ = MODELS[name]
    screen = open_screen(sample_screen(0, TRAINING))
    data = collect_data(screen.plates, config)
    steps = fit(data, config, checkpoint=folder / f"{name}.checkpoint")
    while True:
        try:
            epoch = next(steps)
        except StopIteration as finished:
            trained: TrainedNetwork = finished.value
            return trained
        if epoch.is_complete:
            print(f"{name}: epoch {epoch.number} of {epoch.n_epochs}, loss {epoch.loss:.3f}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=SHIPPED)
    parser.add_argument("--model", choices=MODELS, action="append", help="only this one")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for name in options.model or MODELS:
        start = time.perf_counter()
        path = options.folder / f"{name}.safetensors"
        train(name, options.folder).save(
            path,
            name,
            licence="BSD-3-Clause",
            provenance="Trained on 24 plates of the sample generator (seed 0) by benchmarks/make_sample_models.py.",
            description=MODELS[name][1],
        )
        (options.folder / f"{name}.checkpoint").unlink()
        size = path.stat().st_size / 1e6
        print(f"{name}: {size:.2f} MB in {(time.perf_counter() - start) / 60:.1f} min", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
