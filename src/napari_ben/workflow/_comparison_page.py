"""The page of a comparison: what was found, and how it was measured."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from napari_ben.evaluation import HEADS, replicate_refusal
from napari_ben.results import Block, accuracy_figure, batch_effect_figure, class_figure, drift_figure, sweep_figure
from napari_ben.workflow._comparison import Comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["comparison_blocks", "comparison_figures"]

_MOST_CLASSES = 40
_SWEEP_WORDS = {
    "context": ("How many context wells are needed", "context wells", "wells, drawn at random"),
    "queries": ("A plate with few treated wells", "treated wells on the plate", "all controls are there"),
    "label-shift": ("A plate of uneven classes", "Dirichlet parameter", "10 is even, 0.01 is one class"),
}


def comparison_figures(comparison: Comparison) -> "Iterator[tuple[str, Figure]]":
    """Draw the figures, each with its name."""
    if not comparison.judged.empty:
        yield "accuracy", accuracy_figure(comparison.summary)
    if _few_classes(comparison):
        yield "classes", class_figure(comparison.classes)
    for name, part in _sweeps(comparison):
        _, axis, unit = _SWEEP_WORDS[name]
        yield f"sweep_{name.replace('-', '_')}", sweep_figure(part, axis, unit)
    if not comparison.effects.empty:
        yield "batch_effects", batch_effect_figure(comparison.effects)
    if not comparison.drift.empty:
        yield "drift", drift_figure(_shown_drift(comparison.drift))


def _sweeps(comparison: Comparison) -> Iterator[tuple[str, pd.DataFrame]]:
    if not comparison.sweeps.empty:
        for name, part in comparison.sweeps.groupby("sweep", sort=False):
            yield str(name), part


def comparison_blocks(comparison: Comparison) -> Iterator[Block]:
    """Put what was found in the order in which it is read."""
    if comparison.judged.empty:
        yield Block("Accuracy", ("No column of the platemap holds the models' classes, so there is no accuracy.",))
    else:
        yield Block(
            "Accuracy",
            (
                "Wells, and fields one by one; the intervals hold 95 % of 2,000 bootstrap resamples of what the last "
                "column names. Each plate counts alike.",
            ),
            comparison.summary,
            "accuracy.png",
            "Well accuracy with its interval, a panel a group of plates.",
        )
        yield _class_block(comparison)
    if not comparison.matches.empty:
        yield Block("Treatments that find their like", (_match_words(comparison),), comparison.matches)
    for name, part in _sweeps(comparison):
        heading, axis, unit = _SWEEP_WORDS[name]
        yield Block(heading, (), part.drop(columns="sweep"), f"sweep_{name.replace('-', '_')}.png", f"{axis} ({unit}).")
    if not comparison.effects.empty:
        yield Block(
            "How much of the embedding is the plate",
            _effect_words(),
            comparison.effects,
            "batch_effects.png",
            "Dashed: where plates do not matter.",
        )
    if not comparison.drift.empty:
        shown = _shown_drift(comparison.drift)
        yield Block(
            "How far each plate is from the training",
            (
                "Distance between the statistics of a plate and those that the model carries from its training, at "
                "every normalisation layer: Wasserstein-2 between normal distributions, in pooled standard deviations, "
                "root mean square over channels. The table takes the root mean square over layers too.",
            ),
            _mean_drift(comparison.drift),
            "drift.png",
            f"{shown['model'].iloc[0]} · {shown['method'].iloc[0]}, layer by layer.",
        )
    yield Block("Run by run", (), comparison.table)
    yield Block("How it was measured", tuple(_measured(comparison)))


def _shown_drift(drift: pd.DataFrame) -> pd.DataFrame:
    """Keep the first model and method: one figure is enough, the table has them all."""
    first = drift.iloc[0]
    is_first = [drift[name] == first[name] for name in ("model", "method", "seed")]
    shown: pd.DataFrame = drift[is_first[0] & is_first[1] & is_first[2]]
    return shown


def _mean_drift(drift: pd.DataFrame) -> pd.DataFrame:
    squares = drift.assign(distance=drift["distance"] ** 2)
    means = squares.groupby(["model", "method", "plate"], sort=False)["distance"].mean()
    return (means**0.5).reset_index()


def _few_classes(comparison: Comparison) -> bool:
    return not comparison.judged.empty and comparison.classes["truth"].nunique() <= _MOST_CLASSES


def _class_block(comparison: Comparison) -> Block:
    words = "Share of each class's wells that was found, and the class that its other wells were most often given."
    classes = comparison.classes
    if _few_classes(comparison):
        return Block("Per class", (words,), classes, "classes.png", "Share of each class's wells that was found.")
    poorest = classes.sort_values("accuracy", kind="stable").head(_MOST_CLASSES)
    shown = f"The {len(poorest)} poorest of {len(classes)} rows; all are in classes.csv."
    return Block("Per class", (words, shown), poorest)


def _match_words(comparison: Comparison) -> str:
    config = comparison.config
    return (
        f"The nearest other treatment, by the cosine of mean embeddings, has the same {config.match!r}: among those of "
        f"another {config.compound!r} (NSC), and among those of another {config.compound!r} and another experiment "
        f"(NSCB). Controls and wells without {config.match!r} take no part; Wilson intervals over treatments."
    )


def _effect_words() -> tuple[str, ...]:
    missing = replicate_refusal()
    precision = (
        f"Replicate precision is left out: {missing}."
        if missing
        else "Replicate precision is the mean average precision of copairs: wells of one treatment on other plates, "
        "ranked by cosine similarity among wells of other treatments on their own plate."
    )
    return (
        "Plate predictability is how often a linear classifier names the plate of a control well at a position that it "
        "has not seen (five folds); chance is one over the number of plates. Control distance is the root mean square "
        "distance of controls on different plates over that on one plate. An embedding without batch effects has "
        "chance and 1; but so has one without any signal, which the accuracies tell apart. Where the statistics or the "
        "alignment come from these very controls their means agree too well, and predictability falls below chance.",
        precision,
    )


def _measured(comparison: Comparison) -> Iterator[str]:
    config, costs = comparison.config, comparison.costs
    yield (f"{costs.describe()}. Every run is kept with its run file under runs/, and napari-ben rerun replays it.")
    yield f"Methods: {', '.join((*config.of_networks, *config.of_embeddings))}."
    if config.of_embeddings:
        reference = ", ".join(config.reference) or "all plates of other experiments, each experiment left out in turn"
        yield (
            f"Aligned and unaligned embeddings are those of the unadapted network. They are classified by a head "
            f"({HEADS[config.head]}), and both head and the shared steps of an alignment are fitted on: {reference}. "
            f"Of the plate that is judged only its negative controls are used."
        )
    if config.sweeps:
        yield (
            f"Sweeps: the first {config.sweep_plates} of each group's plates, {config.draws} draws a setting (more "
            f"where few wells are judged), the same wells for every method; intervals over draws, plates and seeds."
        )
    if "label-shift" in config.sweeps:
        yield (
            "Label shift: class shares are drawn from a Dirichlet distribution and rotated through the classes; half "
            "as many wells as the plate has are drawn, and all controls stay."
        )
    yield from comparison.notes
