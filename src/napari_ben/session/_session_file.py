"""The session file: one zip of a JSON document and the runs beside it.

One file and not a folder, because it is dropped, mailed and copied as one thing, and because one file can be replaced
in one step: it is written beside its place and renamed, so there is always the whole old session or the whole new one.
A zip and not one safetensors file, because its parts already have forms of their own (runs, statistics, models), each
of which is readable by itself and without torch, and because a zip carries a checksum for each of them. Nothing in it
can run. The parts are stored uncompressed: embeddings do not shrink, and what is stored is as large as it says it is.

Everything is checked before anything is used: a file that is cut short, changed, or of a later version is refused in
words, and the session that is open stays as it is.
"""

import json
import re
import shutil
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from napari_ben.errors import SessionFileError
from napari_ben.session._saved_record import FORMAT, SavedSession

SUFFIX = ".bensession"
RECORD_PART = "session.json"
_PARTS = re.compile(
    r"session\.json|run-\d{1,6}\.safetensors|statistics-\d{1,6}\.safetensors|(model|taught)\.safetensors"
)
_DAMAGES = (zipfile.BadZipFile, EOFError, LookupError, OverflowError, RuntimeError, ValueError, struct.error)
"""What the standard library raises on zip files that are cut short or changed."""
_REMEDY = "Use the file as napari-ben wrote it, or an older copy of it."


def is_session_file(path: Path) -> bool:
    """Tell by its name whether a path is a session file."""
    return path.suffix.lower() == SUFFIX


def run_part(number: int) -> str:
    """Name the part that holds a run."""
    return f"run-{number}.safetensors"


def statistics_part(number: int) -> str:
    """Name the part that holds the context statistics of a run."""
    return f"statistics-{number}.safetensors"


def pack(folder: Path, path: Path) -> None:
    """Write the files of a folder as one; `path` is not yet the place of the session."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for part in sorted(folder.iterdir()):
            archive.write(part, part.name)


def read_record(path: Path) -> SavedSession:
    """Read what a session file says, without its runs.

    Raises
    ------
    SessionFileError
        When it is absent, damaged, of a later version, or no session file.
    """
    with _opened(path) as archive:
        return _to_record(path, archive.read(RECORD_PART))


def unpack(path: Path, folder: Path) -> SavedSession:
    """Check a session file and put its parts into an empty folder.

    Raises
    ------
    SessionFileError
        As `read_record`.
    """
    with _opened(path) as archive:
        record = _to_record(path, archive.read(RECORD_PART))
        for part in archive.infolist():
            with archive.open(part) as source, (folder / part.filename).open("wb") as target:
                shutil.copyfileobj(source, target)  # compares the checksum at its end
    return record


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            _check_parts(path, archive)
            yield archive
    except OSError as error:
        raise SessionFileError(
            f"The session file {str(path)!r} cannot be read: {error.strerror or error}.", "Check the path and the disk."
        ) from error
    except _DAMAGES as error:
        if isinstance(error, SessionFileError):
            raise
        raise SessionFileError(f"{path.name!r} is damaged or no session file ({error}).", _REMEDY) from error


def _check_parts(path: Path, archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    names = [part.filename for part in parts]
    foreign = [name for name in names if not _PARTS.fullmatch(name)]
    is_stored = all(part.compress_type == zipfile.ZIP_STORED and part.file_size == part.compress_size for part in parts)
    is_as_large = sum(part.file_size for part in parts) <= path.stat().st_size
    if foreign or RECORD_PART not in names or len(set(names)) < len(names) or not (is_stored and is_as_large):
        why = f"it holds {foreign[0]!r}" if foreign else "its parts are not those of a session"
        raise SessionFileError(f"{path.name!r} is not a session file that napari-ben wrote: {why}.", _REMEDY)


def _to_record(path: Path, text: bytes) -> SavedSession:
    content: Any = json.loads(text)
    version = content.get("format") if isinstance(content, dict) else None
    if isinstance(version, int) and version > FORMAT:
        raise SessionFileError(
            f"{path.name!r} was saved in format {version}, by a later napari-ben; this one knows format {FORMAT}.",
            "Update napari-ben.",
        )
    try:
        return SavedSession.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise SessionFileError(f"{path.name!r} is damaged: {place}: {first['msg']}.", _REMEDY) from error
