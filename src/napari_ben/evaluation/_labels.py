"""Which wells have a known answer, and in which column of the platemap it stands."""

from collections.abc import Sequence

import pandas as pd

from napari_ben.errors import ArgumentError
from napari_ben.results import Predictions


def find_label_column(table: pd.DataFrame, classes: Sequence[str]) -> str | None:
    """Find the platemap column that holds a model's classes.

    Parameters
    ----------
    table
        Wells or fields with their platemap columns.
    classes
        The model's classes.

    Returns
    -------
    str or None
        The column with most rows whose value is a class, the first of equals; None when no column holds any.
    """
    hits = {str(name): int(table[name].isin(list(classes)).sum()) for name in table.columns if name != "pred_class"}
    best = max(hits, key=lambda name: hits[name], default=None)
    return best if best is not None and hits[best] else None


def labelled_wells(predictions: Predictions, column: str | None = None) -> pd.DataFrame:
    """Give the wells whose true class is known, with it in the column ``truth``.

    Negative controls are left out unless they are all there is: they are the context of most methods, and naming them
    says little about the treatments.

    Parameters
    ----------
    predictions
        Of one plate.
    column
        Where the true class stands; found by `find_label_column` when left out.

    Raises
    ------
    ArgumentError
        When there is no such column, or no well has a class that the model knows.
    """
    wells = predictions.wells
    name = column or find_label_column(wells, predictions.classes)
    if name is None or name not in wells:
        raise ArgumentError(
            f"The platemap of {predictions.plate_name!r} has no column {column or 'with the classes of the model'!r}; "
            f"it has {', '.join(map(str, predictions.index.columns))}.",
            "Name the column that holds the true class, or attach a platemap that has one.",
        )
    known = wells[wells[name].isin(list(predictions.classes))].assign(truth=lambda table: table[name].astype(str))
    if known.empty:
        raise ArgumentError(
            f"No well of {predictions.plate_name!r} has one of the model's classes in its column {name!r}; the classes "
            f"are {', '.join(predictions.classes[:8])}.",
            "Name another column, or choose a model with the classes of this plate.",
        )
    treated = known[known["role"] != "negative_control"]
    return known if treated.empty else treated
