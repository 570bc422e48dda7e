"""Writing that leaves the old or the new, whole: when the disk fills, and when the process is killed.

What is not finished lies in a hidden folder beside its destination, on the same disk: moving it into place is one step
and needs no space. The folder's name says which process on which machine fills it, so what a killed process left behind
goes when the next one works in the same place.
"""

import os
import platform
import re
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psutil

from napari_ben.errors import NapariBenError, SaveError

_PREFIX = ".napari-ben-"


def place_refusal(folder: Path) -> str | None:
    """Say why nothing can be written into a folder that may not be there yet, or None."""
    whole = folder.absolute()
    place = next(path for path in (whole, *whole.parents) if path.exists())
    if not place.is_dir():
        return f"{place} is a file"
    return None if os.access(place, os.W_OK) else f"{place} cannot be written"


@contextmanager
def scratch_folder(parent: Path) -> Generator[Path]:
    """Give a hidden folder that goes again at the end.

    Parameters
    ----------
    parent
        Made when absent.
    """
    parent.mkdir(parents=True, exist_ok=True)
    mark = f"{_PREFIX}{re.sub('[^A-Za-z0-9]', '', platform.node())}-"
    _sweep(parent, mark)
    prefix = f"{mark}{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def whole_file(path: Path) -> Generator[Path]:
    """Give a path to write to; what lies there, if anything, takes the place of `path` when the block ends well."""
    with scratch_folder(path.parent) as folder:
        unfinished = folder / path.name
        yield unfinished
        if unfinished.exists():
            with unfinished.open("rb+") as file:
                os.fsync(file.fileno())
            unfinished.replace(path)


@contextmanager
def saved_file(path: Path, what: str) -> Generator[Path]:
    """Do the same for a file that a person asked for, and say in words what went wrong.

    Parameters
    ----------
    path
        Of the file.
    what
        How a sentence calls it, such as ``The model``.

    Raises
    ------
    SaveError
        When the disk is full, or the place cannot be written.
    """
    try:
        with whole_file(path) as unfinished:
            yield unfinished
    except NapariBenError:
        raise
    except OSError as error:
        raise SaveError(
            f"{what} could not be saved as {path.name!r}: {error.strerror or error}.",
            "Free some space or choose another folder; nothing was left behind.",
        ) from error


def _sweep(parent: Path, mark: str) -> None:
    """Remove the folders of processes that are no more; those of other machines cannot be judged from here."""
    for folder in parent.glob(f"{mark}*"):
        process = folder.name.removeprefix(mark).partition("-")[0]
        if process.isdigit() and not psutil.pid_exists(int(process)):
            shutil.rmtree(folder, ignore_errors=True)
