"""The runs of a plate that can be looked at side by side, and what a pair of them shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.embedding import pca
from napari_ben.evaluation import Estimate, changed_wells, judge
from napari_ben.results import Predictions

__all__ = ["RunPair", "add_run", "changed_since", "compare_pair", "run_name"]

KEPT = 8
_TOLD_APART_BY = ("model", "method_title", "alignment", "context", "control_weight", "reducer")


@dataclass(frozen=True, eq=False)
class RunPair:
    """Two runs of one plate, side by side.

    Parameters
    ----------
    before, after
        The runs.
    accuracies
        Of each, over wells; NaN where no class is known.
    table
        One row a run of the plate that can be compared, index its place among them: ``name``, ``right`` (an
        `Estimate` over wells), and the wells of each class.
    changed
        Wells whose class differs, index ``well``, columns ``before`` and ``after``.
    places
        Of each run's fields, (n, 2) float32 on the same axes where both have embeddings of one size.
    shares_axes
        Whether they do.
    """

    before: Predictions
    after: Predictions
    accuracies: tuple[Estimate, Estimate]
    table: pd.DataFrame
    changed: pd.DataFrame
    places: tuple[NDArray[np.float32], NDArray[np.float32]]
    shares_axes: bool


def compare_pair(before: Predictions, after: Predictions, runs: Sequence[Predictions] = ()) -> RunPair:
    """Put two runs of a plate side by side, and all of its runs into a table."""
    first, second = before.embeddings, after.embeddings
    alignments = [run.run.get("alignment") for run in (before, after)]  # each turns the axes
    shares_axes = first.shape[1] == second.shape[1] and alignments[0] == alignments[1]
    if shares_axes:
        both = pca(np.concatenate([first, second])).astype(np.float32)
        places = both[: len(first)], both[len(first) :]
    else:
        places = pca(first).astype(np.float32), pca(second).astype(np.float32)
    return RunPair(
        before=before,
        after=after,
        accuracies=(judge(before)[0], judge(after)[0]),
        table=tabulate(runs or (before, after)),
        changed=changed_wells(before, after),
        places=places,
        shares_axes=shares_axes,
    )


def tabulate(runs: Sequence[Predictions]) -> pd.DataFrame:
    """Give one row a run: its name, how right it is over wells, and how many wells it gives each class."""
    classes = list(dict.fromkeys(name for run in runs for name in run.classes))
    counts = [run.wells["pred_class"].value_counts() for run in runs]
    table = pd.DataFrame(counts).reset_index(drop=True).reindex(columns=classes).fillna(0).astype(int)
    table.insert(0, "name", _short_names(runs))
    table.insert(1, "right", [judge(run)[0] for run in runs])
    return table


def _short_names(runs: Sequence[Predictions]) -> list[str]:
    """Name runs without the model, where all have the same."""
    models = {str(run.run.get("model", {}).get("name", "")) for run in runs}
    shared = f" · {next(iter(models))}" if len(models) == 1 else ""
    return [run_name(run).removesuffix(shared) for run in runs]


def add_run(runs: Sequence[Predictions], run: Predictions) -> tuple[Predictions, ...]:
    """Keep a finished run, in place of an older one that was made the same way."""
    others = [known for known in runs if _identity(known.run) != _identity(run.run)]
    return (*others[-(KEPT - 1) :], run)


def changed_since(runs: Sequence[Predictions], shown: Predictions | None) -> pd.DataFrame | None:
    """List the wells to which the run that is shown gives another class than the latest of the others did.

    Returns
    -------
    pandas.DataFrame or None
        Index ``well``, columns ``before`` and ``after``; None where there is no other run.
    """
    others = [] if shown is None else [run for run in runs if run.logits is not shown.logits]
    return changed_wells(others[-1], shown) if shown is not None and others else None


def _identity(run: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(repr(run.get(key)) for key in _TOLD_APART_BY)


def run_name(predictions: Predictions) -> str:
    """Name a run by how it was made.

    Returns
    -------
    str
        Such as ``CS-ARM-BN · 16 wells, 32 images · controls 67 % · sample-cs-arm-bn``.
    """
    run = predictions.run
    context, weight = run.get("context"), run.get("control_weight")
    parts = [str(run.get("method_title", "a run"))]
    if context:
        parts.append(str(context["text"]))
    if isinstance(weight, float):
        parts.append(f"controls {weight:.0%}".replace("%", " %"))
    return " · ".join([*parts, str(run.get("model", {}).get("name", ""))])
