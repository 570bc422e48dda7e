"""Pixels that lie in image files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.readers import _image_files
from napari_ben.readers._index import ReadPage


@dataclass(frozen=True, eq=False)
class FileSource:
    """Image files, one plane a page, or a band of a colour image.

    Parameters
    ----------
    folder
        The plate's folder.
    files
        (n_planes,) object: paths relative to the folder.
    planes
        (n_fields, C, n): for each field and channel the planes whose maximum is shown, -1 where there is none.
    pages
        (n_planes,): page of each plane within its file; empty where all are first pages.
    bands
        (n_planes,): band of a colour image that is the plane; empty where all images are grey.
    shape
        Nominal (Y, X).
    dtype
        Nominal data type.
    read_page
        Gives a page of a file that is no image file; None where all are.
    """

    folder: Path
    files: NDArray[Any]
    planes: NDArray[np.int32]
    pages: NDArray[np.int32]
    bands: NDArray[np.int32]
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    read_page: ReadPage | None = None

    @property
    def downsampling(self) -> tuple[int, ...]:
        """Full resolution only."""
        return (1,)

    def path(self, field: int, channel: int) -> Path | None:
        """File of the first plane that is shown."""
        plane = int(self.planes[field, channel, 0])
        return self.folder / self.files[plane] if plane >= 0 else None

    def read(self, field: int, channel: int, level: int = 0) -> NDArray[Any]:
        """(Y, X) of one plane, as stored; of several, their maximum, of which two are in memory at a time.

        Raises
        ------
        PlateError
            When there is no file, it cannot be read, or the planes differ in size.
        """
        planes = [int(plane) for plane in self.planes[field, channel] if plane >= 0]
        if not planes:
            raise PlateError(f"{self.folder} has no file for this plane.", "Leave its field out.")
        brightest = self._read(planes[0])
        for plane in planes[1:]:
            pixels = self._read(plane)
            if pixels.shape != brightest.shape:
                raise PlateError(
                    f"{self.files[plane]!r} differs in size from the other z planes of its field.",
                    "Show one z plane, or leave the field out.",
                )
            brightest = np.maximum(brightest, pixels)
        return brightest

    def _read(self, plane: int) -> NDArray[Any]:
        page = int(self.pages[plane]) if len(self.pages) else 0
        if self.read_page is not None:
            return self.read_page(self.folder / self.files[plane], page)
        band = int(self.bands[plane]) if len(self.bands) else None
        return _image_files.read_pixels(self.folder / self.files[plane], page, band)
