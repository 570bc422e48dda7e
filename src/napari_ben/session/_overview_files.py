"""Overviews that were read once: kept in the user's cache, so that a plate is seen at once when it is opened again.

A file holds one channel of one plate as it is shown (z, time, acquisition, layout). Its name is made from all that and
from the state of the plate on disk: when images are added, removed or written again, the name no longer fits. A file
that cannot be read is none, and is written anew. What was met while reading goes with it, so that a plate states the
same problems when its pixels are not read; fields that could not be read are tried again, for a share may have been
away.
"""

import os
import zipfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ben._cache import cache_folder, keep_below
from napari_ben._whole import whole_file
from napari_ben.plates import OnDisk, Plate

MOST_BYTES = 2**30
SAMPLED_FILES = 24
"""Files of a channel that are looked at for their size and time. All would cost minutes on a network share; a file
written anew also changes the time of its folder."""
_VERSION = "1"
_PATTERN = "*.npz"


@dataclass(frozen=True, eq=False)
class StoredOverview:
    """One channel of a plate as it was read before.

    Parameters
    ----------
    pixels
        (Y, X) of the coarsest level.
    limits
        Darkest and brightest value shown, camera counts.
    unread
        (n,) int64: rows of ``plate.fields`` that are still blank.
    """

    pixels: NDArray[Any]
    limits: tuple[float, float]
    unread: NDArray[np.int64]


def overview_file(plate: Plate, channel: int) -> Path | None:
    """Name the file of a channel; None where pixels are not on disk."""
    state = _state(plate, channel)
    if state is None:
        return None
    layout = plate.mosaic.layout
    view = (plate.view.z, plate.view.time, plate.view.acquisition)
    shown = (plate.channels[channel], view, layout.shape, layout.factors, str(plate.dtype))
    digest = sha256(repr((_VERSION, str(plate.path), shown, state)).encode())
    digest.update(layout.boxes.tobytes())
    return cache_folder("overviews") / f"{digest.hexdigest()}.npz"


def _state(plate: Plate, channel: int) -> list[tuple[str, int, int]] | None:
    """Names, sizes and times of a few files spread over the plate, and of the folders that they are in."""
    source = plate.source
    if not isinstance(source, OnDisk) or not len(plate.fields):
        return None
    rows = np.linspace(0, len(plate.fields) - 1, min(SAMPLED_FILES, len(plate.fields))).round().astype(int)
    paths = [path for row in rows if (path := source.path(int(row), channel)) is not None]
    folders = {path.parent for path in paths} | {plate.path}
    return [_file_state(path) for path in [*paths, *sorted(folders)]]


def _file_state(path: Path) -> tuple[str, int, int]:
    try:
        state = path.stat()
    except OSError:  # a missing file is a state too
        return str(path), -1, -1
    return str(path), state.st_size, state.st_mtime_ns


def load_overview(plate: Plate, channel: int) -> StoredOverview | None:
    """Read a channel's overview from the cache; None where there is none that fits."""
    path = overview_file(plate, channel)
    if path is None or not path.is_file():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            overview = StoredOverview(stored["pixels"], tuple(stored["limits"].tolist()), stored["unread"])
            problems = stored["problems"].tolist()
        os.utime(path)  # it was used: others are older
    except (OSError, ValueError, LookupError, zipfile.BadZipFile, EOFError):
        return None
    for problem in problems:
        plate.note(problem)
    return overview


def store_overview(plate: Plate, channel: int, overview: StoredOverview) -> None:
    """Keep a channel's overview; where the cache cannot be written, the plate is read again next time."""
    path = overview_file(plate, channel)
    if path is None:
        return
    with suppress(OSError):
        with whole_file(path) as unfinished:
            np.savez(unfinished, **asdict(overview), problems=np.array(list(plate.met), dtype=np.str_))
        keep_below(path.parent, _PATTERN, MOST_BYTES)


def overview_shape(plate: Plate) -> tuple[int, int]:
    """Give (Y, X) of the coarsest level."""
    layout = plate.mosaic.layout
    return layout.shape[0] // layout.factors[-1], layout.shape[1] // layout.factors[-1]
