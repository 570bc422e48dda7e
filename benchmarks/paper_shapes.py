"""The shape of the papers' tables on the sample screen: ``python benchmarks/paper_shapes.py FOLDER``.

Every recipe is trained as published, with several seeds, on two plates of each training experiment; each is judged on
plates that it has not seen: of the training experiments, of a new batch, of another laboratory. What the papers found
is then asked of the table, one sentence at a time, and where this screen does not show it, the table says so.

Runs for hours on a processor, so it runs in pieces: every epoch and every run is kept under FOLDER, and the same
command goes on where it stopped. ``--minutes`` stops by itself; ``--write`` puts the tables into
docs/paper-shapes.md.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from napari_ben.evaluation import bootstrap_accuracy
from napari_ben.readers import open_screen
from napari_ben.results import markdown_table
from napari_ben.samples import ScreenDesign, sample_screen
from napari_ben.training import TrainingConfig
from napari_ben.workflow import (
    CompareConfig,
    find_contenders,
    find_entrants,
    plan_comparison,
    run_comparison,
    run_training,
)

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "paper-shapes.md"
START, END = "<!-- tables: benchmarks/paper_shapes.py -->", "<!-- end of tables -->"
TRAINING = ScreenDesign(in_domain=0, new_batch=0, other_lab=0, training=2)
JUDGED = ScreenDesign(in_domain=2, new_batch=2, other_lab=2, training=1)
SHARED = {
    "architecture": "resnet10",
    "options": {"width": 16},
    "labels": "mechanism",
    "learning_rate": 3e-3,
    "weight_decay": 1e-2,
    "random_context": False,
    "crop": 96,
    "precision": "mixed",
}
RECIPES: dict[str, dict[str, Any]] = {
    "erm": {"method": "erm", "epochs": 20},
    "ben": {"method": "ben", "epochs": 30, "batch_size": 75},
    "arm-bn": {"method": "arm-bn", "epochs": 30, "batch_size": 50},
    "cs-arm-bn": {"method": "cs-arm-bn", "epochs": 30, "batch_size": 64, "control_batch_size": 128},
    "controls": {"method": "controls", "epochs": 30},
}
ALIGNED = ("unaligned", "tvn-efaar", "tvn-csarmbn", "tvn-ando2017", "coral")
METHODS = {
    "erm": ("none", "ben", *ALIGNED),
    "ben": ("ben",),
    "arm-bn": ("arm-bn",),
    "cs-arm-bn": ("cs-arm-bn", "cs-arm-bn@count"),
    "controls": ("controls",),
}
SWEPT = {"ben", "arm-bn", "cs-arm-bn", "controls"}
HEADER = """# The shape of the papers' tables, on the sample screen

