"""Figures for a paper or a lab meeting: the plate map and the embedding, the same bytes every time.

Matplotlib's `Figure` is used directly: pyplot would pick a GUI backend and keep state.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_ben.plates import FORMATS, PlateFormat, row_name, smallest_format
from napari_ben.results._palette import class_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from napari_ben.results._predictions import Predictions

INK, QUIET, FAINT = "#222222", "#777777", "#D9D9D9"
_LEGEND_ROWS = 24
STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Arial", "Helvetica"],
    "svg.fonttype": "none",
    "svg.hashsalt": "napari-ben",
}


def plate_map(predictions: "Predictions") -> "Figure":
    """Draw the plate: a disc a well, coloured by class, smaller where the model is less sure, dotted in the context.

    Sureness is size and not opacity: a pale blue would read as another class.
    """
    plate_format = _format_of(predictions)
    width, height = 3.4 + 0.36 * plate_format.columns, 1.5 + 0.36 * plate_format.rows
    figure, axes = _sheet(predictions, width, height, pad=38)
    colours = class_colours(predictions.classes)
    _draw_empty_wells(axes, plate_format)
    _draw_wells(axes, predictions, colours)
    axes.set(xlim=(-0.6, plate_format.columns - 0.4), ylim=(plate_format.rows - 0.4, -0.6), aspect="equal")
    step = 1 if plate_format.columns <= 24 else 2
    rows = range(0, plate_format.rows, step)
    axes.set_xticks(range(0, plate_format.columns, step), [str(n + 1) for n in range(0, plate_format.columns, step)])
    axes.set_yticks(rows, [row_name(row) for row in rows])
    axes.tick_params(length=0, labelsize=8, colors=QUIET, top=False, labeltop=True, labelbottom=False)
    _draw_legend(axes, predictions, colours, unit="well")
    return figure


def embedding_map(predictions: "Predictions", layout: str) -> "Figure":
    """Draw one layout: a point a field, coloured by class, ringed in the context.

    Raises
    ------
    KeyError
        When the predictions have no such layout.
    """
    figure, axes = _sheet(predictions, 7.6, 5.4, pad=26)
    axes.set_aspect("equal", adjustable="datalim")
    colours = class_colours(predictions.classes)
    fields = predictions.fields
    points = predictions.layouts[layout]
    edges = [INK if is_context else "#FFFFFF" for is_context in fields["in_context"]]
    axes.scatter(
        points[:, 0],
        points[:, 1],
        s=float(np.clip(6000 / max(len(points), 1), 6, 42)),
        c=[colours[name] for name in fields["pred_class"]],
        edgecolors=edges,
        linewidths=0.6,
        alpha=0.9,
    )
    axes.set_xlabel(f"{layout} 1", color=QUIET, fontsize=9)
    axes.set_ylabel(f"{layout} 2", color=QUIET, fontsize=9)
    axes.set_xticks([])
    axes.set_yticks([])
    _draw_legend(axes, predictions, colours, unit="field")
    return figure


def write_figure(figure: "Figure", path: Path) -> None:
    """Write a figure as PNG or SVG, by the ending of `path`, without a date or a version in it."""
    from matplotlib import rc_context

    metadata: dict[str, Any] = {"Software": None} if path.suffix == ".png" else {"Date": None, "Creator": None}
    with rc_context(STYLE):
        figure.savefig(path, dpi=160, facecolor="white", metadata=metadata)


def _sheet(predictions: "Predictions", width: float, height: float, *, pad: float) -> "tuple[Figure, Axes]":
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.add_subplot()
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title(predictions.plate_name, loc="left", fontsize=13, fontweight="bold", color=INK, pad=pad)
    below_title: Any = {"xytext": (0, pad - 14), "textcoords": "offset points"}
    axes.annotate(_subtitle(predictions), (0, 1), xycoords="axes fraction", fontsize=8.5, color=QUIET, **below_title)
    return figure, axes


def _subtitle(predictions: "Predictions") -> str:
    run = predictions.run
    words = [run.get("method_title"), (run.get("context") or {}).get("description"), run.get("model", {}).get("name")]
    if not predictions.complete:
        words.append("stopped early")
    return "  ·  ".join(str(word) for word in words if word)


def _format_of(predictions: "Predictions") -> PlateFormat:
    stated = predictions.run.get("plate", {}).get("format")
    if stated in FORMATS:
        return FORMATS[stated]
    wells = predictions.wells
    return smallest_format(list(zip(wells["row"].astype(int), wells["column"].astype(int), strict=True)))


def _draw_empty_wells(axes: "Axes", plate_format: PlateFormat) -> None:
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Circle

    rings = [Circle((column, row), 0.42) for row in range(plate_format.rows) for column in range(plate_format.columns)]
    axes.add_collection(PatchCollection(rings, facecolor="none", edgecolor=FAINT, linewidth=0.7))


def _draw_wells(axes: "Axes", predictions: "Predictions", colours: Mapping[str, str]) -> None:
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Circle

    wells = predictions.wells
    chance = 1 / max(len(predictions.classes), 1)
    certainty = ((wells["confidence"] - chance) / max(1 - chance, 1e-9)).clip(0, 1)
    radii = 0.18 + 0.24 * certainty
    places = zip(wells["column"], wells["row"], radii, strict=True)
    discs = [Circle((column, row), radius) for column, row, radius in places]
    faces = [colours[name] for name in wells["pred_class"]]
    axes.add_collection(PatchCollection(discs, facecolor=faces, edgecolor="white", linewidth=0.4))
    context = wells[wells["in_context"].astype(bool)]
    dots = [Circle((column, row), 0.11) for row, column in zip(context["row"], context["column"], strict=True)]
    axes.add_collection(PatchCollection(dots, facecolor=INK, edgecolor="white", linewidth=0.6))


def _draw_legend(axes: "Axes", predictions: "Predictions", colours: Mapping[str, str], *, unit: str) -> None:
    from matplotlib.lines import Line2D

    table = predictions.wells if unit == "well" else predictions.fields
    counts = table["pred_class"].value_counts()
    shown = [name for name in predictions.classes if name in counts]
    if len(shown) > _LEGEND_ROWS:
        shown = [str(name) for name in counts.index[:_LEGEND_ROWS]]
    entries = [_entry(Line2D, f"{name}  ({counts[name]})", colours[name], 9) for name in shown]
    n_context = int(table["in_context"].sum())
    if n_context:
        colour, size, edge = (INK, 5, "white") if unit == "well" else ("white", 8, INK)
        entries.append(_entry(Line2D, f"context  ({n_context})", colour, size, edge))
    if entries and unit == "well":
        entries.append(_entry(Line2D, "smaller: less sure", QUIET, 4))
    if not entries:
        return
    axes.legend(
        handles=entries,
        loc="upper left",
        bbox_to_anchor=(1.02, 1.0),
        frameon=False,
        fontsize=8.5,
        labelcolor=INK,
        alignment="left",
        title=f"Predicted class ({unit}s)",
        title_fontproperties={"size": 8.5, "weight": "bold"},
    )


def _entry(line: Any, label: str, colour: str, size: float, edge: str = "white") -> Any:
    return line([], [], linestyle="none", marker="o", markersize=size, color=colour, markeredgecolor=edge, label=label)
