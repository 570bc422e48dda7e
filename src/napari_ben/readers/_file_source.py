"""Pixels that lie in one file a plane."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.readers import _image_files


@dataclass(frozen=True, eq=False)
class FileSource:
    """One grey image file a field and channel.

    Parameters
    ----------
    folder
        The plate's folder.
    files
        For each field and channel a path relative to the folder; None where there is no file.
    shape
        Nominal (Y, X).
    dtype
        Nominal data type.
    """

    folder: Path
    files: tuple[tuple[str | None, ...], ...]
    shape: tuple[int, int]
    dtype: np.dtype[Any]

    @property
    def downsampling(self) -> tuple[int, ...]:
        """Full resolution only."""
        return (1,)

    def read(self, field: int, channel: int, level: int = 0) -> NDArray[Any]:
        """(Y, X) of one plane, as stored.

        Raises
        ------
        PlateError
            When there is no file, or it cannot be read.
        """
        path = self.files[field][channel]
        if path is None:
            raise PlateError(f"{self.folder} has no file for this plane.", "Leave its field out.")
        return _image_files.read_pixels(self.folder / path)
