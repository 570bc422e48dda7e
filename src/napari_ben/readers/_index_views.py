"""All views of a plate whose planes lie in files: which file shows which field and channel.

Everything is done in columns: a plate has tens of thousands of planes, and an object for each would cost more than
listing them. Where a field and channel was imaged once (one time point, or one z plane) among others that were imaged
often, that one image is shown whatever is asked for.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ben.plates import Shown, View, fields_table
from napari_ben.readers._file_source import FileSource
from napari_ben.readers._incomplete import describe_missing
from napari_ben.readers._index import PlaneIndex, ReadPage
from napari_ben.readers._index_grid import Grid, Ints, in_acquisition, natural, numbers_of


@dataclass(frozen=True, eq=False)
class IndexViews:
    """The views of a plane index.

    Parameters
    ----------
    folder
        The plate's.
    index
        All its planes; none outside the folder.
    channels
        Names in the order in which they are shown; others follow in natural order.
    shape, dtype
        Of most fields.
    projection
        The z that is a projection of the others.
    read_page
        Gives a page of a file that is no image file.
    stated, told
        Problems and notes of all views.
    """

    folder: Path
    index: PlaneIndex
    channels: tuple[str, ...]
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    projection: int | None = None
    read_page: ReadPage | None = None
    stated: tuple[str, ...] = ()
    told: tuple[str, ...] = ()

    @cached_property
    def z_planes(self) -> tuple[int, ...]:
        """Numbers of the planes; a stored projection is not one of them."""
        planes = set(np.unique(numbers_of(self.index.z, len(self.index))).tolist())
        return tuple(sorted(planes - {self.projection} or planes)) if len(self.index.z) else ()

    @cached_property
    def times(self) -> tuple[int, ...]:
        """Numbers of the time points."""
        return tuple(np.unique(numbers_of(self.index.times, len(self.index))).tolist()) if len(self.index.times) else ()

    @cached_property
    def acquisitions(self) -> tuple[str, ...]:
        """Names in natural order; empty when there is but one."""
        names = sorted(set(self.index.acquisitions), key=natural)
        return tuple(names) if len(names) > 1 else ()

    def show(self, view: View) -> Shown:
        """Give one view; what it asks for exists. Reads no pixel."""
        chosen = in_acquisition(self.index, view.acquisition or next(iter(self.acquisitions), None))
        grid = Grid.of(self.index, chosen, self.channels)
        planes, twice = grid.choose(self.index, view, self.projection)
        files = np.asarray(self.index.files, object)
        missing, problems = describe_missing(planes[:, :, 0] < 0, grid.wells, grid.fields, grid.channels)
        first = grid.first_planes
        positions = [np.asarray(axis, float)[first] for axis in (self.index.y_um, self.index.x_um) if len(axis)]
        return Shown(
            channels=grid.channels,
            fields=fields_table(
                grid.wells, grid.fields, np.stack(positions, 1) if len(positions) == 2 else None, missing
            ),
            source=FileSource(
                self.folder,
                files,
                planes,
                np.asarray(self.index.pages, np.int32),
                np.asarray(self.index.bands, np.int32),
                self.shape,
                self.dtype,
                self.read_page,
            ),
            stated=(*self.stated, *_repeated(files, twice), *problems),
            told=(*self.told, *self._choices(view)),
        )

    def _choices(self, view: View) -> list[str]:
        told = []
        if len(self.acquisitions) > 1:
            names, shown = ", ".join(map(repr, self.acquisitions)), view.acquisition or self.acquisitions[0]
            told.append(f"The plate has {len(self.acquisitions)} acquisitions ({names}); {shown!r} is shown.")
        heights = set(numbers_of(self.index.z, len(self.index)).tolist())
        if len(heights) > 1:
            automatic = "the projection" if self.projection in heights else "the middle one"
            words = {"auto": automatic, "max": "their maximum"}
            shown = words.get(str(view.z), f"plane {view.z}")
            told.append(f"Fields have up to {len(self.z_planes)} z planes; {shown} is shown.")
        if len(self.times) > 1:
            shown = "the first one" if view.time is None else f"time point {view.time}"
            told.append(f"Fields have up to {len(self.times)} time points; {shown} is shown.")
        return told


def _repeated(files: NDArray[Any], twice: Ints) -> list[str]:
    if not len(twice):
        return []
    pair = " and ".join(repr(name) for name in files[twice[0]])
    return [f"Planes with more than one file: {len(twice)}; the first is shown (for example of {pair})."]