Made by `python benchmarks/paper_shapes.py FOLDER --write`, which says how each recipe was trained. What the papers
report is asked of the table one sentence at a time; where this screen does not show it, the table says so.
"""
GROUPS = {"in_domain": "training experiments", "new_batch": "new batch", "other_lab": "other laboratory"}


class OutOfTimeError(Exception):
    """The time that was given is used up; what was done is kept."""


@dataclass(frozen=True)
class Piece:
    """What this call does: where, with which seeds, until when."""

    folder: Path
    seeds: tuple[int, ...]
    screens: tuple[int, ...]
    recipes: tuple[str, ...]
    deadline: float
    epochs: int | None

    def drain(self, steps: Any, say: Callable[[Any], None] = lambda _: None) -> Any:
        """Carry steps through, or stop in the middle and say so."""
        while True:
            try:
                say(next(steps))
            except StopIteration as finished:
                return finished.value
            if time.monotonic() > self.deadline:
                steps.close()
                raise OutOfTimeError


def train(piece: Piece, recipe: str, seed: int) -> Path:
    out = piece.folder / "models" / f"{recipe}-{seed}.safetensors"
    if out.exists():
        return out
    out.parent.mkdir(parents=True, exist_ok=True)
    options = {**SHARED, **RECIPES[recipe], "seed": seed}
    options |= {} if piece.epochs is None else {"epochs": piece.epochs}
    plates = open_screen(sample_screen(0, TRAINING)).plates
    resume = out.with_name(out.name + ".checkpoint").exists()
    steps = run_training(plates, TrainingConfig(**options), out, resume=resume, threads=1)

    def say(epoch: Any) -> None:
        if getattr(epoch, "is_complete", False):
            print(f"{recipe} {seed}: epoch {epoch.number} of {epoch.n_epochs}", file=sys.stderr, flush=True)

    piece.drain(steps, say)
    return out


def judge(piece: Piece, recipe: str, screen_seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judged wells and sweeps of one recipe on one screen, all seeds."""
    screen = open_screen(sample_screen(screen_seed, JUDGED))
    entrants = find_entrants(screen, "split")
    reference = tuple(one.plate.name for one in entrants if one.group == "training")
    is_swept = recipe in SWEPT
    config = CompareConfig(
        methods=METHODS[recipe],
        labels="mechanism",
        reference=reference if recipe == "erm" else (),
        sweeps=("queries", "label-shift") if is_swept else (),
        context_sizes=(1, 4, 16),
        threads=1,
    )
    taking_part = entrants if recipe == "erm" else [one for one in entrants if one.group != "training"]
    models = [f"{recipe}={train(piece, recipe, seed)}" for seed in piece.seeds]
    trials = plan_comparison(taking_part, find_contenders(models), config)
    if is_swept:
        trials = tuple(trial for trial in trials if trial.sweep is None or trial.entrant.group == "other_lab")
    found = piece.drain(run_comparison(trials, config, piece.folder / "compare"))
    judged = found.judged[found.judged["group"] != "training"].assign(screen=screen_seed)
    return judged, found.sweeps.assign(screen=screen_seed)


def accuracies(judged: pd.DataFrame) -> pd.DataFrame:
    """One row a recipe and method, one column a group of plates, with its interval."""
    rows = []
    for (recipe, method), part in judged.groupby(["model", "method"], sort=False):
        cells = {words: str(bootstrap_accuracy(part[part["group"] == group])) for group, words in GROUPS.items()}
        rows.append({"trained": recipe, "statistics": method, **cells})
    return pd.DataFrame(rows)


def accuracy(judged: pd.DataFrame, recipe: str, method: str, group: str) -> float:
    chosen = judged[(judged["model"] == recipe) & (judged["method"] == method) & (judged["group"] == group)]
    return bootstrap_accuracy(chosen, n_resamples=1).value


def swept(sweeps: pd.DataFrame, name: str, recipe: str, method: str, setting: float | str) -> float:
    chosen = sweeps[(sweeps["sweep"] == name) & (sweeps["model"] == recipe) & (sweeps["method"] == method)]
    wanted = chosen["setting"].max() if setting == "all" else setting
    return float(chosen.loc[chosen["setting"] == wanted, "accuracy"].mean())


