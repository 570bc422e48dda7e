"""A plate: what was imaged, where, and how to get at the pixels.

A plate is a frozen value. Attaching a platemap or changing roles gives a new plate that shares the pixels. What is
learned while pixels are read (a truncated file, a field of another size) cannot be known on opening; it joins
`Plate.problems` when it is met, once a field.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.plates._formats import PlateFormat
from napari_ben.plates._images import contrast_limits, lazy_images, read_field, read_plane, summarise
from napari_ben.plates._join import PlatemapUse
from napari_ben.plates._mosaic import Mosaic
from napari_ben.plates._source import PixelSource
from napari_ben.plates._views import Opening, View, Views, ZChoice, view_plate
from napari_ben.plates._well_roles import WellRoles

if TYPE_CHECKING:
    import dask.array as da


@dataclass(frozen=True, eq=False)
class Plate(WellRoles):
    """What was imaged: wells, fields, channels, and lazily their pixels.

    Parameters
    ----------
    name, path
        The plate's barcode or folder name, and its folder.
    layout
        How it lies on disk, in words.
    format
        Rows and columns.
    channels
        Names, in the order of the pixel source.
    fields
        One row a field: ``well``, ``field`` (number on disk), ``y_um``, ``x_um`` (µm, NaN when unknown), ``missing``
        (names of the channels that it lacks).
    wells
        One row a well, index ``well``: ``row``, ``column`` (0-based), ``role``, ``treatment``, columns of the
        platemap, ``raw_role``, ``excluded``, ``n_fields`` (0 where the platemap names a well without images).
    source
        Reads the pixels; ``field`` counts the rows of `fields`.
    stated, told, met
        Problems that were seen on opening, what was decided there and is none, problems met while pixels were read.
    experiment
        The batch of plates that it belongs to, where the folder says so.
    format_is_guess
        The format was guessed from the wells that have images, so that a platemap may enlarge it.
    platemap
        Where roles and treatments are from; None before `with_platemap`.
    pixel_um
        Side of a pixel, µm; None when unknown.
    view, views
        Which z plane, time point and acquisition are shown, and all that could be (None where there is but one).
    opening
        What it was opened by.
    """

    name: str
    path: Path
    layout: str
    format: PlateFormat
    channels: tuple[str, ...]
    fields: pd.DataFrame
    wells: pd.DataFrame
    source: PixelSource = field(repr=False)
    stated: tuple[str, ...] = ()
    experiment: str = ""
    format_is_guess: bool = False
    platemap: PlatemapUse | None = None
    told: tuple[str, ...] = ()
    pixel_um: float | None = None
    view: View = field(default_factory=View)
    views: Views | None = field(default=None, repr=False)
    opening: Opening = field(default_factory=Opening)
    met: dict[str, None] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        return (
            f"<Plate {self.name!r}: {self.layout}, {len(self.imaged)} of {self.format.n_wells} wells, "
            f"{len(self.fields)} fields, {len(self.channels)} channels, {self.shape[0]}×{self.shape[1]} {self.dtype}>"
        )

    def __getstate__(self) -> dict[str, Any]:
        """Leave what is computed lazily behind: it is cheaper to make again than to send."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the plate: seen on opening, then met while reading pixels."""
        return (*self.stated, *(self.platemap.problems if self.platemap else ()), *summarise(list(self.met)))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was decided about images and platemap and is no problem."""
        return (*self.told, *(self.platemap.notes if self.platemap else ()))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Nominal data type of the pixels."""
        return self.source.dtype

    @property
    def shape(self) -> tuple[int, int]:
        """Nominal (Y, X) of a field."""
        return self.source.shape

    @property
    def n_levels(self) -> int:
        """Number of levels stored on disk."""
        return len(self.source.downsampling)

    @property
    def z_planes(self) -> tuple[int, ...]:
        """Numbers of the z planes, as the microscope counts them; empty when there is one without a number."""
        return self.views.z_planes if self.views else ()

    @property
    def n_z(self) -> int:
        """Number of z planes of a field that has most."""
        return max(1, len(self.z_planes))

    @property
    def times(self) -> tuple[int, ...]:
        """Numbers of the time points, as the microscope counts them; empty when there is one without a number."""
        return self.views.times if self.views else ()

    @property
    def n_times(self) -> int:
        """Number of time points of a field that has most."""
        return max(1, len(self.times))

    @property
    def acquisitions(self) -> tuple[str, ...]:
        """Names of what was imaged at another time or with other settings; empty when there is but one."""
        return self.views.acquisitions if self.views else ()

    def at(self, *, z: ZChoice | None = None, time: int | None = None, acquisition: str | None = None) -> "Plate":
        """Show another z plane, time point or acquisition; what is left out stays as it is.

        Parameters
        ----------
        z
            ``auto`` (a stored projection, else the middle plane), ``max``, or one of `z_planes`.
        time, acquisition
            One of `times`, of `acquisitions`.

        Raises
        ------
        ArgumentError
            When there is none such; says which there are.
        """
        return view_plate(self, z, time, acquisition)

    @property
    def imaged(self) -> pd.DataFrame:
        """The wells that have images."""
        return self.wells[self.wells["n_fields"] > 0]

    def rows_of(self, wells: Iterable[str]) -> NDArray[np.int64]:
        """Rows of `fields` that lie in these wells, in table order."""
        return np.flatnonzero(self.fields["well"].isin(list(wells)))

    def read_plane(self, row: int, channel: int, level: int = 0) -> NDArray[Any]:
        """(Y, X) of one field and channel, as stored; what is odd about it joins `problems`.

        Raises
        ------
        PlateError
            When the plane is absent, truncated, or not a grey image.
        """
        return read_plane(self, row, channel, level)

    def read_field(self, row: int, channels: Sequence[int] | None = None) -> NDArray[Any]:
        """All channels of one field.

        Parameters
        ----------
        row
            Row of `fields`.
        channels
            Positions in `channels`, in the order wanted; all of them when left out.

        Returns
        -------
        NDArray
            (C, Y, X), as stored; its size is the field's own, even where the plate's others differ.

        Raises
        ------
        PlateError
            When a channel is missing or cannot be read, or channels differ in size.
        """
        return read_field(self, row, channels)

    @cached_property
    def images(self) -> "da.Array":
        """(n_fields, C, Y, X), lazily; missing or unreadable planes are zero and stated in `problems`."""
        return lazy_images(self)

    def image(self, row: int) -> "da.Array":
        """(C, Y, X) of one field, lazily."""
        return self.images[row]

    @cached_property
    def mosaic(self) -> Mosaic:
        """All fields in their places on the plate."""
        return Mosaic(self)

    def contrast_limits(self, channel: int) -> tuple[float, float]:
        """Display range of a channel from a few fields, in camera counts."""
        return contrast_limits(self, channel)

    def note(self, problem: str) -> None:
        """Add what was met while pixels were read to `problems`, once."""
        self.met.setdefault(problem)
