"""Which wells are meant by ``controls``: negative controls, positive ones, or a set that has a name.

A screen may share a set of controls between all plates that is larger than the negative controls of one (RxRx1: one
or two untreated wells a plate, and thirty siRNAs as positive controls on each of 204 plates). Statistics of the same
treatments on every plate are comparable whatever these do, so such a set may stand for a plate's normal. It has a name
in the column ``control_set``, from the platemap or from `Screen.with_control_set`.
"""

from typing import TYPE_CHECKING

import pandas as pd

from napari_ben.errors import ContextError
from napari_ben.plates._told import count_wells

if TYPE_CHECKING:
    from napari_ben.plates._plate import Plate

CONTROLS = "controls"
SHARED = "shared"
_ROLES = {
    "negative": ("negative_control",),
    "positive": ("positive_control",),
    "all": ("negative_control", "positive_control"),
}


def is_controls(context: str) -> bool:
    """Whether a wish is about controls.

    Examples
    --------
    >>> [is_controls(context) for context in ("controls", "controls:positive", "role:treatment")]
    [True, True, False]
    """
    return context == CONTROLS or context.startswith(f"{CONTROLS}:")


def control_wells(plate: "Plate", context: str, usable: pd.DataFrame) -> pd.Index:
    """Wells of the controls that are meant.

    Parameters
    ----------
    plate
        The plate.
    context
        ``controls``, ``controls:positive``, ``controls:all``, or ``controls:`` and the name of a set.
    usable
        The rows of its wells that may be in a context.

    Raises
    ------
    ContextError
        When there are none; says what there is.
    """
    which = context.partition(":")[2].strip() or "negative"
    if which in _ROLES:
        wells = usable.index[usable["role"].isin(_ROLES[which])]
        return wells if len(wells) else _refuse_role(plate, which, usable)
    sets = control_sets(usable)
    if which not in sets:
        raise ContextError(
            f"Plate {plate.name!r} has no control set {which!r}; "
            f"it has {', '.join(f'{name} ({count_wells(number)})' for name, number in sets.items()) or 'none'}.",
            "Choose controls, controls:positive or controls:all, name a set in a column 'control_set' of the platemap, "
            "or open the whole screen for 'controls:shared'.",
        )
    return usable.index[usable["control_set"] == which]


def control_sets(usable: pd.DataFrame) -> dict[str, int]:
    """Control sets with a name, and the number of their wells.

    Parameters
    ----------
    usable
        Table of wells.
    """
    named = usable["control_set"] if "control_set" in usable else pd.Series(dtype=object)
    return {str(name): int(count) for name, count in named[named != ""].value_counts().items()}


def control_choices(plate: "Plate") -> tuple[str, ...]:
    """Contexts of controls that a plate has: the negative ones first, then the positive, all, and sets with a name."""
    wells = plate.imaged[~plate.imaged["excluded"].astype(bool)]
    there = {which: bool(wells["role"].isin(roles).any()) for which, roles in _ROLES.items()}
    there["all"] = there["negative"] and there["positive"]
    named = [f"{CONTROLS}:{name}" for name in control_sets(wells)]
    by_role = {"negative": CONTROLS, "positive": f"{CONTROLS}:positive", "all": f"{CONTROLS}:all"}
    return (*(by_role[which] for which in by_role if there[which]), *named)


def other_controls(plate: "Plate", usable: pd.DataFrame, fewer_than: int) -> tuple[str, ...]:
    """Larger sets of controls that may be taken instead, in words."""
    positive = int((usable["role"] == "positive_control").sum())
    sets = {**({"positive": positive} if positive else {}), **control_sets(usable)}
    larger = [f"'{CONTROLS}:{name}' has {count_wells(count)}" for name, count in sets.items() if count > fewer_than]
    return (f"Plate {plate.name!r} has more controls than these: {', '.join(larger)}.",) if larger else ()


def _refuse_role(plate: "Plate", which: str, usable: pd.DataFrame) -> pd.Index:
    word = {"negative": "negative control", "positive": "positive control", "all": "control"}[which]
    counts = usable["role"].value_counts()
    roles = ", ".join(f"{count} {str(role).replace('_', ' ')}" for role, count in counts.items())
    problem = f"Plate {plate.name!r} has no {word} well with images; its roles are: {roles or 'none'}."
    waiting = [suggestion.describe() for suggestion in plate.suggestions if which != "positive"]
    if waiting:
        raise ContextError(
            " ".join([problem, *waiting]),
            "Confirm them (with_suggested_roles in Python, --accept-suggestions on the command line), "
            "or choose other wells.",
        )
    raise ContextError(
        problem, "Attach a platemap that names the controls, set the roles of the control wells, or choose other wells."
    )
