"""Nikon ND2: a file a well, or one file whose stage positions are named by their wells. Read by nd2.

The format has no plate. The well comes from the file's name (``WellA01_PointA01_0000_….nd2``) or, where one file holds
several, from the names of the positions (``B03_0001``); where neither tells it, that is said, not guessed from the
stage.
"""

from collections import Counter
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.readers._channel_names import channel_names
from napari_ben.readers._concurrently import read_all
from napari_ben.readers._containers import (
    Pages,
    files_of_wells,
    missing_extra,
    plates_of_files,
    refuse_without,
    unreadable,
    well_in_name,
)
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._place import Place

SUFFIX = ".nd2"
MAX_FRAMES = 1 << 22
# nd2 fails in many ways on metadata that it does not know, among them names that it has not set
DAMAGED = (OSError, ValueError, LookupError, TypeError, AttributeError, NameError, RuntimeError, MemoryError)


@dataclass(frozen=True)
class Nd2File:
    """What one file holds.

    Parameters
    ----------
    positions, z, times
        Of each frame, counted from 0.
    names
        Of the positions; empty where they have none.
    corners_um
        (Y, X) of each position's field, as the stage counts; empty where unknown.
    channels
        Names.
    shape, dtype
        Of a frame.
    pixel_um
        Side of a pixel, µm.
    """

    positions: tuple[int, ...]
    z: tuple[int, ...]
    times: tuple[int, ...]
    names: tuple[str, ...]
    corners_um: tuple[tuple[float, float], ...]
    channels: tuple[str, ...]
    shape: tuple[int, int]
    dtype: np.dtype[Any]
    pixel_um: float | None


def refuse_nd2(place: Place) -> str | None:
    """Why a place is no ND2 plate, in words; None when there are ND2 files, and not beside more images."""
    return refuse_without(place, SUFFIX)


def plates_nd2(place: Place) -> tuple[Path, ...]:
    """Paths of the ND2 files of a folder where each is a plate."""
    return plates_of_files(place, SUFFIX)


def index_nd2(place: Place) -> tuple[PlaneIndex, PlateFacts]:
    """Planes of ND2 files.

    Raises
    ------
    PlateError
        When nd2 is not installed, no file can be read, or no position can be assigned to a well.
    """
    wells_of_files = files_of_wells(place, SUFFIX)
    read = read_all(lambda name: _look(place.folder / name), wells_of_files)
    problems = [found.problem for found in read if isinstance(found, PlateError)]
    files = {name: found for name, found in zip(wells_of_files, read, strict=True) if isinstance(found, Nd2File)}
    if not files:
        raise next(found for found in read if isinstance(found, PlateError))
    columns = _Columns()
    for name, file in files.items():
        lost = columns.add(name, file, wells_of_files[name])
        if lost:
            problems.append(f"{lost} positions of {name!r} lie in no well; they were left out.")
    if not columns.rows:
        raise PlateError(
            f"No position of {place.path} tells its well, and no file name does.",
            "Name the files by their wells, such as 'WellA01_plate.nd2', or the positions in NIS-Elements.",
        )
    first = next(iter(files.values()))
    shapes = Counter((file.shape, file.dtype) for file in files.values())
    shape, dtype = shapes.most_common(1)[0][0]
    return columns.index(), PlateFacts(
        name=place.path.stem,
        layout="ND2" if len(wells_of_files) == 1 else "ND2, a file a well",
        channels=first.channels,
        shape=shape,
        dtype=dtype,
        pixel_um=first.pixel_um,
        problems=tuple(problems),
        path=place.path,
        read_page=Pages(open_nd2, read_nd2_plane, np.array(columns.planes, np.int64).reshape(-1, 2), DAMAGED),
    )


