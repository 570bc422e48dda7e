"""The main job without a window: two plates, three methods, one table.

A plate of the training experiments and one of another laboratory are predicted without adaptation and with two ways of
adapting. What is written is what a person would look at first: accuracies, plate maps, embeddings.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from napari_ben.cli._progress import follow

if TYPE_CHECKING:
    from napari_ben.evaluation import Run
    from napari_ben.plates import Plate, Screen

SPLITS = ("in_domain", "other_lab")
RUNS = {
    "none": "sample-erm",
    "ben": "sample-cs-arm-bn",
    "cs-arm-bn": "sample-cs-arm-bn",
}
SUMMARY = "summary.json"


def run_demo(out: Path, seed: int) -> None:
    """Predict the sample plates, save what was found under `out`, and print the accuracies.

    Raises
    ------
    SaveError
        When the results cannot be written.
    """
    from napari_ben.readers import open_screen
    from napari_ben.samples import ScreenDesign, sample_screen

    screen = open_screen(sample_screen(seed, ScreenDesign(in_domain=1, new_batch=0, other_lab=1)))
    runs = {split: _run_all(_first_plate(screen, split)) for split in SPLITS}
    _save(runs, out)
    typer.echo(_in_words(runs))
    typer.echo(f"Figures and tables → {out}")


def _first_plate(screen: "Screen", split: str) -> "Plate":
    return screen[str(screen.table.index[screen.table["split"] == split][0])]


def _run_all(plate: "Plate") -> "list[Run]":
    from napari_ben.evaluation import Run
    from napari_ben.models import load_model
    from napari_ben.workflow import InputCache, PredictConfig, plan_prediction, run_prediction

    cache = InputCache()
    runs = []
    for method, name in RUNS.items():
        plan = plan_prediction(plate, load_model(name), PredictConfig(method=method))
        runs.append(Run(name, method, follow(run_prediction(plan, cache), f"{plate.name}, {plan.method.title}")))
    return runs


def summarise(runs: "Mapping[str, list[Run]]") -> dict[str, dict[str, float]]:
    """Give the well accuracy of every method on the plates of every split."""
    from napari_ben.evaluation import judge

    return {
        split: {run.method: round(judge(run.predictions)[0].value, 4) for run in members}
        for split, members in runs.items()
    }


def _save(runs: "Mapping[str, list[Run]]", out: Path) -> None:
    from napari_ben.evaluation import compare_runs
    from napari_ben.results import write_folder

    for split, members in runs.items():
        for run in members:
            run.predictions.save(out / f"{split}-{run.method}")
    table = compare_runs([run for members in runs.values() for run in members])

    def write(folder: Path) -> None:
        (folder / SUMMARY).write_text(json.dumps(summarise(runs), indent=2) + "\n", encoding="utf-8")
        table.to_csv(folder / "comparison.csv", index=False, lineterminator="\n")

    write_folder(out, write, SUMMARY)


def _in_words(runs: "Mapping[str, list[Run]]") -> str:
    import pandas as pd

    from napari_ben.evaluation import to_markdown

    summary = pd.DataFrame(summarise(runs)).rename_axis("method").reset_index()
    return "Well accuracy\n\n" + to_markdown(summary.rename(columns=lambda name: name.replace("_", " ")))
