"""A safety net under work that was not saved: the runs of a plate outlive the program that made them.

While a run goes on, its finished wells are written now and then, and once more when it ends, as a session file of the
one plate in the cache. Each program has a file of its own for each plate, so two of them never write one file, and a
run that is begun does not replace what an earlier program left. When the plate is opened again the latest is offered;
nothing is decided for the person. A saved session takes the place of what its own program kept.
"""

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from napari_ben._cache import cache_folder, keep_below
from napari_ben.errors import FileError, SaveError
from napari_ben.plates import Plate
from napari_ben.session._parts import Kept, Look, Notice
from napari_ben.session._saved_record import SavedSession
from napari_ben.session._saving import save_work
from napari_ben.session._session_file import SUFFIX, read_record
from napari_ben.session._state import SessionState

MOST_BYTES = 2**31
"""What all kept files may take; those that were not touched for longest go first."""


def kept_folder() -> Path:
    """Give the folder of kept runs; it may not exist yet."""
    return cache_folder("kept")


def is_kept(file: Path) -> bool:
    """Tell whether a session file is one that was kept and not saved."""
    return file.parent == kept_folder()


def can_be_kept(plate: Plate) -> bool:
    """Tell whether a plate is on disk, so that another program can open it."""
    return bool(plate.path.parts) and plate.path.exists()


def kept_file(plate: Plate, program: str) -> Path:
    """Name the file of a plate, as it is viewed, and a program."""
    return kept_folder() / f"{_key(plate)}-{program}{SUFFIX}"


def _key(plate: Plate) -> str:
    return sha256(f"{plate.path} {plate.view}".encode()).hexdigest()[:20]


def keep_work(state: SessionState, file: Path) -> Generator[None, "bool | None", Notice | None]:
    """Write the shown plate's runs; where that cannot be done the work goes on, and the person is told."""
    try:
        yield from save_work(replace(state, screen=None), file, None)
        keep_below(file.parent, f"*{SUFFIX}", MOST_BYTES)
    except SaveError as error:
        return Notice("method", f"Finished wells are not safe from a crash. {error.problem}", error.remedy)
    return None


def save_session_work(
    state: SessionState, path: Path, look: Look | None, program: str
) -> Generator[None, "bool | None", Path | None]:
    """Save a session; what this program kept until now is in it and need not be kept."""
    saved = yield from save_work(state, path, look)
    if saved is not None:
        for file in kept_folder().glob(f"*-{program}{SUFFIX}"):
            file.unlink(missing_ok=True)
    return saved


def find_kept_work(plate: Plate, program: str) -> Generator[None, "bool | None", Kept | None]:
    """Look for runs of a plate that another program kept, the latest; files that cannot be read are passed over."""
    yield
    files = [path for path in kept_folder().glob(f"{_key(plate)}-*{SUFFIX}") if path != kept_file(plate, program)]
    for file in sorted(files, key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            return Kept(file, kept_words(read_record(file)))
        except FileError:
            continue
    return None


def kept_words(record: SavedSession) -> str:
    """Say what was kept, and when."""
    when = datetime.fromisoformat(record.saved)
    finished = sum(run.is_finished for run in record.runs)
    stopped = [run.n_wells for run in record.runs if not run.is_finished]
    parts = [f"{finished} finished run{'' if finished == 1 else 's'}"] if finished else []
    parts += [f"one that ended early, after {wells} well{'' if wells == 1 else 's'}" for wells in stopped]
    return f"Not saved, from {when.day} {when:%b} {when:%H:%M}: {' and '.join(parts)}."
