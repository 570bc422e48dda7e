"""How the wells of a plate come to their roles: the part of `Plate` that is about treatments and not about images."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, cast

import pandas as pd

from napari_ben.plates._join import join_platemap
from napari_ben.plates._sources import Platemap
from napari_ben.plates._suggestions import Suggestion, find_suggestions, suggested_roles
from napari_ben.plates._tables import Role, set_column, set_roles

if TYPE_CHECKING:
    from napari_ben.plates._plate import Plate


class WellRoles:
    """Roles of wells, as platemaps and people say them; every change gives another plate."""

    if TYPE_CHECKING:
        name: str
        wells: pd.DataFrame

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """Roles that the platemap's words suggest; not used until they are confirmed (`with_suggested_roles`)."""
        return find_suggestions(self.wells)

    def with_platemap(self, platemap: Platemap) -> Self:
        """Give the wells their treatments and roles, in place of what they had.

        Parameters
        ----------
        platemap
            A file, a table with one row a well, a list of these (joined on the columns that they share), a folder with
            ``barcode_platemap.csv`` or JUMP's tables, or `PlatemapFiles`.

        Raises
        ------
        PlateMapError
            When it cannot be read, repeats a well, or names wells that the plate does not have.
        """
        joined: Self = cast("Any", join_platemap(cast("Plate", self), platemap))
        return joined

    def with_roles(self, roles: Mapping[str, Role]) -> Self:
        """Change the roles of some wells.

        Raises
        ------
        SelectionError
            When a well is not on the plate, or a role is not one of `ROLES`.
        """
        return self._with_wells(set_roles(self.wells, roles, self.name))

    def with_suggested_roles(self) -> Self:
        """Confirm all that is suggested."""
        return self._with_wells(set_roles(self.wells, suggested_roles(self.wells), self.name))

    def with_column(self, wells: Iterable[str], column: str, value: str) -> Self:
        """Write a word at some wells, in a column of the platemap or a new one, blank elsewhere.

        Raises
        ------
        SelectionError
            When a well is not on the plate.
        """
        return self._with_wells(set_column(self.wells, wells, column, value, self.name))

    def with_excluded(self, wells: Iterable[str], *, excluded: bool = True) -> Self:
        """Leave wells out of contexts, or take them in again although quality control failed them.

        Raises
        ------
        SelectionError
            When a well is not on the plate.
        """
        return self._with_wells(set_column(self.wells, wells, "excluded", excluded, self.name))

    def _with_wells(self, wells: pd.DataFrame) -> Self:
        changed: Self = replace(cast("Any", self), wells=wells)
        return changed
