"""The two tables of a plate: one row a field, one row a well."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.errors import SelectionError
from napari_ben.plates._names import well_position

Role = Literal["treatment", "negative_control", "positive_control", "empty", "unknown"]
ROLES: tuple[Role, ...] = get_args(Role)


def fields_table(
    wells: Sequence[str],
    fields: Sequence[int] | NDArray[np.int64],
    positions: Sequence[tuple[float, float]] | NDArray[np.float64] | None = None,
    missing: Sequence[tuple[str, ...]] | None = None,
) -> pd.DataFrame:
    """One row a field, in the order in which the pixel source counts them.

    Parameters
    ----------
    wells
        Normalised well of each field.
    fields
        Number of each field as named on disk.
    positions
        (y, x) of each field's corner in µm, y downwards; unknown when left out.
    missing
        Names of the channels that a field lacks; none when left out.

    Returns
    -------
    DataFrame
        Columns ``well, field, y_um, x_um, missing``.
    """
    count = len(wells)
    corners = np.full((count, 2), np.nan) if positions is None else np.asarray(positions, float).reshape(count, 2)
    lacking = pd.Series([()] * count if missing is None else list(missing), dtype=object)
    return pd.DataFrame(
        {
            "well": pd.Series(list(wells), dtype=object),
            "field": np.asarray(fields, np.int64).reshape(count),
            "y_um": corners[:, 0],
            "x_um": corners[:, 1],
            "missing": lacking,
        }
    )


def sort_wells(wells: Iterable[str]) -> tuple[str, ...]:
    """Wells once each, row by row."""
    return tuple(sorted(set(wells), key=well_position))


def wells_table(fields: pd.DataFrame, also: Iterable[str] = ()) -> pd.DataFrame:
    """One row a well, before anything is known about treatments.

    Parameters
    ----------
    fields
        Table of `fields_table`.
    also
        Wells to list although they have no image.

    Returns
    -------
    DataFrame
        Index ``well``, sorted by position; columns ``row, column`` (0-based), ``role`` (all unknown), ``treatment``,
        ``raw_role``, ``excluded``, ``n_fields``.
    """
    wells = sort_wells([*fields["well"], *also])
    counts = fields["well"].value_counts()
    positions = [well_position(well) for well in wells]
    columns: dict[str, Any] = {
        "row": np.array([row for row, _ in positions], np.int64),
        "column": np.array([column for _, column in positions], np.int64),
        "role": pd.Series(["unknown"] * len(wells), dtype=object).to_numpy(),
        "treatment": pd.Series([""] * len(wells), dtype=object).to_numpy(),
        "raw_role": pd.Series([""] * len(wells), dtype=object).to_numpy(),
        "excluded": np.zeros(len(wells), bool),
        "n_fields": counts.reindex(list(wells), fill_value=0).to_numpy(np.int64),
    }
    return pd.DataFrame(columns, index=pd.Index(list(wells), name="well", dtype=object))


def set_roles(wells: pd.DataFrame, roles: Mapping[str, Role], plate: str) -> pd.DataFrame:
    """Table of wells in which some have another role.

    Parameters
    ----------
    wells
        Table of `wells_table`; it stays as it is.
    roles
        Well → role.
    plate
        Name, for what is said when it does not fit.

    Raises
    ------
    SelectionError
        When a well is not in the table, or a role is not one of `ROLES`.
    """
    if unknown := next((role for role in roles.values() if role not in ROLES), None):
        raise SelectionError(f"{unknown!r} is not a role of a well.", f"Choose one of {', '.join(ROLES)}.")
    return set_column(wells, roles, "role", list(roles.values()), plate)


def set_column(wells: pd.DataFrame, some: Iterable[str], column: str, value: Any, plate: str) -> pd.DataFrame:
    """Table of wells in which some have another value, or one each, in a column.

    Parameters
    ----------
    wells
        Table of `wells_table`; it stays as it is.
    some
        Wells.
    column, value
        What to set; a column that is not there yet is blank elsewhere.
    plate
        Name, for what is said when a well does not fit.

    Raises
    ------
    SelectionError
        When a well is not in the table.
    """
    chosen = list(some)
    if unknown := next((well for well in chosen if well not in wells.index), None):
        raise SelectionError(
            f"Well {unknown!r} of plate {plate!r} has no image and no row in the platemap.",
            "Choose a well of plate.wells.",
        )
    changed = wells.copy()
    if column not in changed:
        changed.insert(len(changed.columns) - 3, column, "")  # before raw_role, excluded, n_fields
    if chosen:
        changed.loc[chosen, column] = value
    return changed
