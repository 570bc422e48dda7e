"""Where pixels come from: the one thing that a reader must provide."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray


@runtime_checkable
class PixelSource(Protocol):
    """Pixels of a plate, one plane at a time.

    A source can be pickled and read from several threads at once. `read` is the only way to its pixels, so that
    tests can count what an action costs.
    """

    @property
    def dtype(self) -> np.dtype[Any]:
        """Nominal data type; a single plane may differ and is then a problem of the plate."""

    @property
    def shape(self) -> tuple[int, int]:
        """Nominal (Y, X) of a field at full resolution."""

    @property
    def downsampling(self) -> tuple[int, ...]:
        """Factors of the stored levels, beginning with 1."""

    def read(self, field: int, channel: int, level: int = 0) -> NDArray[Any]:
        """Pixels of one plane.

        Parameters
        ----------
        field
            Row of ``plate.fields``.
        channel
            Position in ``plate.channels``.
        level
            Position in `downsampling`.

        Returns
        -------
        NDArray
            (Y, X), as stored.

        Raises
        ------
        PlateError
            When the plane is absent, truncated, or not a grey image.
        """


@runtime_checkable
class OnDisk(Protocol):
    """A source that can tell where a plane lies, so that what was made from it can be kept."""

    def path(self, field: int, channel: int) -> Path | None:
        """File or folder that changes when the plane is written again; None where there is none."""


@dataclass(frozen=True, eq=False)
class ArraySource:
    """Pixels that are in memory already.

    Parameters
    ----------
    images
        (n_fields, C, Y, X), camera counts.
    """

    images: NDArray[Any]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the array."""
        return self.images.dtype

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X) of every field."""
        return self.images.shape[-2], self.images.shape[-1]

    @property
    def downsampling(self) -> tuple[int, ...]:
        """Full resolution only."""
        return (1,)

    def read(self, field: int, channel: int, level: int = 0) -> NDArray[Any]:
        """(Y, X) of one field and channel."""
        plane: NDArray[Any] = self.images[field, channel]
        return plane
