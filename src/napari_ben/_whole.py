"""A file that is written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from napari_ben.errors import NapariBenError, SaveError


@contextmanager
def whole_file(path: Path, what: str) -> Iterator[Path]:
    """Give a path to write to, beside the file that it becomes at the end.

    A full disk, a crash, or a block that writes nothing leaves the file that was there before, or none.

    Parameters
    ----------
    path
        Of the file; its folder is made when absent.
    what
        How a sentence calls it, such as ``The model``.

    Raises
    ------
    SaveError
        When the disk is full, or the place cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield unfinished
        if unfinished.exists():
            with unfinished.open("rb+") as file:
                os.fsync(file.fileno())
            unfinished.replace(path)
    except NapariBenError:
        raise
    except OSError as error:
        raise SaveError(
            f"{what} could not be saved as {path.name!r}: {error.strerror or error}.",
            "Free some space or choose another folder; nothing was left behind.",
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
