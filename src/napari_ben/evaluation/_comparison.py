"""Several runs side by side: one row a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd

from napari_ben.evaluation._labels import find_label_column, labelled_wells
from napari_ben.evaluation._metrics import Estimate, accuracy, bootstrap_mean
from napari_ben.results import Predictions


@dataclass(frozen=True)
class Run:
    """One run to be compared.

    Parameters
    ----------
    model, method
        Names.
    predictions
        Of one plate.
    seed
        Number among the models of one recipe.
    group
        The plates that it is averaged with.
    experiment
        The plates that share its batch.
    """

    model: str
    method: str
    predictions: Predictions
    seed: int = 0
    group: str = ""
    experiment: str = ""


def compare_runs(runs: Sequence[Run], labels: str | None = None) -> pd.DataFrame:
    """Put runs side by side, plate by plate.

    Parameters
    ----------
    runs
        Any number, of any plates.
    labels
        Platemap column with the true class; found by itself when left out.

    Returns
    -------
    pandas.DataFrame
        One row a run: ``plate``, ``model``, ``method``, ``n_wells``, ``well_accuracy`` with ``low`` and ``high``
        (Wilson), ``field_accuracy``, ``confidence`` and ``uncertainty`` (means over wells). The accuracies are NaN
        where no well has a known class.
    """
    return pd.DataFrame([_row(run, labels) for run in runs])


def over_plates(comparison: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Average a comparison over its plates, with a bootstrap interval over them.

    Returns
    -------
    pandas.DataFrame
        One row a model and method: ``n_plates``, ``well_accuracy``, ``low``, ``high``, ``field_accuracy``.
    """
    rows = []
    for (model, method), group in comparison.groupby(["model", "method"], sort=False):
        wells = bootstrap_mean(group["well_accuracy"], seed=seed)
        rows.append(
            {
                "model": model,
                "method": method,
                "n_plates": wells.n,
                "well_accuracy": wells.value,
                "low": wells.low,
                "high": wells.high,
                "field_accuracy": float(np.nanmean(group["field_accuracy"])) if wells.n else nan,
            }
        )
    return pd.DataFrame(rows)


def class_counts(runs: Sequence[Run]) -> pd.DataFrame:
    """Count the wells of each predicted class: one row a class, one column a run."""
    columns = {
        f"{run.predictions.plate_name} · {run.model} · {run.method}": run.predictions.wells["pred_class"].value_counts()
        for run in runs
    }
    classes = list(dict.fromkeys(name for run in runs for name in run.predictions.classes))
    return pd.DataFrame(columns).reindex(classes).fillna(0).astype(int).rename_axis("pred_class")


def changed_wells(before: Predictions, after: Predictions) -> pd.DataFrame:
    """List the wells whose class differs between two runs of one plate: ``before``, ``after``, index ``well``."""
    both = pd.DataFrame({"before": before.wells["pred_class"], "after": after.wells["pred_class"]}).dropna()
    return both[both["before"] != both["after"]]


def to_markdown(table: pd.DataFrame) -> str:
    """Write a table in Markdown; figures with three decimals."""
    cells = [[str(name) for name in table.columns], ["---"] * table.shape[1]]
    cells += [[_cell(value) for value in row] for row in table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells) + "\n"


def _row(run: Run, labels: str | None) -> dict[str, object]:
    wells = run.predictions.wells
    of_wells, of_fields = judge(run.predictions, labels)
    return {
        "plate": run.predictions.plate_name,
        "model": run.model,
        "method": run.method,
        "n_wells": of_wells.n,
        "well_accuracy": of_wells.value,
        "low": of_wells.low,
        "high": of_wells.high,
        "field_accuracy": of_fields.value,
        "confidence": float(wells["confidence"].mean()),
        "uncertainty": float(wells["uncertainty"].mean()),
    }


def judge(predictions: Predictions, labels: str | None = None) -> tuple[Estimate, Estimate]:
    """Give the accuracy over wells and over fields; both NaN where no well has a known class and none was asked for.

    Raises
    ------
    ArgumentError
        When `labels` is given but does not hold the classes.
    """
    if labels is None and find_label_column(predictions.wells, predictions.classes) is None:
        return accuracy([], []), accuracy([], [])
    known = labelled_wells(predictions, labels)
    fields = predictions.fields[predictions.fields["well"].isin(known.index)]
    truth = known["truth"].reindex(fields["well"])
    return accuracy(list(known["truth"]), list(known["pred_class"])), accuracy(list(truth), list(fields["pred_class"]))


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
