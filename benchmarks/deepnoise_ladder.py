"""DeepNoise's ladder on the sample screen: ``python benchmarks/deepnoise_ladder.py --out FOLDER``.

Each rung adds one part of DeepNoise (arXiv 2209.05772) and is judged by the wells of plates that were not trained on:
pixels scaled by the cell type (here: by all training plates), by the experiment, by the plate; ArcFace; a mean teacher
that goes on from the ArcFace network, as published, with consistency and pseudo-labels on the judged plates without
their labels; two such models; the layout as a prior.
The paper's numbers are those of one run on one collection; here every rung is run with every seed, and the table says
what it shows, rise or not.

What is finished lies in FOLDER and is not done again, so a stopped run goes on with the same command. ``--quick`` is a
minute's look at whether everything runs; its accuracies mean nothing.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import torch

import napari_ben as nb
from napari_ben.plates import Plate, Screen
from napari_ben.samples import ScreenDesign, sample_screen

SHARED = {"method": "erm", "architecture": "resnet10", "learning_rate": 3e-3, "weight_decay": 1e-2, "batch_size": 64}
FULL = {"options": {"width": 16}, "epochs": 24}
QUICK = {"options": {"width": 8}, "epochs": 3, "batch_size": 32}
DESIGN = ScreenDesign(in_domain=1, new_batch=2, other_lab=2, training=1)
QUICK_DESIGN = ScreenDesign(in_domain=1, new_batch=1, other_lab=1, training=1, n_fields=1, size=48)
TEACHER = {"ramp_up": 3, "pseudo_from": 4, "decays": [[1, 0.5], [4, 0.9]], "last_decay": 0.99}


@dataclass(frozen=True)
class Rung:
    """A name, what it trains, how many such models answer together, and what is asked of the prediction."""

    name: str
    training: dict[str, Any]
    n_models: int = 1
    prediction: dict[str, Any] = field(default_factory=dict)


PLATE = {"scaling": "plate", "scale_over": "plate"}
ARCFACE = {**PLATE, "loss": "arcface", "label_smoothing": 0.0}
STUDENT = {**ARCFACE, "teacher": TEACHER, "learning_rate": 1e-3, "epochs": 12}
RUNGS = (
    Rung("cell-type scaling", {"scaling": "range"}),
    Rung("experiment scaling", {"scaling": "plate", "scale_over": "experiment"}),
    Rung("plate scaling", PLATE),
    Rung("+ ArcFace", ARCFACE),
    Rung("+ mean teacher", STUDENT),
    Rung("+ two models", STUDENT, n_models=2),
    Rung("+ turns and flips", STUDENT, n_models=2, prediction={"test_time": "dihedral"}),
    Rung("+ balancing", STUDENT, n_models=2, prediction={"test_time": "dihedral", "prior": "balance"}),
    Rung("+ assignment", STUDENT, n_models=2, prediction={"test_time": "dihedral", "prior": "both"}),
)


def part_of(screen: Screen, *splits: str) -> Screen:
    names = screen.table.index[screen.table["split"].isin(splits)]
    plates = tuple(plate for plate in screen if plate.name in set(names))
    return Screen(screen.name, screen.path, plates, screen.table.loc[[plate.name for plate in plates]])


def train(training: dict[str, Any], screen: Screen, number: int, seed: int, options: argparse.Namespace) -> Path:
    """Train a model of a rung, unless it is there; rungs that train alike share it."""
    kind = "teacher" if "teacher" in training else "plain"
    parts = (kind, *(training.get(key) for key in ("scaling", "scale_over", "loss")), seed, number)
    path = options.out / ("-".join(map(str, parts)) + ".safetensors")
    if path.exists():
        return path
    judged = [name for name in screen.table.index if screen.table.at[name, "split"] != "training"]
    uses_judged = "teacher" in training
    settings = SHARED | FULL | training | {"seed": 100 * seed + number, "labels": options.labels}
    if options.quick:
        settings |= QUICK
    if uses_judged:
        start = train(ARCFACE, screen, number, seed, options)
        settings |= {"unlabelled_plates": tuple(judged), "start_from": str(start)}
        settings["teacher"] = settings["teacher"] | {"per_plate": per_plate(screen.plates[0], options.labels)}
    resume = path.with_name(path.name + ".checkpoint").exists()
    plates = screen if uses_judged else part_of(screen, "training")
    nb.train(plates, out=path, resume=resume, threads=options.threads, log=path.with_suffix(""), **settings)
    return path


def per_plate(plate: Plate, labels: str) -> int:
    """How often each class stands on a plate: the same for all in this design."""
    counts = plate.wells.loc[plate.wells["role"] == "treatment", labels].value_counts()
    assert counts.nunique() == 1, "the layout promises different counts"
    return int(counts.iloc[0])


def judge(rung: Rung, models: list[Path], screen: Screen, options: argparse.Namespace) -> dict[str, float]:
    """Share of right wells by split."""
    judged = part_of(screen, "in_domain", "new_batch", "other_lab")
    asked = dict(rung.prediction)
    if "prior" in asked:
        asked["per_plate"] = per_plate(judged.plates[0], options.labels)
    found = nb.predict(judged, [nb.load_model(path) for path in models], "none", threads=options.threads, **asked)
    right: dict[str, list[bool]] = {}
    for plate in judged:
        truth = plate.wells.loc[plate.wells["role"] == "treatment", options.labels].astype(str)
        predicted = found[plate.name].wells["pred_class"].astype(str)[truth.index]
        right.setdefault(screen.table.at[plate.name, "split"], []).extend(predicted == truth)
    return {split: sum(answers) / len(answers) for split, answers in right.items()}


def to_markdown(results: list[dict[str, Any]]) -> str:
    """Mean over seeds, and the smallest and largest."""
    table = pd.DataFrame(results)
    splits = [name for name in ("in_domain", "new_batch", "other_lab") if name in table]
    lines = ["| rung | " + " | ".join(splits) + " |", "|---|" + "---|" * len(splits)]
    for rung in RUNGS:
        rows = table[table["rung"] == rung.name]
        if len(rows):
            cells = [f"{rows[s].mean():.3f} ({rows[s].min():.3f}–{rows[s].max():.3f})" for s in splits]
            lines.append(f"| {rung.name} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", f"Well accuracy; seeds {', '.join(map(str, sorted(table['seed'].unique())))}."])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("deepnoise-ladder"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--labels", default="mechanism", help="mechanism (8 classes) or treatment (24)")
    parser.add_argument("--quick", action="store_true", help="tiny images, three epochs")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    done = options.out / "results.json"
    results = json.loads(done.read_text()) if done.exists() else []
    for seed in options.seeds:
        screen = nb.open_screen(sample_screen(seed, QUICK_DESIGN if options.quick else DESIGN))
        for rung in RUNGS:
            if any((row["rung"], row["seed"]) == (rung.name, seed) for row in results):
                continue
            start = time.perf_counter()
            models = [train(rung.training, screen, number, seed, options) for number in range(rung.n_models)]
            found = judge(rung, models, screen, options)
            results.append({"rung": rung.name, "seed": seed, **found})
            done.write_text(json.dumps(results, indent=1))
            minutes = (time.perf_counter() - start) / 60
            print(f"seed {seed}, {rung.name}: {found} in {minutes:.1f} min", file=sys.stderr, flush=True)
    table = to_markdown(results)
    (options.out / "ladder.md").write_text(table + "\n", encoding="utf-8")
    print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
