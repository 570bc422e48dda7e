"""The figure of a screen: how good each plate is, at a glance."""

from typing import TYPE_CHECKING

import pandas as pd

from napari_ben.results._comparison_figures import EDGE, panels_of
from napari_ben.results._figures import INK, QUIET
from napari_ben.results._palette import class_colours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["screen_figure"]

_TITLES = {
    "accuracy": "accuracy of wells",
    "separation": "controls told apart",
    "drift": "drift from the training",
    "stability": "stability of classes",
}
_LIMITS = {"accuracy": (-0.02, 1.02), "separation": (0.38, 1.02), "stability": (-0.02, 1.02)}


def screen_figure(plates: pd.DataFrame) -> "Figure | None":
    """Draw the scores of plates: a row a plate, a panel a score, coloured by experiment; None where none is known.

    Parameters
    ----------
    plates
        Index ``plate``; ``experiment``, ``accuracy``, ``accuracy_low``, ``accuracy_high``, ``separation``, ``drift``,
        ``stability``.
    """
    shown = [name for name in _TITLES if plates[name].notna().any()]
    if not shown:
        return None
    names = [str(name) for name in plates.index]
    colours = class_colours(tuple(dict.fromkeys(plates["experiment"])))
    figure, panels = panels_of(len(shown), 2.2, 0.9 + 0.2 * len(names), share_y=True)
    for axes, score in zip(panels, shown, strict=True):
        for height, (value, experiment) in enumerate(zip(plates[score], plates["experiment"], strict=True)):
            axes.plot([value], [height], "o", color=colours[experiment], markersize=5, **EDGE)
        if score == "accuracy":
            low, high = plates["accuracy_low"], plates["accuracy_high"]
            axes.hlines(range(len(names)), low, high, color=QUIET, linewidth=1, zorder=1)
        axes.set(ylim=(len(names) - 0.4, -0.6), yticks=range(len(names)), xlim=_LIMITS.get(score, (0, None)))
        axes.set_yticklabels(names, fontsize=7.5, color=INK)
        axes.set_xlabel(_TITLES[score], fontsize=9, color=QUIET)
        axes.grid(axis="x", color="#E5E5E5", linewidth=0.7)
    return figure
