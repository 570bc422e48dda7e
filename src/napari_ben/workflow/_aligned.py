"""Aligned embeddings of several plates, and what a head that was fitted on other plates makes of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_ben.embedding import ALIGNMENTS, Alignment, fit_alignment
from napari_ben.errors import ArgumentError
from napari_ben.evaluation import HEADS, LinearHead, Run, find_label_column, fit_head, labelled_wells
from napari_ben.results import Predictions, mean_direction
from napari_ben.workflow._compare_config import UNALIGNED, CompareConfig

__all__ = ["AlignedRuns", "align_alone", "align_runs"]

Float64 = NDArray[np.float64]
_PARTICULARS = re.compile(r"\d+|\([^)]*\)")


@dataclass(frozen=True, eq=False)
class AlignedRuns:
    """Runs on aligned embeddings, and what should be known about them.

    Parameters
    ----------
    runs
        One for each base run and alignment.
    notes
        Whole sentences.
    """

    runs: tuple[Run, ...]
    notes: tuple[str, ...]


def align_runs(base: Sequence[Run], config: CompareConfig) -> AlignedRuns:
    """Align the embeddings of one model's unadapted runs, and classify them by heads fitted on other plates.

    No plate is judged by a head, or by shared steps of an alignment, that saw a plate of its experiment; its own
    negative controls are all that is taken from it.

    Parameters
    ----------
    base
        Runs of one model and seed, one a plate.
    config
        Which alignments, which plates of reference, which head.

    Raises
    ------
    ArgumentError
        When no other labelled plate is there to fit a head on, or a plate has fewer than 2 controls.
    """
    runs: list[Run] = []
    notes: list[str] = []
    for name in config.of_embeddings:
        for reference, judged in _splits(base, config):
            alignment = None if name == UNALIGNED else _fit(name, reference)
            head = _fit_head(alignment, reference, config)
            for run in judged:
                extended = None if alignment is None else _extended(alignment, run)
                runs.append(replace(run, method=name, predictions=_classified(run, extended, head, config)))
                notes += () if extended is None else [f"{ALIGNMENTS[name].title}: {note}" for note in extended.notes]
    return AlignedRuns(tuple(runs), _shortest(notes))


def align_alone(run: Run, name: str) -> AlignedRuns:
    """Align the embeddings of one plate on its own controls, where no other plate is there to fit a classifier on.

    The classes stay those of the run: aligning turns the axes, and the network's classifier knows only its own.

    Raises
    ------
    ArgumentError
        When the plate has fewer than 2 images of controls.
    """
    alignment = _fit(name, [run])
    base = run.predictions
    added = {
        "alignment": alignment.recipe.to_dict(),
        "method_title": f"{alignment.recipe.title}, embedding only",
    }
    embeddings = _aligned(alignment, base).astype(np.float32)
    predictions = replace(base, embeddings=embeddings, run={**base.run, **added}, layouts={})
    return AlignedRuns((replace(run, method=name, predictions=predictions),), alignment.notes)


def _shortest(notes: Sequence[str]) -> tuple[str, ...]:
    """Keep one note of each kind: plates differ in their names and counts only."""
    kinds: dict[str, str] = {}
    for note in notes:
        kinds.setdefault(_PARTICULARS.sub("", note), note)
    return tuple(kinds.values())


def _splits(base: Sequence[Run], config: CompareConfig) -> Iterator[tuple[list[Run], list[Run]]]:
    """Plates to fit on, and plates to judge: named ones, or each experiment in turn left out."""
    names = [run.predictions.plate_name for run in base]
    if config.reference:
        inside = [run for run in base if run.predictions.plate_name in config.reference]
        outside = [run for run in base if run.predictions.plate_name not in config.reference]
        yield inside, outside
        return
    is_one = len({run.experiment for run in base}) < 2
    keys = [run.predictions.plate_name if is_one else run.experiment for run in base]
    if len(set(keys)) < 2:
        raise ArgumentError(
            f"Aligned embeddings are judged by a classifier fitted on other plates, and {names[0]!r} is the only one.",
            "Compare more plates of the screen, or leave the alignments out.",
        )
    for key in dict.fromkeys(keys):
        yield (
            [run for run, own in zip(base, keys, strict=True) if own != key],
            [run for run, own in zip(base, keys, strict=True) if own == key],
        )


def _fit(name: str, reference: Sequence[Run]) -> Alignment:
    controls = [_controls(run) for run in reference]
    names = [run.predictions.plate_name for run in reference]
    labels = np.repeat(np.array(names, dtype=object), [len(part) for part in controls])
    if any(len(part) < 2 for part in controls):
        poor = next(name for name, part in zip(names, controls, strict=True) if len(part) < 2)
        raise ArgumentError(
            f"Plate {poor!r} has fewer than 2 images of negative controls, which alignments are fitted on.",
            "Mark its controls in the platemap, or leave the plate or the alignments out.",
        )
    return fit_alignment(np.concatenate(controls), labels, name)


def _extended(alignment: Alignment, run: Run) -> Alignment:
    name = run.predictions.plate_name
    return alignment if name in alignment.batches else alignment.with_batch(name, _controls(run))


def _controls(run: Run) -> NDArray[np.float32]:
    """(n, d) embeddings of the negative controls, but for excluded wells: those that form contexts."""
    index = run.predictions.index
    is_used = (index["role"] == "negative_control") & ~index["excluded"].astype(bool)
    return run.predictions.embeddings[is_used.to_numpy()]


def _aligned(alignment: Alignment | None, predictions: Predictions) -> Float64:
    values = predictions.embeddings.astype(np.float64)
    return values if alignment is None else alignment.transform(values, [predictions.plate_name] * len(values))


def _fit_head(alignment: Alignment | None, reference: Sequence[Run], config: CompareConfig) -> LinearHead:
    values, labels = [], []
    for run in reference:
        predictions = run.predictions
        if config.labels is None and find_label_column(predictions.wells, predictions.classes) is None:
            continue
        truth = labelled_wells(predictions, config.labels)["truth"]
        is_known = predictions.index["well"].isin(truth.index).to_numpy()
        values.append(_aligned(alignment, predictions)[is_known])
        labels += list(truth.reindex(predictions.index["well"][is_known]))
    if not values:
        raise ArgumentError(
            f"None of the {len(reference)} plates of reference has a well with a known class.",
            "Name the column of the platemap that holds the classes, or other plates of reference.",
        )
    return fit_head(np.concatenate(values), labels, config.head, classes=reference[0].predictions.classes)


def _classified(run: Run, alignment: Alignment | None, head: LinearHead, config: CompareConfig) -> Predictions:
    base = run.predictions
    values = _aligned(alignment, base)
    wells = base.index["well"].to_numpy(dtype=object)
    directions = np.stack([mean_direction(values[wells == well]) for well in dict.fromkeys(wells)])
    added = {
        "alignment": None if alignment is None else alignment.recipe.to_dict(),
        "head": {"kind": config.head, "description": HEADS[config.head]},
        "method_title": "Unaligned embeddings" if alignment is None else alignment.recipe.title,
    }
    return replace(
        base,
        logits=np.maximum(head.logits(values), -1e30).astype(np.float32),
        embeddings=values.astype(np.float32),
        well_logits=np.maximum(head.logits(directions), -1e30).astype(np.float32),
        run={**base.run, **added},
        layouts={},
    )
