"""Which fields of the plates take part in a training run, and with which label."""

from collections.abc import Sequence

import pandas as pd

from napari_ben.errors import ArgumentError
from napari_ben.plates import Plate, select_wells
from napari_ben.training._config import TrainingConfig

__all__ = ["list_fields"]

_NO_LABEL = {"", "nan", "none", "null", "<na>"}


def list_fields(plates: Sequence[Plate], config: TrainingConfig) -> pd.DataFrame:
    """Fields with a label, and negative controls as context; without those that lack a channel.

    With a teacher, fields without a label are there too, and plates named as unlabelled lose theirs.

    Returns
    -------
    One row a field; columns plate (its number), row (of ``plate.fields``), well, label (empty: none), is_control.

    Raises
    ------
    ArgumentError
        No plates, no such column, or fewer than two classes.
    SelectionError
        The wells asked for are not on a plate.
    """
    if not plates:
        raise ArgumentError("There is no plate to train on.", "Give at least one.")
    _refuse_unknown(config.unlabelled_plates, [plate.name for plate in plates])
    table = pd.concat([_fields_of(plate, config).assign(plate=number) for number, plate in enumerate(plates)])
    classes = sorted(set(table["label"]) - {""})
    if len(classes) < 2:
        raise ArgumentError(
            f"Two classes or more are told apart, and column {config.labels!r} gives "
            f"{f'one in these wells: {classes[0]}' if classes else 'none in these wells'}.",
            "Choose another column or more wells; label_controls makes the negative controls a class.",
        )
    return table.reset_index(drop=True)


def _fields_of(plate: Plate, config: TrainingConfig) -> pd.DataFrame:
    fields = plate.fields.assign(row=range(len(plate.fields)))
    complete = fields[fields["missing"].map(len) == 0]
    if config.fields:
        complete = complete[complete["field"].isin(config.fields)]
        if complete.empty:
            found = ", ".join(map(str, sorted(set(fields["field"]))[:8]))
            raise ArgumentError(
                f"Plate {plate.name!r} has no complete field {' or '.join(map(str, config.fields))}; there is {found}.",
                "Choose among these, or leave fields out.",
            )
    return complete[["row", "well"]].merge(_wells_of(plate, config), left_on="well", right_index=True)


def _wells_of(plate: Plate, config: TrainingConfig) -> pd.DataFrame:
    """Wells that take part, index well; columns label and is_control."""
    is_unlabelled = plate.name in config.unlabelled_plates
    if config.labels not in plate.wells and not is_unlabelled:
        raise ArgumentError(
            f"Plate {plate.name!r} has no column {config.labels!r}; it has {', '.join(plate.wells.columns)}.",
            "Choose one of these as labels, or give another platemap.",
        )
    wells = plate.imaged
    if config.wells:
        wells = wells.loc[wells.index.isin(select_wells(config.wells, plate))]
    if "excluded" in wells:
        wells = wells[~wells["excluded"].astype(bool)]
    is_control = wells["role"] == "negative_control"
    label = pd.Series("", index=wells.index) if is_unlabelled else wells[config.labels].astype(str).str.strip()
    nameless = label.str.lower().isin(_NO_LABEL) | (wells["role"] == "empty")
    label = label.mask(nameless | (is_control & (not config.label_controls)), "")
    table = pd.DataFrame({"label": label, "is_control": is_control})
    is_used = (table["label"] != "") | table["is_control"]
    if config.teacher is not None:
        is_used |= wells["role"] != "empty"
    return table[is_used]


def _refuse_unknown(wanted: Sequence[str], names: Sequence[str]) -> None:
    unknown = sorted(set(wanted) - set(names))
    if unknown:
        raise ArgumentError(f"There is no plate {unknown[0]!r} to take as unlabelled.", f"Choose: {', '.join(names)}.")
