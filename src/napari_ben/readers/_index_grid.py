"""Planes sorted into fields and channels, and which of them is shown.

All in sorted columns: runs of equal entries stand for a field and channel.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.plates import View, well_position
from napari_ben.readers._index import Names, Numbers, PlaneIndex

Ints = NDArray[np.int64]


def natural(text: str) -> list[tuple[int, str]]:
    """Key that sorts ``ch2`` before ``ch10``."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text)]


@dataclass(frozen=True, eq=False)
class Grid:
    """Planes sorted into fields and channels.

    Parameters
    ----------
    wells, fields
        Well and number of each field, sorted by position.
    channels
        Names.
    rows
        Which planes of the index are meant.
    cells
        Field times channels plus channel of each of these.
    """

    wells: list[str]
    fields: Ints
    channels: tuple[str, ...]
    rows: Ints
    cells: Ints

    @classmethod
    def of(cls, index: PlaneIndex, rows: Ints, order: Sequence[str]) -> "Grid":
        """Sort some planes of an index; `order` is that of the channels."""
        codes, wells = pd.factorize(_column(index.wells)[rows])
        ranks = _ranks(sorted(range(len(wells)), key=lambda code: well_position(str(wells[code]))))
        numbers, fields = np.unique(np.asarray(index.fields, np.int64)[rows], return_inverse=True)
        keys, field_rows = np.unique(ranks[codes] * len(numbers) + fields, return_inverse=True)
        sorted_wells = wells[np.argsort(ranks)]
        channel_codes, names = pd.factorize(_column(index.channels)[rows])
        channels = order_channels(names, order)
        places = np.array([channels.index(name) for name in names], np.int64)
        return cls(
            wells=sorted_wells[keys // len(numbers)].tolist(),
            fields=numbers[keys % len(numbers)],
            channels=channels,
            rows=rows,
            cells=field_rows * len(channels) + places[channel_codes],
        )

    @property
    def first_planes(self) -> Ints:
        """A plane of each field."""
        _, first = np.unique(self.cells // len(self.channels), return_index=True)
        return self.rows[first]

    def choose(self, index: PlaneIndex, view: View, projection: int | None) -> tuple[NDArray[np.int32], Ints]:
        """Planes of each field and channel, -1 where there is none, and rows of the index that show one plane twice.

        Returns
        -------
        planes
            (n_fields, C, n), n > 1 where a maximum is asked for.
        twice
            (n, 2).
        """
        times, heights = (numbers_of(part, len(index))[self.rows] for part in (index.times, index.z))
        order = np.lexsort((self.rows, heights, times, self.cells))
        order = order[_at_time(self.cells[order], times[order], view.time)]
        order, twice = _once(order, self.cells, heights)
        order = order[_at_height(self.cells[order], heights[order], view, projection)]
        cells = self.cells[order]
        starts, counts = _runs(cells)
        planes = np.full((len(self.fields) * len(self.channels), counts.max(initial=1)), -1, np.int32)
        planes[cells, np.arange(len(order)) - np.repeat(starts, counts)] = self.rows[order]
        return planes.reshape(len(self.fields), len(self.channels), -1), self.rows[twice]


def order_channels(names: Iterable[str], order: Sequence[str]) -> tuple[str, ...]:
    """Names that are there, in a given order; those that it does not name follow in natural order."""
    there = set(names)
    known = [name for name in order if name in there]
    return (*known, *sorted(there - set(known), key=natural))


def in_acquisition(index: PlaneIndex, name: str | None) -> Ints:
    """Rows of the planes of an acquisition; all when None."""
    if name is None:
        return np.arange(len(index))
    return np.flatnonzero(_column(index.acquisitions) == name)


def _at_time(cells: Ints, times: Ints, time: int | None) -> NDArray[np.bool_]:
    """Which planes of sorted cells are of a time point, or of the only one; the first when None."""
    first, last = _spread(cells, times)
    shown: NDArray[np.bool_] = times == (first if time is None else np.where(first == last, first, time))
    return shown


def _at_height(cells: Ints, heights: Ints, view: View, projection: int | None) -> NDArray[np.bool_]:
    """Which planes of sorted cells are shown; each cell has every height once."""
    is_projection: NDArray[np.bool_] = np.equal(heights, projection if projection is not None else -(2**62))
    first, last = _spread(cells, heights)
    has_one: NDArray[np.bool_] = first == last
    if view.z == "max":
        return has_one | ~is_projection
    if view.z != "auto":
        return has_one | np.equal(heights, view.z)
    starts, counts = _runs(cells)
    has_projection = np.repeat(np.logical_or.reduceat(is_projection, starts), counts)
    middle = np.arange(len(cells)) == np.repeat(starts + counts // 2, counts)
    return np.where(has_projection, is_projection, middle)


def _spread(cells: Ints, values: Ints) -> tuple[Ints, Ints]:
    """Least and greatest value of each entry's cell; cells are sorted."""
    starts, counts = _runs(cells)
    return (
        np.repeat(np.minimum.reduceat(values, starts), counts),
        np.repeat(np.maximum.reduceat(values, starts), counts),
    )


def _runs(cells: Ints) -> tuple[Ints, Ints]:
    """Beginning and length of each run of equal entries; there is at least one."""
    starts = np.flatnonzero(np.concatenate([[True], np.diff(cells) != 0]))
    return starts, np.diff(np.append(starts, len(cells)))


def _once(order: Ints, cells: Ints, heights: Ints) -> tuple[Ints, Ints]:
    """Order without what shows one plane again, and pairs of those that do."""
    if len(order) < 2:
        return order, np.empty((0, 2), np.int64)
    again = (np.diff(cells[order]) == 0) & (np.diff(heights[order]) == 0)
    pairs = np.stack([order[:-1][again], order[1:][again]], axis=1)
    return order[np.concatenate([[True], ~again])], pairs


def numbers_of(column: Numbers, length: int) -> Ints:
    """Column of numbers, zeros where the layout does not have it."""
    return np.asarray(column, np.int64) if len(column) else np.zeros(length, np.int64)


def _column(values: Names) -> NDArray[Any]:
    return np.asarray(values, object)


def _ranks(order: Sequence[int]) -> Ints:
    ranks = np.empty(len(order), np.int64)
    ranks[list(order)] = np.arange(len(order))
    return ranks
