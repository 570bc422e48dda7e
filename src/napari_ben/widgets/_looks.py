"""What the plate grid shows of a session: role or any column as fill, context as hatch, prediction as disc.

One function from facts to a frozen `GridData`; nothing is read back from the grid.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from napari_ben.plates import Plate
from napari_ben.results import RESERVED_COLUMNS, Predictions, class_colours
from napari_ben.session import SPLIT, STABILITY, Resolution, SessionState, changed_since, count_words, measured
from napari_ben.widgets._legend_data import ColourScale, LegendEntry
from napari_ben.widgets._palette import ROLE_COLOURS, ROLE_LETTERS, colour_scale, number_colours, number_limits
from napari_ben.widgets._plate_grid_data import GridData, WellLook

if TYPE_CHECKING:
    from collections.abc import Hashable

PREDICTED, CONFIDENCE, PROBABILITY, LABEL = "predicted class", "confidence", "P({})", "label"
CHANGED = "change of class"
_FEW_GROUPS = 24
_UNSTEADY = 0.5
_NOT_TO_COLOUR = frozenset({"row", "column", "n_fields", "raw_role", *RESERVED_COLUMNS})
_IN_TOOLTIP = ("treatment", "concentration", "dose")


@dataclass(frozen=True)
class Fill:
    """The colours of one column, and their legend.

    Parameters
    ----------
    colours
        Well → ``#rrggbb``, empty for none.
    groups
        Well → the legend's label; empty where the legend is a scale.
    legend
        What the colours mean: entries, or one scale for numbers.
    """

    colours: Mapping[str, str]
    groups: Mapping[str, str]
    legend: tuple[LegendEntry, ...] | ColourScale


def colour_columns(
    plate: Plate,
    predictions: Predictions | None,
    labels: Mapping[str, str] = MappingProxyType({}),
    known: Iterable[str] = (),
) -> tuple[str, ...]:
    """Columns by which the grid can be filled: role, treatment, the platemap's, the predictions', what is `known`."""
    said = ("role", "treatment", *((LABEL,) if labels else ()), *_telling_columns(plate))
    if predictions is None:
        return said
    return (
        *said,
        PREDICTED,
        CONFIDENCE,
        *known,
        *(PROBABILITY.format(name) for name in predictions.classes),
    )


@lru_cache(maxsize=1)
def _telling_columns(plate: Plate) -> tuple[str, ...]:
    """Columns of the platemap that tell wells apart; kept, because they are asked for at every step of a run."""
    wells = plate.imaged
    own = [str(name) for name in wells.columns if name not in _NOT_TO_COLOUR and name not in {"role", "treatment"}]
    return tuple(name for name in own if _tells_apart(wells[name]))


def _tells_apart(column: pd.Series) -> bool:
    known = column[column.astype(str) != ""].dropna()
    return known.nunique() > 1 and (is_number(known) or known.nunique() <= _FEW_GROUPS)


def is_number(column: pd.Series) -> bool:
    """Whether a column counts rather than names: every known value is a number, and there are many of them."""
    if column.dtype == bool:
        return False
    return bool(pd.to_numeric(column, errors="coerce").notna().all()) and column.nunique() > 2


def fill(state: SessionState, column: str) -> Fill:
    """Colours of the wells for a column; by role where that column is not there."""
    plate, predictions = state.plate, state.predictions
    if plate is None:
        return Fill({}, {}, ())
    if predictions is not None and (by_run := _of_prediction(state, predictions, column)) is not None:
        return by_run
    if (of_run := measured(state)).get(column) is not None:
        return number_fill(column, of_run[column])
    if said := {LABEL: state.labels, SPLIT: state.sides}.get(column):
        return _of_groups(pd.Series(dict(said), dtype=object))
    if column not in plate.imaged.columns:
        column = "role"
    values = plate.imaged[column]
    if column == "role":
        return _of_roles(values)
    known = values[values.astype(str) != ""].dropna()
    return _of_numbers(column, pd.to_numeric(known)) if is_number(known) else _of_groups(known.astype(str))


def _of_prediction(state: SessionState, predictions: Predictions, column: str) -> Fill | None:
    if column == CHANGED and (changed := changed_now(state)) is not None:
        return _of_changes(changed, predictions.classes)
    if column == PREDICTED:
        return _of_groups(predictions.wells["pred_class"], class_colours(predictions.classes))
    numbers = {PROBABILITY.format(name): f"prob_{name}" for name in predictions.classes} | {CONFIDENCE: "confidence"}
    return _of_numbers(column, predictions.wells[numbers[column]], (0.0, 1.0)) if column in numbers else None


def changed_now(state: SessionState) -> pd.DataFrame | None:
    """Give the wells whose class is another than in the run before; None where there is none."""
    return changed_since(state.shown_runs, state.predictions)


def _of_changes(changed: pd.DataFrame, classes: Sequence[str]) -> Fill:
    """Fill the wells that changed with their new class; the others stay neutral."""
    fill = _of_groups(changed["after"], class_colours(classes))
    return fill if len(changed) else replace(fill, legend=(LegendEntry("no well changed class", mark="none"),))


def _of_roles(roles: pd.Series) -> Fill:
    counts = roles.value_counts()
    entries = [
        LegendEntry(_plain(role), colour, count=int(counts[role]))
        for role, colour in ROLE_COLOURS.items()
        if counts.get(role, 0)
    ]
    named = {str(well): str(role) for well, role in roles.items()}
    return Fill(
        {well: ROLE_COLOURS[role] for well, role in named.items()},
        {well: _plain(role) for well, role in named.items()},
        tuple(entries),
    )


def _of_groups(values: pd.Series, colours: Mapping[str, str] | None = None) -> Fill:
    counts = values.value_counts()
    palette = colours or class_colours(sorted(counts.index))
    entries = [LegendEntry(name, colour, count=int(counts[name])) for name, colour in palette.items() if name in counts]
    groups = {str(well): str(value) for well, value in values.items()}
    return Fill({well: palette[value] for well, value in groups.items()}, groups, tuple(entries))


def number_fill(column: str, values: pd.Series) -> Fill:
    """Colours of a number that was measured well by well; those of stability end at 1, where nothing changes."""
    limits = (min(_UNSTEADY, float(values.min())), 1.0) if column == STABILITY else None
    return _of_numbers(column, values, limits)


def _of_numbers(label: str, values: pd.Series, limits: tuple[float, float] | None = None) -> Fill:
    low, high = limits or number_limits(values.to_numpy())
    colours = number_colours(values.to_numpy(), limits=(low, high))
    scale = ColourScale(label, low, high, colour_scale("viridis"))
    return Fill(dict(zip(map(str, values.index), colours, strict=True)), {}, scale)


def grid_data(state: SessionState, resolution: Resolution, colours: Fill) -> GridData:
    """Everything that the grid shows."""
    plate = state.plate
    if plate is None:
        return GridData()
    context = frozenset(resolution.context.wells if resolution.context else ())
    predicted = _predicted_rows(state.predictions)
    palette = class_colours(state.predictions.classes) if state.predictions else {}
    changed = changed_now(state) if state.colour_by == CHANGED else None
    was = {} if changed is None else changed["before"].to_dict()
    looks = {}
    for row in _rows(plate):
        well = str(row["well"])
        prediction = predicted.get(well, {})
        looks[well] = WellLook(
            fill=colours.colours.get(well, ""),
            group=colours.groups.get(well, ""),
            letter=ROLE_LETTERS[row["role"]],
            has_images=row["n_fields"] > 0,
            in_context=well in context,
            prediction=palette.get(prediction.get("pred_class", ""), ""),
            predicted=prediction.get("pred_class", ""),
            confidence=float(prediction.get("confidence", 1.0)),
            tooltip=tooltip(row, prediction, in_context=well in context, was=was.get(well, "")),
        )
    return GridData(plate.format, looks)


@lru_cache(maxsize=1)
def _rows(plate: Plate) -> tuple[dict["Hashable", Any], ...]:
    return tuple(plate.wells.reset_index().to_dict("records"))


def _predicted_rows(predictions: Predictions | None) -> dict[str, dict["Hashable", Any]]:
    if predictions is None:
        return {}
    rows = predictions.wells[["pred_class", "confidence"]].to_dict("index")
    return {str(well): row for well, row in rows.items()}


def tooltip(
    row: Mapping["Hashable", Any], prediction: Mapping["Hashable", Any], *, in_context: bool, was: str = ""
) -> str:
    """Lines about a well: name, treatment and dose, role, fields, prediction, and what it `was` in the run before."""
    amounts = [str(row[name]) for name in _IN_TOOLTIP if name in row and str(row[name]) not in {"", "nan"}]
    fields = count_words(row["n_fields"], "field") if row["n_fields"] else "no images"
    lines = [str(row["well"]), " · ".join(amounts), f"{_plain(row['role'])} · {fields}"]
    if prediction:
        lines.append(f"{prediction['pred_class']}  {prediction['confidence']:.2f}")
    if was:
        lines.append(f"{was} in the run before")
    if in_context:
        lines.append("in the context")
    return "\n".join(line for line in lines if line)


def meanings(
    *, has_context: bool, has_selection: bool, classes: Sequence[str], counts: Mapping[str, int]
) -> tuple[LegendEntry, ...]:
    """Legend of what is not the fill: context, selection and predicted classes."""
    entries = []
    if has_context:
        entries.append(LegendEntry("context", mark="hatch"))
    if has_selection:
        entries.append(LegendEntry("selected", mark="outline"))
    palette = class_colours(classes)
    entries += [LegendEntry(name, palette[name], "disc", counts[name]) for name in classes if counts.get(name)]
    return tuple(entries)


def _plain(role: object) -> str:
    return str(role).replace("_", " ")
