"""Figures of a comparison: every method has a colour and a marker, so that they are told apart without colour too."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from napari_ben.results._figures import INK, QUIET, STYLE
from napari_ben.results._palette import class_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["accuracy_figure", "batch_effect_figure", "class_figure", "drift_figure", "sweep_figure"]

_MARKERS = "osD^vP*X<>hp"
EDGE: Any = {"markeredgecolor": INK, "markeredgewidth": 0.6}


def accuracy_figure(summary: pd.DataFrame) -> "Figure":
    """Draw well accuracy with its interval: a row a model and method, a panel a group of plates.

    Parameters
    ----------
    summary
        ``group``, ``model``, ``method``, ``well_accuracy``, ``well_low``, ``well_high``.
    """
    groups = list(dict.fromkeys(summary["group"]))
    names = list(dict.fromkeys(_names(summary)))
    looks = _looks(names)
    figure, panels = panels_of(len(groups), 2.6, 0.9 + 0.34 * len(names), share_y=True)
    for axes, group in zip(panels, groups, strict=True):
        part = summary[summary["group"] == group]
        for name, row in zip(_names(part), part.itertuples(), strict=True):
            height, (colour, marker) = names.index(name), looks[name]
            axes.plot([row.well_low, row.well_high], [height, height], color=colour, linewidth=2)
            axes.plot([row.well_accuracy], [height], marker, color=colour, markersize=7, **EDGE)
        axes.set(xlim=(-0.02, 1.02), ylim=(len(names) - 0.4, -0.6), yticks=range(len(names)))
        axes.set_yticklabels(names, fontsize=8.5, color=INK)
        axes.set_title(str(group) or "all plates", loc="left", fontsize=10, color=INK)
        axes.set_xlabel("well accuracy", fontsize=9, color=QUIET)
        axes.grid(axis="x", color="#E5E5E5", linewidth=0.7)
    return figure


def class_figure(classes: pd.DataFrame) -> "Figure":
    """Draw the share of each class's wells that was found: a heat map, a row a group, model and method.

    Parameters
    ----------
    classes
        ``group``, ``model``, ``method``, ``truth``, ``accuracy``.
    """
    table = classes.assign(
        row=[f"{group}  {name}" for group, name in zip(classes["group"], _names(classes), strict=True)]
    )
    grid = table.pivot_table(index="row", columns="truth", values="accuracy", sort=False)
    figure, (axes,) = panels_of(1, 1.8 + 0.75 * grid.shape[1], 1.4 + 0.3 * len(grid))
    axes.imshow(grid.to_numpy(), cmap="cividis", vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(grid.to_numpy()):
        text = "" if np.isnan(value) else f"{value:.2f}"
        axes.text(column, row, text, ha="center", va="center", fontsize=7.5, color="white" if value < 0.6 else INK)
    axes.set_xticks(range(grid.shape[1]), list(grid.columns), rotation=40, ha="right", fontsize=8.5)
    axes.set_yticks(range(len(grid)), list(grid.index), fontsize=8.5)
    axes.tick_params(length=0)
    return figure


def sweep_figure(sweep: pd.DataFrame, title: str, unit: str) -> "Figure":
    """Draw accuracy over what was varied: a line a model and method, a band where draws and plates give an interval.

    Parameters
    ----------
    sweep
        ``setting``, ``model``, ``method``, ``group``, ``accuracy``, ``low``, ``high``.
    title, unit
        Of the axis that was varied, logarithmic.
    """
    groups = list(dict.fromkeys(sweep["group"]))
    looks = _looks(list(dict.fromkeys(_names(sweep))))
    figure, panels = panels_of(len(groups), 3.4, 3.1, share_y=True)
    for axes, group in zip(panels, groups, strict=True):
        part = sweep[sweep["group"] == group].assign(name=lambda table: _names(table))
        for name, line in part.groupby("name", sort=False):
            colour, marker = looks[str(name)]
            ordered = line.sort_values("setting")
            axes.fill_between(
                ordered["setting"], ordered["low"], ordered["high"], color=colour, alpha=0.15, linewidth=0
            )
            axes.plot(ordered["setting"], ordered["accuracy"], marker=marker, color=colour, label=name, markersize=5)
        axes.set(xscale="log", ylim=(-0.02, 1.02))
        settings = sorted(set(part["setting"]))
        axes.set_xticks(settings, [f"{value:g}" for value in settings], fontsize=8)
        axes.minorticks_off()
        axes.set_title(str(group) or "all plates", loc="left", fontsize=10, color=INK)
        axes.set_xlabel(f"{title}\n{unit}", fontsize=9, color=QUIET)
        axes.grid(color="#E5E5E5", linewidth=0.7)
    panels[0].set_ylabel("well accuracy", fontsize=9, color=QUIET)
    panels[-1].legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, fontsize=8, labelcolor=INK)
    return figure


def batch_effect_figure(effects: pd.DataFrame) -> "Figure":
    """Draw how much of each embedding is the plate: three panels, a row a model and method.

    Parameters
    ----------
    effects
        ``model``, ``method``, ``plate_predictability``, ``chance``, ``control_distance``, ``replicate_precision``.
    """
    figures = {
        "plate_predictability": "plate named from controls",
        "control_distance": "controls: between / within plates",
        "replicate_precision": "replicates found (mAP)",
    }
    shown = [name for name in figures if effects[name].notna().any()]
    names = list(_names(effects))
    looks = _looks(names)
    figure, panels = panels_of(len(shown), 2.6, 0.9 + 0.34 * len(names), share_y=True)
    for axes, column in zip(panels, shown, strict=True):
        for height, (name, value) in enumerate(zip(names, effects[column], strict=True)):
            colour, marker = looks[name]
            axes.plot([value], [height], marker, color=colour, markersize=8, **EDGE)
        ideal = {"plate_predictability": float(effects["chance"].mean()), "control_distance": 1.0}.get(column)
        if ideal is not None:
            axes.axvline(ideal, color=QUIET, linewidth=1, linestyle=(0, (3, 2)))
        axes.set(ylim=(len(names) - 0.4, -0.6), yticks=range(len(names)))
        axes.set_yticklabels(names, fontsize=8.5, color=INK)
        axes.set_xlabel(figures[column], fontsize=9, color=QUIET)
        axes.grid(axis="x", color="#E5E5E5", linewidth=0.7)
    return figure


def drift_figure(drift: pd.DataFrame) -> "Figure":
    """Draw how far each plate's statistics lie from the training's, over the depth of the network.

    Parameters
    ----------
    drift
        ``plate``, ``depth``, ``distance``.
    """
    plates = list(dict.fromkeys(drift["plate"]))
    looks = _looks([str(name) for name in plates])
    figure, (axes,) = panels_of(1, 5.6, 3.2)
    for name in plates:
        part = drift[drift["plate"] == name]
        colour, marker = looks[str(name)]
        axes.plot(part["depth"], part["distance"], marker=marker, markersize=4, color=colour, label=str(name))
    axes.set_xlabel("normalisation layer, from the input", fontsize=9, color=QUIET)
    axes.set_ylabel("distance (standard deviations)", fontsize=9, color=QUIET)
    axes.grid(color="#E5E5E5", linewidth=0.7)
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, fontsize=8, labelcolor=INK)
    return figure


def _names(table: pd.DataFrame) -> list[str]:
    return [f"{model} · {method}" for model, method in zip(table["model"], table["method"], strict=True)]


def _looks(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    colours = class_colours(names)
    return {name: (colours[name], _MARKERS[number % len(_MARKERS)]) for number, name in enumerate(colours)}


def panels_of(count: int, width: float, height: float, *, share_y: bool = False) -> "tuple[Figure, list[Axes]]":
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=(1.8 + width * count, height + 0.6), layout="constrained")
        grid: Any = figure.subplots(1, count, sharey=share_y, squeeze=False)
    panels = list(grid[0])
    for axes in panels:
        axes.tick_params(labelsize=8, colors=QUIET)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    return figure, panels
