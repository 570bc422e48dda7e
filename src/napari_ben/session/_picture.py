"""How the plate first appears: contrast from a few fields, then the overview, developing well by well.

napari reads what it shows in the window's own thread. For a plate of ordinary TIFFs the first look would read every
file and freeze the window for minutes; so the coarsest level is an array in memory that a task fills meanwhile. It is
kept on disk and there at once when the plate is opened again. Finer levels are read where one zooms in.
"""

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.plates import Overviews, Plate
from napari_ben.session._details import BETWEEN_LOOKS, Details
from napari_ben.session._overview_files import StoredOverview, load_overview, overview_shape, store_overview
from napari_ben.session._pace import READERS, read_paced

_SHOWN_AT_ONCE = 3  # more colours than that add up to white
_TELLING = ("dna", "er", "agp", "mito", "rna")


def shown_first(channels: Sequence[str]) -> tuple[int, ...]:
    """Choose the channels that are visible at first: the stains that tell most, else the first ones.

    Examples
    --------
    >>> shown_first(["RNA", "ER", "AGP", "Mito", "DNA"])
    (4, 1, 2)
    """
    rank = {name: place for place, name in enumerate(_TELLING)}
    order = sorted(range(len(channels)), key=lambda number: rank.get(channels[number].lower(), len(rank)))
    return tuple(order[:_SHOWN_AT_ONCE])


@dataclass(frozen=True, eq=False)
class Picture:
    """What is needed to show a plate without reading it.

    Parameters
    ----------
    limits
        For each channel the darkest and the brightest value shown, camera counts.
    overviews
        For each channel the coarsest level of the mosaic, (Y, X); zero where it is not yet developed.
    details
        The finer levels.
    left
        For each channel the rows of ``plate.fields`` that were not yet read, (n,) int64.
    """

    limits: tuple[tuple[float, float], ...]
    overviews: tuple[NDArray[Any], ...]
    details: Details
    left: tuple[NDArray[np.int64], ...]

    def levels(self, channel: int) -> list[Any]:
        """All levels of one channel, finest first."""
        return [*self.details.levels(channel), self.overviews[channel]]


def first_picture(plate: Plate) -> Picture:
    """Take the overviews that are kept from an earlier time; of the others read a few fields for the contrast."""
    with ThreadPoolExecutor(READERS) as pool:
        known = list(pool.map(partial(_known, plate), range(len(plate.channels))))
    overviews = tuple(overview.pixels for overview in known)
    limits = tuple(overview.limits for overview in known)
    left = tuple(overview.unread for overview in known)
    return Picture(limits, overviews, Details(plate, overviews), left)


def _known(plate: Plate, channel: int) -> StoredOverview:
    stored = load_overview(plate, channel)
    if stored is not None:
        return stored
    name = plate.channels[channel]
    rows = np.flatnonzero([name not in missing for missing in plate.fields["missing"]])
    return StoredOverview(np.zeros(overview_shape(plate), plate.dtype), plate.contrast_limits(channel), rows)


def develop(plate: Plate, picture: Picture) -> Generator[tuple[int, ...], "bool | None", None]:
    """Fill the overviews in place, the channels shown first before the others, and keep those that are complete.

    Yields
    ------
    tuple of int
        Channels of which something is new.
    """
    first = shown_first(plate.channels)
    others = [(channel,) for channel in range(len(plate.channels)) if channel not in first]
    for group in (first, *others):
        unread: dict[int, list[int]] = {channel: [] for channel in group if len(picture.left[channel])}
        for news in _fill(plate, picture, unread):
            if (yield news):
                return
        for channel, rows in unread.items():
            overview = StoredOverview(picture.overviews[channel], picture.limits[channel], np.array(rows, np.int64))
            store_overview(plate, channel, overview)


def _fill(plate: Plate, picture: Picture, unread: dict[int, list[int]]) -> Iterator[tuple[int, ...]]:
    """Read field by field, several at a time; give news every now and then, and note what could not be read."""
    planes, factor = Overviews(plate), plate.mosaic.layout.factors[-1]
    told = 0.0

    def read(job: tuple[int, int]) -> NDArray[Any] | None:
        try:
            return planes.read(*job, factor)
        except PlateError:  # stated in plate.problems; the place stays blank
            return None

    jobs = sorted((int(row), channel) for channel in unread for row in picture.left[channel])
    for (row, channel), plane in read_paced(read, jobs):
        if plane is None:
            unread[channel].append(row)
        else:
            plate.mosaic.place(picture.overviews[channel], row, factor, plane)
        if monotonic() - told > BETWEEN_LOOKS:
            told = monotonic()
            yield tuple(unread)
    yield tuple(unread)
