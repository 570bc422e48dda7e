"""Few rectangles that cover a set of wells and nothing else.

The text is written while a person draws a rubber band, so it must be found in a blink on 1,536 wells: a line of the
plate (a row, or a column) is one whole number with a bit for each well on it, and wells are compared a line at a time.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from napari_ben.plates._names import row_name, well_name, well_position

_Position = tuple[int, int]


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
    wells = [[well_position(well) for well in group] for group in (chosen, present - chosen)]
    plate = [_lines(wells[0] + wells[1], axis) for axis in (0, 1)]
    covers = [_Cover(_lines(wells[0], axis), _lines(wells[1], axis)).rectangles() for axis in (0, 1)]
    by_row = [_term(start, end, plate) for start, end in covers[0]]
    by_column = [_term(start[::-1], end[::-1], plate) for start, end in covers[1]]
    return min((", ".join(terms) for terms in (by_row, by_column, sorted(chosen))), key=len)


def _lines(positions: Iterable[_Position], axis: int) -> defaultdict[int, int]:
    """Give the wells of each row (axis 0) or column (axis 1), a bit a well."""
    lines: defaultdict[int, int] = defaultdict(int)
    for position in positions:
        lines[position[axis]] |= 1 << position[1 - axis]
    return lines


@dataclass(frozen=True)
class _Cover:
    """A greedy cover, line by line: each rectangle grows along its line as far as it can, then across lines.

    Parameters
    ----------
    chosen, others
        Line → wells that must be covered, and wells that must not.
    """

    chosen: defaultdict[int, int]
    others: defaultdict[int, int]

    def rectangles(self) -> Iterator[tuple[_Position, _Position]]:
        """Give the first and the last corner of each, line before place on the line."""
        left = self.chosen.copy()
        for line in sorted(self.chosen):
            while left[line]:
                start = _lowest(left[line])
                span = self._along(line, start)
                fresh = {number: left[number] & span for number in range(line, self._across(line, span) + 1)}
                end = max(number for number, wells in fresh.items() if wells)
                for number, wells in fresh.items():
                    left[number] &= ~wells
                yield (line, start), (end, max(wells.bit_length() for wells in fresh.values()) - 1)

    def _along(self, line: int, start: int) -> int:
        """Give the places on a line, from `start` to the last chosen one before one that must not be covered."""
        blocked = self.others[line] >> start
        free = self.chosen[line] >> start
        if blocked:
            free &= (1 << _lowest(blocked)) - 1
        return ((1 << free.bit_length()) - 1) << start

    def _across(self, line: int, span: int) -> int:
        """Give the last line with chosen wells that these places can be stretched to."""
        end = line
        for number in range(line + 1, max(self.chosen) + 1):
            if self.others[number] & span:
                break
            if self.chosen[number] & span:
                end = number
        return end


def _lowest(wells: int) -> int:
    return (wells & -wells).bit_length() - 1


def _term(start: _Position, end: _Position, plate: list[defaultdict[int, int]]) -> str:
    for axis, line in ((0, f"{row_name(start[0])}*"), (1, f"*{start[1] + 1:02d}")):
        if start[axis] == end[axis] and start != end and _is_whole(start, end, axis, plate[axis][start[axis]]):
            return line
    first, last = well_name(*start), well_name(*end)
    return first if first == last else f"{first}-{last}"


def _is_whole(start: _Position, end: _Position, axis: int, wells: int) -> bool:
    """Whether a piece of a line reaches over all wells on it."""
    return wells >> start[1 - axis] << start[1 - axis] == wells and wells >> (end[1 - axis] + 1) == 0
