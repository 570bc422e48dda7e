"""Every training method on the sample screen: ``python benchmarks/training_methods.py --out FOLDER``.

One network a method and seed, trained on the same plates, then asked about plates of the training experiments, of a new
batch, of another laboratory, and of that laboratory with few mechanisms on a plate (Dirichlet 0.1): with the statistics
that it was trained for, with those of the controls alone, and with its own. What is finished lies in FOLDER and is not
done again. ``--quick`` is a look at whether everything runs.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from deepnoise_ladder import part_of

import napari_ben as nb
from napari_ben.plates import Screen
from napari_ben.samples import ScreenDesign, sample_screen

METHODS: dict[str, tuple[str, ...]] = {
    "erm": ("none", "ben", "controls"),
    "ben": ("none", "ben", "controls"),
    "arm-bn": ("none", "arm-bn", "ben", "controls"),
    "arm-cml": ("none", "arm-bn", "ben", "controls"),
    "cs-arm-bn": ("none", "ben", "cs-arm-bn", "controls"),
    "controls": ("none", "ben", "controls"),
    "simclr": ("ben", "controls"),
    "minclr": ("ben", "controls"),
}
SPLITS = ("in_domain", "new_batch", "other_lab", "label_shift")
SHARED = {"architecture": "resnet10", "labels": "mechanism", "learning_rate": 3e-3, "weight_decay": 1e-2}
FULL = {"options": {"width": 16}, "epochs": 40}
QUICK = {"options": {"width": 8}, "epochs": 3, "batch_size": 24, "control_batch_size": 16}
DESIGN = ScreenDesign(in_domain=2, new_batch=2, other_lab=2, label_shift=2, training=1)
QUICK_DESIGN = ScreenDesign(in_domain=1, new_batch=1, other_lab=1, label_shift=1, training=1, n_fields=1, size=48)
TILED = ("simclr", "minclr")


def settings_of(method: str, options: argparse.Namespace) -> dict[str, Any]:
    settings = SHARED | (QUICK if options.quick else FULL) | {"scaling": options.scaling}
    if method in TILED:
        side = 24 if options.quick else 64
        settings |= {"tiling": {"size": (side, side), "fit": "tiles"}}
    return settings | ({"epochs": options.epochs} if options.epochs else {})


def judge(path: Path, screen: Screen, methods: tuple[str, ...], threads: int) -> list[dict[str, Any]]:
    """Share of right wells for each split and way of taking statistics."""
    model, rows = nb.load_model(path), []
    for split in SPLITS:
        plates = part_of(screen, split)
        for method in methods:
            right: list[bool] = []
            for name, found in nb.predict(plates, model, method, threads=threads).items():
                truth = plates[name].wells.loc[plates[name].wells["role"] == "treatment", "mechanism"].astype(str)
                right.extend(found.wells["pred_class"].astype(str)[truth.index] == truth)
            rows.append({"split": split, "statistics": method, "accuracy": sum(right) / len(right)})
    return rows


def to_markdown(results: list[dict[str, Any]]) -> str:
    table = pd.DataFrame(results)
    seeds = table.groupby(["training", "statistics", "split"], sort=False)["accuracy"].agg(["mean", "min", "max"])
    lines = ["| training | statistics | " + " | ".join(SPLITS) + " |", "|---|---|" + "---|" * len(SPLITS)]
    for training, statistics in dict.fromkeys((one, two) for one, two, _ in seeds.index):
        cells = [seeds.loc[(training, statistics, split)] for split in SPLITS]
        words = [f"{cell['mean']:.3f} ({cell['min']:.2f}–{cell['max']:.2f})" for cell in cells]
        lines.append(f"| `{training}` | `{statistics}` | " + " | ".join(words) + " |")
    return "\n".join([*lines, "", f"Well accuracy; seeds {', '.join(map(str, sorted(table['seed'].unique())))}."])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("training-methods"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--scaling", choices=["range", "plate"], default="range")
    parser.add_argument("--epochs", type=int, help="instead of 40")
    parser.add_argument("--quick", action="store_true", help="tiny images, three epochs")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    done = options.out / "results.json"
    results = json.loads(done.read_text()) if done.exists() else []
    for seed in options.seeds:
        screen = nb.open_screen(sample_screen(seed, QUICK_DESIGN if options.quick else DESIGN))
        for method in options.methods:
            if any((row["training"], row["seed"]) == (method, seed) for row in results):
                continue
            start = time.perf_counter()
            path = options.out / f"{method}-{seed}.safetensors"
            if not path.exists():
                resume = path.with_name(path.name + ".checkpoint").exists()
                settings = settings_of(method, options) | {"seed": seed}
                training = part_of(screen, "training")
                nb.train(training, method, out=path, resume=resume, threads=options.threads, **settings)
            found = judge(path, screen, METHODS[method], options.threads)
            results += [{"training": method, "seed": seed, **row} for row in found]
            done.write_text(json.dumps(results, indent=1))
            print(f"seed {seed}, {method}: {(time.perf_counter() - start) / 60:.1f} min", file=sys.stderr, flush=True)
    table = to_markdown(results)
    (options.out / "table.md").write_text(table + "\n", encoding="utf-8")
    print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