class _Columns:
    """Columns of a plane index while they are filled."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int, str, str, int, int, float, float]] = []
        self.planes: list[tuple[int, int]] = []
        self._seen: Counter[str] = Counter()

    def add(self, name: str, file: Nd2File, well: str | None) -> int:
        """Add a file's planes; returns how many of its positions lie in no well."""
        named = [well_in_name(position) for position in file.names]
        count = max(file.positions, default=-1) + 1
        wells = named if len(named) >= count and any(named) else [well] * count
        fields = []
        for own in wells[:count]:
            self._seen[own or ""] += 1
            fields.append(self._seen[own or ""])
        corners = file.corners_um if len(file.corners_um) >= count else ((float("nan"), float("nan")),) * count
        for frame, (position, z, time) in enumerate(zip(file.positions, file.z, file.times, strict=True)):
            own = wells[position]
            if own is None:
                continue
            for number, channel in enumerate(file.channels):
                self.rows.append((own, fields[position], channel, name, z, time, *corners[position]))
                self.planes.append((frame, number))
        return sum(own is None for own in wells[:count])

    def index(self) -> PlaneIndex:
        """Give the columns that say something."""
        wells, fields, channels, files, z, times, y_um, x_um = (list(column) for column in zip(*self.rows, strict=True))
        has_places = not np.isnan(y_um).any()
        return PlaneIndex(
            wells=wells,
            fields=fields,
            channels=channels,
            files=files,
            z=z if any(z) else (),
            times=times if any(times) else (),
            pages=np.arange(len(files)),
            y_um=y_um if has_places else (),
            x_um=x_um if has_places else (),
        )


def open_nd2(path: Path) -> Any:
    """Open a file; the caller closes it.

    Raises
    ------
    PlateError
        When nd2 is not installed.
    """
    try:
        import nd2  # an extra
    except ImportError as error:
        raise missing_extra("ND2", "nd2", "nd2") from error
    return nd2.ND2File(path)


def read_nd2_plane(file: Any, plane: NDArray[np.int64]) -> NDArray[Any]:
    """(Y, X) of one channel of a frame, or (Y, X, 3) of a colour image."""
    frame, channel = (int(number) for number in plane)
    pixels = np.asarray(file.read_frame(frame))
    if file.is_rgb:
        return pixels
    shown = pixels[channel] if pixels.ndim > 2 else pixels
    return np.array(shown)  # a copy: what nd2 gives is the file itself, and that may be closed before it is used


def _look(path: Path) -> Nd2File | PlateError:
    try:
        file = open_nd2(path)
        try:
            return _facts(file)
        finally:
            file.close()
    except PlateError as error:
        return error
    except DAMAGED as error:
        return unreadable(path, error)


def _facts(file: Any) -> Nd2File:
    loops = file.experiment
    if prod(loop.count for loop in loops) > MAX_FRAMES:
        raise ValueError("it claims more frames than a plate can have")
    frames = file.loop_indices[: file.attributes.sequenceCount]  # those that were taken before the experiment was ended
    points: list[Any] = next((loop.parameters.points for loop in loops if loop.type == "XYPosLoop"), [])
    places = [point.stagePositionUm for point in points]
    sizes, channels = file.sizes, file.metadata.channels or []
    is_calibrated = bool(channels) and channels[0].volume.axesCalibrated[0]
    return Nd2File(
        positions=tuple(int(frame.get("P", 0)) for frame in frames),
        z=tuple(int(frame.get("Z", 0)) for frame in frames),
        times=tuple(int(frame.get("T", 0)) for frame in frames),
        names=tuple(str(point.name or "") for point in points),
        corners_um=tuple((float(place.y), float(place.x)) for place in places),
        channels=channel_names(
            [str(channel.channel.name or "") for channel in channels], 1 if file.is_rgb else sizes.get("C", 1)
        ),
        shape=(int(sizes.get("Y", 1)), int(sizes.get("X", 1))),
        dtype=np.dtype(file.dtype),
        pixel_um=float(file.voxel_size().x) if is_calibrated else None,
    )
