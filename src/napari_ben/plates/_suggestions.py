"""Roles that the words of a platemap suggest and a person has not confirmed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pandas as pd

from napari_ben.plates._tables import Role, sort_wells
from napari_ben.plates._told import count_wells


@dataclass(frozen=True)
class Suggestion:
    """Wells that look like something, because of what is in them.

    Parameters
    ----------
    role
        What they look like.
    treatment
        What is in them, or the word that stands for their role.
    wells
        Sorted by position; with and without images.
    """

    role: Role
    treatment: str
    wells: tuple[str, ...]

    def describe(self) -> str:
        """One sentence for a person.

        Examples
        --------
        >>> Suggestion("negative_control", "DMSO", ("A01", "A02")).describe()
        "2 wells look like negative controls ('DMSO'): not used until you confirm."
        """
        role = self.role.replace("_", " ")
        looks = f"looks like a {role}" if len(self.wells) == 1 else f"look like {role}s"
        return f"{count_wells(len(self.wells))} {looks} ({self.treatment!r}): not used until you confirm."


def find_suggestions(wells: pd.DataFrame) -> tuple[Suggestion, ...]:
    """List what is suggested for the wells of a plate and still open, the largest group first.

    Parameters
    ----------
    wells
        Table of the plate.
    """
    if "suggested_role" not in wells:
        return ()
    still = wells[(wells["suggested_role"] != "") & (wells["role"] == "unknown")]
    words = still["treatment"].mask(still["treatment"] == "", still["raw_role"])
    groups = pd.Series(still.index, index=still.index).groupby([still["suggested_role"], words], sort=False)
    found = [
        Suggestion(cast("Role", role), str(treatment), sort_wells(members)) for (role, treatment), members in groups
    ]
    return tuple(sorted(found, key=lambda suggestion: -len(suggestion.wells)))


def suggested_roles(wells: pd.DataFrame) -> Mapping[str, Role]:
    """Well → role of everything that is suggested and still open."""
    return {well: suggestion.role for suggestion in find_suggestions(wells) for well in suggestion.wells}
