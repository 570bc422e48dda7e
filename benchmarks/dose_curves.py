"""The dose curves of BBBC013 by every method, in one figure: ``python benchmarks/dose_curves.py PLATE --out FOLDER``.

One small network a method and seed, trained on half of the control wells as docs/recipes/bbbc013.md does, then asked
about the whole plate with the statistics that it was trained for. What is finished lies in FOLDER and is kept;
``--figure FILE`` puts the figure somewhere else.
"""

import argparse
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import napari_ben as nb
from napari_ben.results import class_colours, write_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RECIPE = Path(__file__).resolve().parents[1] / "docs" / "recipes" / "bbbc013.toml"
WAYS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "none": ("erm", "none", {}),
    "plate-norm (pixels)": ("erm", "none", {"scaling": "plate"}),
    "ben": ("ben", "ben", {}),
    "cs-arm-bn": ("cs-arm-bn", "cs-arm-bn", {}),
    "controls": ("controls", "controls", {}),
}
COMPOUNDS = {"Compound of rows A–D": "ABCD", "Compound of rows E–H": "EFGH"}
TAUGHT = "ABEF"  # rows whose controls were trained on
ENDS = {"negative_control": 0, "positive_control": 10}
MARKERS = "osD^v"
DODGE = 0.13
LABELS = ["neg.", *map(str, range(1, 10)), "pos."]


def probabilities(plate: Path, folder: Path, seeds: int, epochs: int | None) -> pd.DataFrame:
    """Answer every well by every method; one row a well, method and seed."""
    parts = []
    for way, (training, method, more) in WAYS.items():
        for seed in range(seeds):
            stem = f"{way.partition(' ')[0]}-{seed}"
            table = folder / f"{stem}.csv"
            if not table.is_file():
                settings = (
                    tomllib.loads(RECIPE.read_text(encoding="utf-8")) | more | ({"epochs": epochs} if epochs else {})
                )
                out = folder / f"{stem}.safetensors"
                model = nb.train([plate], training, out=out, replace=True, seed=seed, **settings)
                wells = nb.predict(nb.open_plate(plate), model, method=method).wells
                wells[["role", "SBS_Doses", "prob_positive_control"]].to_csv(table)
            parts.append(pd.read_csv(table).assign(way=way, seed=seed))
    return pd.concat(parts, ignore_index=True)


def curves(answers: pd.DataFrame) -> pd.DataFrame:
    """Mean over seeds, then mean and range over the wells of a compound and dose; controls are those never shown."""
    wells = (
        answers.groupby(["way", "well", "role", "SBS_Doses"], sort=False)["prob_positive_control"].mean().reset_index()
    )
    wells = wells[(wells["role"] == "treatment") | ~wells["well"].str[0].isin(list(TAUGHT))]
    compound = {row: name for name, rows in COMPOUNDS.items() for row in rows}
    wells = wells.assign(
        compound=wells["well"].str[0].map(compound),
        step=[ENDS.get(role, dose) for role, dose in zip(wells["role"], wells["SBS_Doses"], strict=True)],
    )
    grouped = wells.groupby(["way", "compound", "step"], sort=False)["prob_positive_control"]
    return grouped.agg(["mean", "min", "max", "size"]).reset_index()


def dose_figure(table: pd.DataFrame, seeds: int) -> Figure:
    """Draw a panel a compound, a curve a method; bars run from the lowest to the highest well."""
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    panels = figure.subplots(1, len(COMPOUNDS), sharey=True)
    colours = class_colours(list(WAYS))
    for axes, compound in zip(panels, COMPOUNDS, strict=True):
        for number, way in enumerate(WAYS):
            part = table[(table["way"] == way) & (table["compound"] == compound)].sort_values("step")
            _draw(axes, part, (number - 2) * DODGE, colours[way], MARKERS[number])
        axes.set_title(compound, loc="left", fontsize=14)
        axes.set_xlabel("dose step (1 is the lowest), four wells each", fontsize=13)
        axes.set(ylim=(-0.03, 1.03), xlim=(-0.6, 10.6))
        axes.set_xticks(range(11), LABELS)
        axes.tick_params(labelsize=11.5)
        axes.grid(axis="y", color="#E5E5E5")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("probability of “positive control”, 0–1", fontsize=13)
    handles, labels = panels[0].get_legend_handles_labels()
    order = [labels.index(way) for way in WAYS]
    figure.legend(
        [handles[place] for place in order],
        list(WAYS),
        loc="outside upper center",
        ncols=len(WAYS),
        frameon=False,
        fontsize=13,
    )
    networks = "one network" if seeds == 1 else f"mean of {seeds} networks"
    words = f"neg., pos.: control wells that were not trained on; {networks} a method; bars: lowest to highest well"
    figure.supxlabel(words, fontsize=12, color="#555555")
    return figure


def _draw(axes: "Axes", part: pd.DataFrame, shift: float, colour: str, marker: str) -> None:
    place = part["step"].to_numpy(float) + shift
    mean = part["mean"].to_numpy()
    spread = np.abs(part[["min", "max"]].to_numpy().T - mean)
    is_dose = part["step"].between(1, 9).to_numpy()
    axes.errorbar(place, mean, spread, fmt="none", ecolor=colour, elinewidth=1.4, alpha=0.6)
    axes.plot(place[is_dose], mean[is_dose], color=colour, linewidth=1.8)
    axes.plot(place, mean, marker, color=colour, markersize=7, markeredgecolor="#222222", markeredgewidth=0.6)
    axes.plot([], [], color=colour, marker=marker, markersize=7, markeredgecolor="#222222", label=part["way"].iloc[0])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plate", type=Path)
    parser.add_argument("--out", type=Path, default=Path("dose-curves"))
    parser.add_argument("--figure", type=Path, default=None)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=None)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    table = curves(probabilities(options.plate, options.out, options.seeds, options.epochs))
    table.to_csv(options.out / "dose_curves.csv", index=False)
    write_figure(dose_figure(table, options.seeds), options.figure or options.out / "dose_curves.png")
    print(table.pivot_table(index=["compound", "step"], columns="way", values="mean", sort=False).round(2).to_string())


if __name__ == "__main__":
    main()
