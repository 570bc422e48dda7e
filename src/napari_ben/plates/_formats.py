"""The standard microplates, 6 to 1536 wells."""

from collections.abc import Iterable
from dataclasses import dataclass

from napari_ben.errors import PlateError
from napari_ben.plates._names import find_well, well_name, well_position


@dataclass(frozen=True)
class PlateFormat:
    """Rows and columns of a plate."""

    rows: int
    columns: int

    @property
    def n_wells(self) -> int:
        """Number of wells, imaged or not."""
        return self.rows * self.columns

    def well_names(self) -> tuple[str, ...]:
        """All wells, row by row.

        Examples
        --------
        >>> PlateFormat(2, 3).well_names()
        ('A01', 'A02', 'A03', 'B01', 'B02', 'B03')
        """
        return tuple(well_name(row, column) for row in range(self.rows) for column in range(self.columns))

    def holds(self, well: str) -> bool:
        """Whether the plate has this well."""
        if find_well(well) is None:
            return False
        row, column = well_position(well)
        return row < self.rows and column < self.columns


FORMATS = {
    rows * columns: PlateFormat(rows, columns)
    for rows, columns in ((2, 3), (3, 4), (4, 6), (6, 8), (8, 12), (16, 24), (32, 48))
}


def guess_format(wells: Iterable[str]) -> PlateFormat:
    """Format of a plate of which only some wells are known.

    The smallest that has them, if they fill half of it. Fewer are more likely a part of a 96-well plate than of a plate
    of 6 to 48 wells.

    Examples
    --------
    >>> guess_format(["E07", "E08"]).n_wells, guess_format(["A01", "A02", "B01"]).n_wells
    (96, 6)
    """
    known = set(wells)
    smallest = smallest_format(well_position(well) for well in known)
    return smallest if len(known) >= smallest.n_wells / 2 or smallest.n_wells > 96 else FORMATS[96]


def smallest_format(positions: Iterable[tuple[int, int]]) -> PlateFormat:
    """Smallest standard plate that has all these wells.

    Parameters
    ----------
    positions
        0-based (row, column) of each well; none gives the smallest plate.

    Raises
    ------
    PlateError
        When a well lies outside a 1536-well plate.

    Examples
    --------
    >>> smallest_format([(0, 0), (7, 11)])
    PlateFormat(rows=8, columns=12)
    """
    rows, columns = 0, 0
    for row, column in positions:
        rows, columns = max(rows, row + 1), max(columns, column + 1)
    for plate_format in FORMATS.values():
        if rows <= plate_format.rows and columns <= plate_format.columns:
            return plate_format
    raise PlateError(
        f"A well in row {rows}, column {columns} lies outside every standard plate (6 to 1536 wells, 32 × 48).",
        "Check how wells are named in this folder.",
    )
