"""How the plate first appears: contrast from a few fields, then the overview, developing block by block.

napari reads what it shows in the window's own thread. For a plate of ordinary TIFFs the first look would read every
file and freeze the window for minutes; so the coarsest level is an array in memory that a task fills meanwhile.
Finer levels stay lazy: they are read where one zooms in.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_ben.plates import Plate

if TYPE_CHECKING:
    import dask.array as da

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
    """

    limits: tuple[tuple[float, float], ...]
    overviews: tuple[NDArray[Any], ...]


def blank_picture(plate: Plate) -> Picture:
    """Read a few fields for the contrast, and lay out empty overviews."""
    channels = range(len(plate.channels))
    limits = tuple(plate.contrast_limits(channel) for channel in channels)
    return Picture(limits, tuple(_blank(plate, channel) for channel in channels))


def _blank(plate: Plate, channel: int) -> NDArray[Any]:
    coarsest = plate.mosaic.levels(channel)[-1]
    return np.zeros(coarsest.shape, coarsest.dtype)


def develop(plate: Plate, picture: Picture) -> Generator[int, "bool | None", None]:
    """Fill the overviews in place, the channels shown first before the others.

    Yields
    ------
    int
        The channel of which a block is new.
    """
    levels = [plate.mosaic.levels(channel)[-1] for channel in range(len(plate.channels))]
    first = shown_first(plate.channels)
    for group in (first, tuple(channel for channel in range(len(levels)) if channel not in first)):
        for block in np.ndindex(*levels[0].numblocks):
            for channel in group:
                _fill(picture.overviews[channel], levels[channel], block)
                if (yield channel):
                    return


def _fill(overview: NDArray[Any], level: "da.Array", block: tuple[int, ...]) -> None:
    starts = [sum(sizes[:index]) for sizes, index in zip(level.chunks, block, strict=True)]
    pixels = level.blocks[block].compute(scheduler="synchronous")
    place = tuple(slice(start, start + size) for start, size in zip(starts, pixels.shape, strict=True))
    overview[place] = pixels