def claims(judged: pd.DataFrame, sweeps: pd.DataFrame) -> Iterator[dict[str, str]]:
    """Each claim of the papers, what was found, and whether that is it; thresholds stand in the words."""
    home, new, away = (accuracy(judged, "erm", "none", group) for group in GROUPS)
    gap = home - away
    yield _claim("ERM falls on a new batch, by 0.05 or more", home - new >= 0.05, f"{home:.3f} → {new:.3f}")
    yield _claim("ERM falls at another laboratory, by 0.05 or more", gap >= 0.05, f"{home:.3f} → {away:.3f}")
    tvn = {name: accuracy(judged, "erm", name, "other_lab") for name in ALIGNED if name.startswith("tvn")}
    best = max(tvn, key=lambda name: tvn[name])
    yield _claim(
        "TVN does not close that gap: its best variant regains less than half",
        tvn[best] - away < gap / 2,
        f"{best}: {tvn[best]:.3f}",
    )
    for recipe in ("arm-bn", "ben", "cs-arm-bn"):
        there = accuracy(judged, recipe, METHODS[recipe][0], "other_lab")
        yield _claim(f"{recipe} closes it: regains 0.8 of it or more", there - away >= 0.8 * gap, f"{there:.3f}")
    for recipe, collapses in (("arm-bn", True), ("ben", True), ("cs-arm-bn", False), ("controls", False)):
        even, one = (swept(sweeps, "label-shift", recipe, METHODS[recipe][0], alpha) for alpha in (10.0, 0.01))
        words = "loses 0.2 or more" if collapses else "loses less than 0.1"
        fits = even - one >= 0.2 if collapses else even - one < 0.1
        yield _claim(f"Dirichlet 10 → 0.01: {recipe} {words}", fits, f"{even:.3f} → {one:.3f}")
    every, few = (swept(sweeps, "queries", "cs-arm-bn", "cs-arm-bn@count", n) for n in ("all", 1))
    kept = swept(sweeps, "queries", "cs-arm-bn", "cs-arm-bn", 1)
    yield _claim(
        "One query beside all controls, every image counting once: loses 0.1 or more",
        every - few >= 0.1,
        f"{every:.3f} → {few:.3f}",
    )
    yield _claim(
        "The controls' weight of training regains a third of that",
        kept - few >= (every - few) / 3,
        f"{kept:.3f} against {few:.3f}",
    )


def _claim(words: str, holds: Any, found: str) -> dict[str, str]:
    verdict = "not to be said" if "nan" in found else "yes" if holds else "no: not shown on this screen"
    return {"claim": words, "found": found, "holds here": verdict}


def tables(piece: Piece) -> str:
    judged, sweeps = (
        pd.concat(parts, ignore_index=True)
        for parts in zip(
            *(judge(piece, recipe, seed) for recipe in piece.recipes for seed in piece.screens), strict=True
        )
    )
    judged["plate"] = judged["plate"] + " " + judged["screen"].astype(str)
    text = [markdown_table(accuracies(judged))]
    text.append(
        f"Well accuracy with 95 % bootstrap intervals over plates, their wells and seeds: seeds "
        f"{', '.join(map(str, piece.seeds))}, screens {', '.join(map(str, piece.screens))}, "
        f"{judged['plate'].nunique()} plates; chance is 0.125. Heads of aligned embeddings were fitted on twelve "
        f"plates of the training experiments.\n"
    )
    if len(sweeps):
        means = sweeps.groupby(["sweep", "model", "method", "setting"], sort=False, as_index=False)["accuracy"].mean()
        for name, part in means.groupby("sweep", sort=False):
            wide = part.pivot(index=["model", "method"], columns="setting", values="accuracy").reset_index()
            text += [f"{name}, other laboratory:\n", markdown_table(wide)]
    if set(piece.recipes) == set(RECIPES):
        text.append(markdown_table(pd.DataFrame(claims(judged, sweeps))))
    return "\n".join(text)


def write_into(document: Path, text: str) -> None:
    whole = document.read_text(encoding="utf-8") if document.exists() else f"{HEADER}\n{START}\n{END}\n"
    before, rest = whole.split(START, 1)
    document.write_text(f"{before}{START}\n{text}\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where models and runs are kept")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--screens", type=int, nargs="+", default=[1, 2], help="seeds of the screens judged")
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after this long")
    parser.add_argument("--epochs", type=int, help="instead of each recipe's own, for a trial")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/paper-shapes.md")
    options = parser.parse_args()
    deadline = time.monotonic() + 60 * options.minutes
    piece = Piece(
        options.folder,
        tuple(options.seeds),
        tuple(options.screens),
        tuple(options.recipes),
        deadline,
        options.epochs,
    )
    try:
        text = tables(piece)
    except OutOfTimeError:
        print("Time is up; the same command goes on from here.", file=sys.stderr)
        return 3
    print(text)
    if options.write:
        write_into(DOCUMENT, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
