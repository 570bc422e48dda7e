"""Planes of a plate at any downsampling, kept in a cache of bounded size."""

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari_ben.plates._plate import Plate

CACHE_BYTES = 384 * 2**20
Key = tuple[int, int, int]
"""Row of ``plate.fields``, channel, downsampling."""


def reduce_plane(plane: NDArray[Any], factor: int) -> NDArray[Any]:
    """Means of squares of pixels; the last square is completed by repeating the edge.

    Parameters
    ----------
    plane
        (Y, X).
    factor
        Side of the squares, pixels.

    Examples
    --------
    >>> reduce_plane(np.array([[0, 2, 8], [2, 4, 8]], np.uint8), 2).tolist()
    [[2, 8]]
    """
    height, width = plane.shape
    if height % factor or width % factor:
        plane = np.pad(plane, ((0, -height % factor), (0, -width % factor)), mode="edge")
    rows = plane.reshape(-1, factor, plane.shape[1]).sum(axis=1, dtype=np.float32)
    means = rows.reshape(len(rows), -1, factor).mean(axis=2) / factor
    reduced: NDArray[Any] = (np.rint(means) if plane.dtype.kind in "iu" else means).astype(plane.dtype)
    return reduced


class Overviews:
    """Planes at any downsampling, from the coarsest stored level that is fine enough.

    May be asked from several threads at once.

    Parameters
    ----------
    plate
        Whose planes they are.
    """

    def __init__(self, plate: "Plate") -> None:
        self._plate = plate
        self._planes: OrderedDict[Key, NDArray[Any]] = OrderedDict()
        self._held = 0
        self._lock = Lock()

    @property
    def held_bytes(self) -> int:
        """Bytes of the planes in memory."""
        return self._held

    @property
    def most_bytes(self) -> int:
        """Bytes that they may take up."""
        return CACHE_BYTES

    def held(self, keys: Iterable[Key]) -> list[NDArray[Any] | None]:
        """(Y, X) of each plane where it is in memory; nothing is read."""
        with self._lock:
            return [self._planes.get(key) for key in keys]

    def need(self, keys: Iterable[Key]) -> list[Key]:
        """Let go of these planes after all others; gives those that are not in memory."""
        missing = []
        with self._lock:
            for key in keys:
                if key in self._planes:
                    self._planes.move_to_end(key)
                else:
                    missing.append(key)
        return missing

    def read(self, row: int, channel: int, factor: int) -> NDArray[Any]:
        """(Y, X) of one plane, from memory or from disk; not kept.

        Raises
        ------
        PlateError
            When it is missing or cannot be read.
        """
        (plane,) = self.held([(row, channel, factor)])
        if plane is not None:
            return plane
        stored = self._plate.source.downsampling
        level = max(index for index, step in enumerate(stored) if factor % step == 0 and step <= factor)
        plane = self._plate.read_plane(row, channel, level)
        return plane if stored[level] == factor else reduce_plane(plane, factor // stored[level])

    def keep(self, row: int, channel: int, factor: int, plane: NDArray[Any]) -> None:
        """Keep a plane in memory, and let go of those not needed for longest."""
        key = (row, channel, factor)
        with self._lock:
            if key not in self._planes:
                self._planes[key] = plane
                self._held += plane.nbytes
            while self._held > CACHE_BYTES:
                self._held -= self._planes.popitem(last=False)[1].nbytes
