"""Many runs judged well by well, and what that says about methods: per group of plates, per class, per batch effect."""

from collections.abc import Sequence
from math import isnan, nan
from typing import Any, Literal

import numpy as np
import pandas as pd

from napari_ben.evaluation._batch_effects import (
    control_distance,
    plate_predictability,
    replicate_precision,
    replicate_refusal,
)
from napari_ben.evaluation._comparison import Run
from napari_ben.evaluation._intervals import bootstrap_accuracy, interval_unit
from napari_ben.evaluation._labels import find_label_column, labelled_wells
from napari_ben.evaluation._metrics import Estimate
from napari_ben.results import group_mean

__all__ = ["batch_effects", "class_accuracy", "judge_runs", "summarise"]

_KEYS = ["model", "method"]
_MEASURED = ("plate_predictability", "control_distance", "replicate_precision")
_JUDGED = ["group", "plate", "model", "method", "seed", "well", "truth", "predicted", "is_right"]


def judge_runs(runs: Sequence[Run], labels: str | None = None, unit: Literal["well", "field"] = "well") -> pd.DataFrame:
    """Say for every well (or field) with a known class whether each run found it.

    Returns
    -------
    pandas.DataFrame
        ``group``, ``plate``, ``model``, ``method``, ``seed``, ``well``, ``truth``, ``predicted``, ``is_right``. Runs of
        plates without a known class are absent.

    Raises
    ------
    ArgumentError
        When `labels` is given but does not hold the classes.
    """
    parts = [_judge(run, labels, unit) for run in runs]
    return pd.concat([pd.DataFrame(columns=_JUDGED), *parts], ignore_index=True).astype({"is_right": bool})


def summarise(wells: pd.DataFrame, fields: pd.DataFrame) -> pd.DataFrame:
    """Average judged wells and fields over plates and seeds, with bootstrap intervals.

    Parameters
    ----------
    wells, fields
        From `judge_runs`.

    Returns
    -------
    pandas.DataFrame
        One row a group, model and method: ``n_plates``, ``n_seeds``, ``n_wells``; ``well_accuracy``, ``well_low``,
        ``well_high``; ``field_accuracy``, ``field_low``, ``field_high``; ``interval``, over what they are taken.
    """
    rows = []
    of_fields = dict(list(fields.groupby(["group", *_KEYS], sort=False)))
    for key, judged in wells.groupby(["group", *_KEYS], sort=False):
        well, field = bootstrap_accuracy(judged), bootstrap_accuracy(of_fields[key])
        group, model, method = key
        rows.append(
            {
                "group": group,
                "model": model,
                "method": method,
                "n_plates": judged["plate"].nunique(),
                "n_seeds": judged["seed"].nunique(),
                "n_wells": len(judged[["plate", "well"]].drop_duplicates()),
                **_columns("well", well),
                **_columns("field", field),
                "interval": interval_unit(judged),
            }
        )
    return pd.DataFrame(rows)


def class_accuracy(wells: pd.DataFrame) -> pd.DataFrame:
    """Give the share of each class's wells that was found, per group, model and method.

    Returns
    -------
    pandas.DataFrame
        ``group``, ``model``, ``method``, ``truth``, ``n_wells`` (over seeds), ``accuracy`` and
        ``most_often_taken_for``, empty where nothing was mistaken.
    """
    rows = []
    for (group, model, method, truth), judged in wells.groupby(["group", *_KEYS, "truth"], sort=False):
        wrong = judged.loc[~judged["is_right"], "predicted"]
        rows.append(
            {
                "group": group,
                "model": model,
                "method": method,
                "truth": truth,
                "n_wells": len(judged),
                "accuracy": float(judged["is_right"].mean()),
                "most_often_taken_for": "" if wrong.empty else str(wrong.mode().iloc[0]),
            }
        )
    return pd.DataFrame(rows)


def batch_effects(runs: Sequence[Run]) -> pd.DataFrame:
    """Say how much of each model's and method's embedding is the plate, well by well.

    Returns
    -------
    pandas.DataFrame
        One row a model and method with runs on two plates or more, means over seeds: ``n_plates``, ``n_controls``,
        ``plate_predictability`` (of control wells) with ``chance``, ``control_distance`` (between plates over within),
        ``replicate_precision`` (mean over treatments; NaN where copairs is not installed), ``n_treatments``. None where
        the wells are too few for any of the three.
    """
    cells: dict[tuple[str, str, int], list[Run]] = {}
    for run in runs:
        cells.setdefault((run.model, run.method, run.seed), []).append(run)
    rows = [
        {"model": model, "method": method, **_batch_effect(members)}
        for (model, method, _), members in cells.items()
        if len({member.predictions.plate_name for member in members}) > 1
    ]
    table = pd.DataFrame([row for row in rows if not all(isnan(row[name]) for name in _MEASURED)])
    return table if table.empty else table.groupby(_KEYS, sort=False, as_index=False).mean()


def _columns(unit: str, estimate: Estimate) -> dict[str, float]:
    return {f"{unit}_accuracy": estimate.value, f"{unit}_low": estimate.low, f"{unit}_high": estimate.high}


def _judge(run: Run, labels: str | None, unit: Literal["well", "field"]) -> pd.DataFrame:
    predictions = run.predictions
    if labels is None and find_label_column(predictions.wells, predictions.classes) is None:
        return pd.DataFrame(columns=_JUDGED)
    truth = labelled_wells(predictions, labels)["truth"]
    table = predictions.wells.reset_index(names="well") if unit == "well" else predictions.fields
    known = table[table["well"].isin(truth.index)]
    judged = pd.DataFrame(
        {
            "group": run.group,
            "plate": predictions.plate_name,
            "model": run.model,
            "method": run.method,
            "seed": run.seed,
            "well": known["well"].to_numpy(),
            "truth": truth.reindex(known["well"]).to_numpy(),
            "predicted": known["pred_class"].to_numpy(),
        }
    )
    return judged.assign(is_right=judged["truth"] == judged["predicted"])


def _batch_effect(runs: Sequence[Run]) -> dict[str, Any]:
    values = np.concatenate([_of_wells(run) for run in runs])
    wells = pd.concat([run.predictions.wells.assign(plate=run.predictions.plate_name) for run in runs])
    is_control = (wells["role"] == "negative_control").to_numpy()
    controls, names = values[is_control], wells["plate"][is_control]
    predictability = plate_predictability(controls, list(names), list(wells.index[is_control]))
    is_treated = (~is_control) & (wells["treatment"] != "").to_numpy()
    precision, n_treatments = nan, 0
    if replicate_refusal() is None and is_treated.any():
        treated = wells[is_treated]
        found = replicate_precision(values[is_treated], list(treated["plate"]), list(treated["treatment"]))
        precision, n_treatments = float(found["mean_average_precision"].mean()), len(found)
    return {
        "n_plates": wells["plate"].nunique(),
        "n_controls": int(is_control.sum()),
        "plate_predictability": predictability.value,
        "chance": 1 / max(names.nunique(), 1),
        "control_distance": control_distance(controls, list(names)),
        "replicate_precision": precision,
        "n_treatments": n_treatments,
    }


def _of_wells(run: Run) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    predictions = run.predictions
    return group_mean(predictions.embeddings, predictions.index["well"].to_numpy(dtype=object))
