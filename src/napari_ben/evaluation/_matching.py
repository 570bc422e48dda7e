"""Does the nearest treatment act in the same way? Matching of treatments by their embeddings.

A treatment's profile is compared with those of all treatments that are not the same compound (NSC; Ljosa et al. 2013,
doi 10.1177/1087057113503553), or neither the same compound nor of the same batch (NSCB; Ando et al. 2017, bioRxiv
161422). The nearest by cosine gives its mechanism. Nothing is trained, so an encoder can be judged on an assay that it
has never seen; its statistics then come from that assay's negative controls (Lin, Lu 2022).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.errors import ArgumentError
from napari_ben.evaluation._comparison import Run
from napari_ben.evaluation._metrics import Estimate, accuracy
from napari_ben.results import Predictions

__all__ = ["Matches", "match_runs", "match_treatments", "treatment_profiles"]


@dataclass(frozen=True, eq=False)
class Matches:
    """Each treatment and its nearest other one.

    Parameters
    ----------
    table
        One row a treatment that has a candidate: its columns, ``nearest`` (row of the profiles), ``matched`` (the
        mechanism of that one) and ``similarity`` (cosine).
    estimate
        Share of them whose mechanism is matched, with its interval.
    left_out
        Treatments without a candidate, such as the only compound of the only batch.
    """

    table: pd.DataFrame
    estimate: Estimate
    left_out: int


def treatment_profiles(
    predictions: Sequence[Predictions], by: Sequence[str], *, batches: Sequence[str] | None = None
) -> tuple[NDArray[np.float64], pd.DataFrame]:
    """Mean embedding of each treatment: fields to wells, then wells to the treatment of a batch.

    Parameters
    ----------
    predictions
        Of the plates of an assay; controls, empty wells and wells without one of `by` take no part.
    by
        Platemap columns that make a treatment, such as ``("compound", "concentration", "mechanism")``.
    batches
        Batch of each of `predictions`; the plates' names when None.

    Returns
    -------
    (n, d) float64, and a table of n rows with the columns of `by`, ``batch`` and ``n_wells``.

    Raises
    ------
    ArgumentError
        When a plate has no such column.
    """
    names = batches if batches is not None else [answer.plate_name for answer in predictions]
    tables, vectors = [], []
    for answer, batch in zip(predictions, names, strict=True):
        absent = [name for name in by if name not in answer.index]
        if absent:
            raise ArgumentError(
                f"Plate {answer.plate_name!r} has no column {absent[0]!r}.",
                f"Choose: {', '.join(map(str, answer.index))}.",
            )
        told = answer.index[["well", *by]].astype(str)
        treated = ~answer.index["role"].isin(["negative_control", "empty"]) & (told != "").all(axis=1)
        tables.append(told[treated].assign(batch=batch, plate=answer.plate_name))
        vectors.append(answer.embeddings[treated.to_numpy()])
    fields = pd.concat(tables, ignore_index=True)
    wells = _means(np.concatenate(vectors), fields, ["batch", "plate", "well", *by])
    treatments = _means(wells[0], wells[1], ["batch", *by])
    table = treatments[1].rename(columns={"n": "n_wells"})
    return treatments[0], table


def match_runs(runs: Sequence[Run], truth: str, compound: str) -> pd.DataFrame:
    """Match the treatments of each model and method: NSC with one profile a treatment, NSCB with one a batch too.

    A treatment is a compound at one concentration where the platemaps have a column of that name; the batch is the
    experiment.

    Returns
    -------
    pandas.DataFrame
        One row a model and method, means over seeds: ``n_treatments``; ``nsc``, ``nsc_low``, ``nsc_high``; ``nscb``,
        ``nscb_low``, ``nscb_high``, which are NaN where no treatment has a candidate.
    """
    cells: dict[tuple[str, str, int], list[Run]] = {}
    for run in runs:
        cells.setdefault((run.model, run.method, run.seed), []).append(run)
    rows = [
        {"model": model, "method": method, **_matched(members, truth, compound)}
        for (model, method, _), members in cells.items()
    ]
    means = pd.DataFrame(rows).groupby(["model", "method"], sort=False, as_index=False).mean()
    return means.astype({"n_treatments": int})


def _matched(runs: Sequence[Run], truth: str, compound: str) -> dict[str, float]:
    answers = [run.predictions for run in runs]
    dosed = all("concentration" in answer.index for answer in answers)
    by = list(dict.fromkeys([compound, *(["concentration"] if dosed else []), truth]))
    row: dict[str, float] = {}
    for rule, batches in (("nsc", [""] * len(runs)), ("nscb", [run.experiment for run in runs])):
        profiles, table = treatment_profiles(answers, by, batches=batches)
        if rule == "nsc":
            row["n_treatments"] = len(table)
        try:
            found = match_treatments(
                profiles, table, truth=truth, compound=compound, batch="batch" if rule == "nscb" else None
            ).estimate
        except ArgumentError:  # one compound, or one batch: nothing to match with
            found = Estimate(nan, nan, nan, 0)
        row |= {rule: found.value, f"{rule}_low": found.low, f"{rule}_high": found.high}
    return row


def _means(
    vectors: NDArray[np.floating[Any]], table: pd.DataFrame, by: list[str]
) -> tuple[NDArray[np.float64], pd.DataFrame]:
    groups = table.groupby(by, sort=True)
    number = groups.ngroup().to_numpy()
    sums = np.zeros((number.max() + 1, vectors.shape[1]))
    np.add.at(sums, number, vectors)
    counts = np.bincount(number)
    return sums / counts[:, None], groups.size().rename("n").reset_index()


def match_treatments(
    profiles: NDArray[np.floating[Any]], table: pd.DataFrame, *, truth: str, compound: str, batch: str | None = None
) -> Matches:
    """Match each treatment with its nearest by cosine: of another compound, and another batch where one is named.

    Parameters
    ----------
    profiles
        (n, d).
    table
        n rows.
    truth, compound, batch
        Columns of the mechanism, the compound and the batch; without a batch this is NSC, with one NSCB.

    Raises
    ------
    ArgumentError
        When no treatment has a candidate.
    """
    vectors = np.asarray(profiles, np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units = vectors / np.where(lengths > 0, lengths, 1)
    similarity = units @ units.T
    for column in (compound, batch):
        if column is not None:
            values = table[column].to_numpy()
            similarity[values[:, None] == values[None]] = -np.inf
    nearest = similarity.argmax(axis=1)
    best = similarity[np.arange(len(table)), nearest]
    has_candidate = np.isfinite(best)
    if not has_candidate.any():
        of = f" or {batch}" if batch else ""
        raise ArgumentError(
            f"No treatment of {len(table)} can be compared: none is of another {compound}{of}.",
            "Give treatments of several compounds and batches, or leave the batch out.",
        )
    matched = table.assign(nearest=nearest, matched=table[truth].to_numpy()[nearest], similarity=best)[has_candidate]
    estimate = accuracy(list(matched[truth]), list(matched["matched"]))
    return Matches(matched, estimate, int((~has_candidate).sum()))
