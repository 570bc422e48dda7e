"""Few rectangles that cover a set of wells and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass

from napari_ben.plates._names import row_name, well_name, well_position

_Position = tuple[int, int]


@dataclass(frozen=True)
class _Wells:
    """Positions that must be covered, and positions that must not; the rest is not on the plate and free."""

    chosen: frozenset[_Position]
    others: frozenset[_Position]


def cover_terms(chosen: set[str], present: set[str]) -> str:
    """Terms of the selection language for exactly these wells.

    Parameters
    ----------
    chosen
        Wells to cover; an empty set gives an empty text.
    present
        All wells of the plate. A rectangle may reach over places where there is none.

    Examples
    --------
    >>> from napari_ben.plates import FORMATS
    >>> plate = set(FORMATS[24].well_names())
    >>> cover_terms({"A01", "A02", "B01", "B02", "D06"}, plate)
    'A01-B02, D06'
    """
    wells = _Wells(
        frozenset(well_position(well) for well in chosen),
        frozenset(well_position(well) for well in present - chosen),
    )
    texts = [_cover(wells, by_row), _cover(wells, by_column)]
    return min((", ".join(terms) for terms in [*texts, sorted(chosen)]), key=len)


def by_row(position: _Position) -> _Position:
    """Order of positions row by row."""
    return position


def by_column(position: _Position) -> _Position:
    """Order of positions column by column."""
    return position[1], position[0]


def _cover(wells: _Wells, order: Callable[[_Position], _Position]) -> list[str]:
    left = set(wells.chosen)
    terms = []
    while left:
        start = min(left, key=order)
        end = _grow(start, wells, along=1 if order is by_row else 0)
        fresh = {position for position in left if _inside(position, start, end)}
        end = (max(row for row, _ in fresh), max(column for _, column in fresh))
        left -= fresh
        terms.append(_term(start, end, wells))
    return terms


def _grow(start: _Position, wells: _Wells, along: int) -> _Position:
    end = start
    for axis in (along, 1 - along):
        end = _grow_axis(start, end, axis, wells)
    return end


def _grow_axis(start: _Position, end: _Position, axis: int, wells: _Wells) -> _Position:
    blocked = [position[axis] for position in wells.others if _in_lane(position, start, end, axis)]
    reachable = [
        position[axis]
        for position in wells.chosen
        if _in_lane(position, start, end, axis) and position[axis] < min(blocked, default=10**6)
    ]
    far = max(reachable)
    return (far, end[1]) if axis == 0 else (end[0], far)


def _in_lane(position: _Position, start: _Position, end: _Position, axis: int) -> bool:
    other = 1 - axis
    return start[other] <= position[other] <= end[other] and position[axis] >= start[axis]


def _inside(position: _Position, start: _Position, end: _Position) -> bool:
    return start[0] <= position[0] <= end[0] and start[1] <= position[1] <= end[1]


def _term(start: _Position, end: _Position, wells: _Wells) -> str:
    for axis, line in ((0, f"{row_name(start[0])}*"), (1, f"*{start[1] + 1:02d}")):
        if start[axis] == end[axis] and _is_whole_line(start, end, axis, wells):
            return line
    first, last = well_name(*start), well_name(*end)
    return first if first == last else f"{first}-{last}"


def _is_whole_line(start: _Position, end: _Position, axis: int, wells: _Wells) -> bool:
    on_line = [position for position in wells.chosen | wells.others if position[axis] == start[axis]]
    return start != end and all(_inside(position, start, end) for position in on_line)
