"""What a layout knows about a plate: one entry an image plane, and a few facts.

Every layout of image files is read into this one shape, whether its metadata or its file names say it. From here on
no code asks which microscope wrote the folder.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.plates import PlateFormat

ReadPage = Callable[[Path, int], NDArray[Any]]
Names = Sequence[str] | NDArray[Any]  # an array of objects, not of fixed-width text
Numbers = Sequence[int] | NDArray[np.integer[Any]]
Lengths = Sequence[float] | NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class PlaneIndex:
    """Where each plane of a plate lies: columns of equal length, one entry a plane.

    Columns that a layout does not have stay empty.

    Parameters
    ----------
    wells
        Names as `napari_ben.plates.well_name` writes them.
    fields
        Numbers as the microscope counts them.
    channels
        Names.
    files
        Paths relative to the plate's folder, with ``/``.
    z, times
        Numbers as the microscope counts them.
    pages
        Page within the file, 0-based.
    bands
        Band of a colour image that is the plane, 0-based.
    acquisitions
        Names of what was imaged at another time or with other settings: cycles, measurements.
    y_um, x_um
        Stage position of the plane's field, µm; y grows downwards in the picture, x to the right.
    """

    wells: Names
    fields: Numbers
    channels: Names
    files: Names
    z: Numbers = ()
    times: Numbers = ()
    pages: Numbers = ()
    bands: Numbers = ()
    acquisitions: Names = ()
    y_um: Lengths = ()
    x_um: Lengths = ()

    def __len__(self) -> int:
        return len(self.files)

    def take(self, rows: NDArray[np.int64]) -> "PlaneIndex":
        """Keep some of the planes."""
        parts = {part.name: getattr(self, part.name) for part in fields(self)}
        return PlaneIndex(**{name: _take(column, rows) for name, column in parts.items()})


@dataclass(frozen=True, eq=False)
class PlateFacts:
    """What a layout says about a plate as a whole.

    Parameters
    ----------
    name
        The plate's barcode.
    layout
        How it lies on disk, in words.
    channels
        Names in the order in which they are shown; in natural order of the index's names when empty.
    format
        Rows and columns; guessed from the wells when left out.
    experiment
        The batch of plates that it belongs to.
    shape, dtype
        Of a field; read from a few files when left out.
    pixel_um
        Side of a pixel, µm.
    projection
        The z that is a projection of the others.
    platemap
        Columns about wells that the metadata hold (text, with a column ``well``).
    problems
        What does not add up.
    folder
        That the files' paths are relative to; the folder of the place when left out.
    path
        What opens the plate again; the folder of the place when left out.
    read_page
        Gives a page (Y, X) of a file that is no image file; None where all are. Can be pickled and called from several
        threads at once.
    """

    name: str
    layout: str
    channels: tuple[str, ...] = ()
    format: PlateFormat | None = None
    experiment: str = ""
    shape: tuple[int, int] | None = None
    dtype: np.dtype[Any] | None = None
    pixel_um: float | None = None
    projection: int | None = None
    platemap: pd.DataFrame | None = field(default=None, repr=False)
    problems: tuple[str, ...] = ()
    folder: Path | None = None
    path: Path | None = None
    read_page: ReadPage | None = None


def _take(column: Any, rows: NDArray[np.int64]) -> Any:
    if not len(column):
        return column
    return (column if isinstance(column, np.ndarray) else np.asarray(column, object))[rows]
