"""What the plate grid shows: one frozen value, set with one call."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from types import MappingProxyType

from napari_ben.errors import SelectionError
from napari_ben.plates import FORMATS, PlateFormat, well_name, well_position
from napari_ben.widgets._legend_data import LegendEntry, Mark

Cell = tuple[int, int]  # 0-based row and column


@dataclass(frozen=True, slots=True)
class WellLook:
    """How one well looks; four meanings in four channels that never share one.

    Parameters
    ----------
    fill
        ``#rrggbb`` of the column that the grid is coloured by, or empty for the window's neutral plane.
    group
        The legend's label for that fill.
    letter
        One character for people who do not tell the fills apart, drawn where the wells are large enough.
    has_images
        Whether the mouse and the keyboard can select the well.
    in_context
        Hatched.
    prediction
        ``#rrggbb`` of the predicted class as the inner disc, or empty for none.
    predicted
        The legend's label for that class.
    confidence
        0–1: how opaque the disc is.
    tooltip
        Lines of plain text about the well.
    """

    fill: str = ""
    group: str = ""
    letter: str = ""
    has_images: bool = True
    in_context: bool = False
    prediction: str = ""
    predicted: str = ""
    confidence: float = 1.0
    tooltip: str = ""

    def shows(self, entry: LegendEntry) -> bool:
        """Whether a legend's entry speaks of this well."""
        match entry.mark:
            case "fill":
                return self.group == entry.label
            case "disc":
                return self.predicted == entry.label
            case "hatch":
                return self.in_context
            case "outline" | "none":
                return False


@dataclass(frozen=True)
class GridData:
    """A plate as the grid shows it.

    Parameters
    ----------
    plate_format
        Rows and columns.
    wells
        Well name (`A01`) → look; wells that are not named are drawn faint.

    Raises
    ------
    SelectionError
        When the plate has no such well.
    """

    plate_format: PlateFormat = FORMATS[96]
    wells: Mapping[str, WellLook] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if strangers := self.wells.keys() - _cells_by_name(self.plate_format).keys():
            size = self.plate_format
            raise SelectionError(
                f"{min(strangers)!r} is not a well of a plate with {size.rows} rows and {size.columns} columns.",
                "Name wells as A01, and give the format of the plate that they are on.",
            )

    @cached_property
    def cells(self) -> dict[Cell, WellLook]:
        """The looks by position."""
        place = _cells_by_name(self.plate_format)
        return {place[name]: look for name, look in self.wells.items()}

    @cached_property
    def imaged(self) -> frozenset[Cell]:
        """The cells that a gesture can select."""
        return frozenset(cell for cell, look in self.cells.items() if look.has_images)

    def matching(self, entries: Collection[LegendEntry]) -> frozenset[Cell]:
        """Return the cells that a legend's filter leaves: within one channel any entry, across channels all of them."""
        groups: dict[Mark, list[LegendEntry]] = {}
        for entry in entries:
            groups.setdefault(entry.mark, []).append(entry)
        return frozenset(
            cell
            for cell, look in self.cells.items()
            if all(any(look.shows(entry) for entry in group) for group in groups.values())
        )


@lru_cache(maxsize=8)
def _cells_by_name(plate_format: PlateFormat) -> dict[str, Cell]:
    return {name: well_position(name) for name in plate_format.well_names()}


def names_of(cells: Iterable[Cell]) -> tuple[str, ...]:
    """Well names of cells, by position."""
    return tuple(well_name(*cell) for cell in sorted(cells))


def cells_of(names: Iterable[str]) -> frozenset[Cell]:
    """Cells of well names.

    Raises
    ------
    SelectionError
        When a name is not a well.
    """
    return frozenset(well_position(name) for name in names)
