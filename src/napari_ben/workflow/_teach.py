"""Teaching by example: a person says what some wells are, and the adapted embeddings say it of all others.

For a plate of one's own that no model has classes for. The network stays as it is, with the statistics of the run; one
linear layer is fitted on the fields of the labelled wells, which takes a second. The result is a model like any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import ArgumentError
from napari_ben.evaluation import HeadKind, LinearHead, fit_head, next_examples
from napari_ben.models import Model
from napari_ben.results import Predictions, mean_direction

__all__ = ["Taught", "teach"]

FEWEST_CLASSES = 2


@dataclass(frozen=True, eq=False)
class Taught:
    """What came of a lesson.

    Parameters
    ----------
    predictions
        Of the whole plate, in the person's own classes.
    model
        The network with the new classifier; lives in memory until it is saved.
    suggested
        Wells worth labelling next, the most telling first.
    """

    predictions: Predictions
    model: Model
    suggested: tuple[str, ...]


def teach(
    predictions: Predictions, model: Model, labels: Mapping[str, str], *, kind: HeadKind = "logistic", n_next: int = 6
) -> Taught:
    """Predict a plate from examples on it.

    Parameters
    ----------
    predictions
        Of a run with `model`; its embeddings are used and its classes are not.
    model
        The network.
    labels
        Well → class, for two or more classes.
    kind
        A key of `napari_ben.evaluation.HEADS`.
    n_next
        How many wells to suggest.

    Raises
    ------
    ArgumentError
        When labelled wells were not predicted, fewer than two classes have an example, or the network has no linear
        classifier to replace.
    """
    wells = predictions.index["well"].to_numpy(dtype=object)
    _check(labels, wells)
    of_field = [labels.get(well, "") for well in wells]
    rows = np.flatnonzero([bool(label) for label in of_field])
    head = fit_head(predictions.embeddings[rows], [of_field[row] for row in rows], kind)
    taught = _taught_model(model, head, predictions, labels, kind)
    named = dict.fromkeys(wells)
    directions = np.stack([mean_direction(predictions.embeddings[wells == well]) for well in named])
    answered = replace(
        predictions,
        classes=head.classes,
        logits=head.logits(predictions.embeddings).astype(np.float32),
        well_logits=head.logits(directions).astype(np.float32),
        run={**predictions.run, "model": {"name": taught.card.name, "path": None, "sha256": taught.sha256}},
    )
    return Taught(answered, taught, _suggest(answered, directions, labels, n_next))


def _check(labels: Mapping[str, str], wells: NDArray[np.object_]) -> None:
    absent = sorted(set(labels) - set(wells))
    if absent:
        raise ArgumentError(
            f"Labelled wells have no prediction: {', '.join(absent[:6])}.",
            "Run the plate first, or remove their labels.",
        )
    classes = sorted(set(labels.values()))
    if len(classes) < FEWEST_CLASSES:
        said = f"only {classes[0]!r} has one" if classes else "there is none"
        raise ArgumentError(f"Two classes need an example each; {said}.", "Label a well of another class.")


def _taught_model(
    model: Model, head: LinearHead, predictions: Predictions, labels: Mapping[str, str], kind: HeadKind
) -> Model:
    record: dict[str, Any] = {"plate": predictions.plate_name, "labels": dict(labels), "classifier": kind}
    record |= {"method": predictions.run["config"]["method"]} if "config" in predictions.run else {}
    settings = {**model.card.training.settings, "taught": record}
    from napari_ben.models import with_head  # needs torch

    return with_head(
        model,
        head.classes,
        head.weights,
        head.bias,
        name=f"{predictions.plate_name}, taught",
        training=model.card.training.model_copy(update={"settings": settings}),
        provenance=f"{model.card.name} ({model.sha256[:12]}), its classifier taught on plate {predictions.plate_name}",
    )


def _suggest(
    predictions: Predictions, directions: NDArray[np.float64], labels: Mapping[str, str], n: int
) -> tuple[str, ...]:
    table = predictions.wells
    labelled = table.index.isin(list(labels))
    chosen = next_examples(predictions.well_probabilities(), directions, labelled, n)
    return tuple(str(table.index[place]) for place in chosen)
