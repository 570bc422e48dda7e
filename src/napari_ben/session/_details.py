"""The finer levels of a plate's mosaic, as far as they are in memory.

napari reads what it shows in the window's own thread. A look at 200 fields of ordinary TIFFs would stop the window for
seconds; so the canvas gets at once what was read already, the rest as the overview shows it, and what it lacks is
noted. A task reads that, and the canvas is told to look again.

Only the canvas is put off. Whoever else asks a layer for its pixels (a script, another plugin, napari saving the
layer) waits for the true ones.
"""

import inspect
from collections.abc import Generator, Sequence
from functools import cached_property
from itertools import islice
from threading import Lock
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from napari_ben.errors import PlateError
from napari_ben.plates import Overviews, Plate
from napari_ben.session._pace import read_paced

if TYPE_CHECKING:
    import dask.array as da

_AT_ONCE = 8
"""Planes read before it is asked again what is wanted."""
BETWEEN_LOOKS = 0.06
"""Seconds between two pieces of news."""


class Details:
    """Paints pieces of the mosaic without reading, and reads what was missing when told to.

    Parameters
    ----------
    plate
        The plate.
    pictures
        For each channel the coarsest level, (Y, X), which fills meanwhile.

    Attributes
    ----------
    wanted
        Emitted when a piece was painted that lacks something, and nobody is reading.
    """

    wanted = Signal()

    def __init__(self, plate: Plate, pictures: Sequence[NDArray[Any]]) -> None:
        self._plate = plate
        self._pictures = pictures
        self._planes = Overviews(plate)
        self._asked: dict[int, list[tuple[int, int, int]]] = {}
        self._is_attended = False
        self._lock = Lock()

    @property
    def held_bytes(self) -> int:
        """Bytes of the planes in memory."""
        return self._planes.held_bytes

    def levels(self, channel: int) -> list[Any]:
        """Levels of one channel, finest first, without the coarsest; each looks like an array."""
        return [Level(self, self._plate, channel, level) for level in range(len(self._plate.mosaic.layout.factors) - 1)]

    def paint(self, channel: int, factor: int, box: tuple[int, int, int, int]) -> NDArray[Any]:
        """Paint a piece of a level, y0, x0, y1, x1 of its pixels, from what is in memory."""
        mosaic = self._plate.mosaic
        canvas = self._from_afar(channel, factor, box)
        rows = mosaic.fields_in(box, factor)
        planes = dict(zip(rows, self._planes.held((row, channel, factor) for row in rows), strict=True))
        mosaic.paint(canvas, box[:2], factor, planes.get)
        self._ask(channel, self._planes.need((row, channel, factor) for row in self._affordable(rows, factor, box)))
        return canvas

    def _from_afar(self, channel: int, factor: int, box: tuple[int, int, int, int]) -> NDArray[Any]:
        coarser = self._plate.mosaic.layout.factors[-1] // factor
        top, left, bottom, right = box
        seen = self._pictures[channel][top // coarser : -(-bottom // coarser), left // coarser : -(-right // coarser)]
        seen = seen.repeat(coarser, axis=0).repeat(coarser, axis=1)
        y, x = top % coarser, left % coarser
        return np.ascontiguousarray(seen[y : y + bottom - top, x : x + right - left])

    def _affordable(self, rows: list[int], factor: int, box: tuple[int, int, int, int]) -> list[int]:
        """Fields whose planes fit into memory together with those of the other channels, the middle ones first."""
        boxes = self._plate.mosaic.layout.boxes[rows] // factor
        away = np.abs((boxes[:, :2] + boxes[:, 2:]) - np.add(box[:2], box[2:])).max(axis=1, initial=0)
        height, width = (-(-side // factor) for side in self._plate.shape)
        room = height * width * self._plate.dtype.itemsize * len(self._plate.channels)
        return [rows[place] for place in np.argsort(away, kind="stable")[: self._planes.most_bytes // max(room, 1)]]

    def _ask(self, channel: int, missing: list[tuple[int, int, int]]) -> None:
        """Take this for the latest wish of a channel; older ones are of places passed by."""
        with self._lock:
            self._asked[channel] = missing
            is_alone = bool(missing) and not self._is_attended
            self._is_attended |= bool(missing)
        if is_alone:
            self.wanted.emit()

    def look_closer(self) -> Generator[tuple[int, ...], "bool | None", None]:
        """Read what is asked for until nothing is.

        Yields
        ------
        tuple of int
            Channels of which there is news.
        """
        news: set[int] = set()
        told = monotonic()
        try:
            while keys := self._next():
                news |= {channel for _, channel in read_paced(self._read, keys)}
                if monotonic() - told > BETWEEN_LOOKS:
                    if (yield tuple(news)):
                        return
                    news, told = set(), monotonic()
            yield tuple(news)
        finally:
            with self._lock:
                self._is_attended = False

    def _next(self) -> list[tuple[int, int, int]]:
        with self._lock:
            in_turns = (keys.pop(0) for _ in range(_AT_ONCE) for keys in self._asked.values() if keys)
            keys = list(islice(in_turns, _AT_ONCE))
            self._is_attended = bool(keys)
        return keys

    def _read(self, key: tuple[int, int, int]) -> int:
        try:
            plane = self._planes.read(*key)
        except PlateError:  # stated in plate.problems; the place is blank, and is not asked for again
            plane = np.zeros((1, 1), self._plate.dtype)
        self._planes.keep(*key, plane)
        return key[1]


class Level:
    """A level of a channel's mosaic that looks like an array.

    Parameters
    ----------
    details
        Paints what the canvas asks for.
    plate
        Whose pixels they are.
    channel, level
        Which of them; the finest level is 0.
    """

    def __init__(self, details: Details, plate: Plate, channel: int, level: int) -> None:
        layout = plate.mosaic.layout
        self._factor = layout.factors[level]
        self.shape: tuple[int, int] = (layout.shape[0] // self._factor, layout.shape[1] // self._factor)
        self.dtype: np.dtype[Any] = plate.dtype
        self.ndim, self.size = 2, self.shape[0] * self.shape[1]
        self._details, self._plate, self._channel, self._level = details, plate, channel, level

    @cached_property
    def pixels(self) -> "da.Array":
        """The true ones, lazily; made when asked for, because the window need not wait for dask."""
        return self._plate.mosaic.levels(self._channel)[self._level]

    def __getitem__(self, key: Any) -> Any:
        """Give what is in memory to the canvas, and lazy pixels to everybody else."""
        frame = inspect.currentframe()
        if frame is not None and _is_canvas(frame.f_back) and _is_box(key):
            (top, bottom), (left, right) = (part.indices(side)[:2] for part, side in zip(key, self.shape, strict=True))
            return self._details.paint(self._channel, self._factor, (top, left, max(bottom, top), max(right, left)))
        return self.pixels[key]

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        """Read the whole level; the array is always a new one."""
        return np.asarray(self.pixels, dtype)


def _is_canvas(asking: FrameType | None) -> bool:
    """Whether it is napari's slicing that asks; should napari rename it, it waits for true pixels as others do."""
    name = "" if asking is None else str(asking.f_globals.get("__name__"))
    return name.startswith("napari.layers.") and name.endswith("._slice")


def _is_box(key: object) -> bool:
    return isinstance(key, tuple) and len(key) == 2 and all(isinstance(part, slice) for part in key)
