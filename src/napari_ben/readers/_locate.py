"""Where the images are that a table names.

Tables are written on one machine and read on another: their folders are absolute paths of a cluster, addresses of a
store in the cloud, or relative to where somebody stood. So a folder that is not there is looked for by its last parts,
beside the table and, where at least two parts agree, beside the folders that the table lies in. Whoever finds images
elsewhere than the table says, says so. Nothing is fetched from the network.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_ben.errors import PlateError
from napari_ben.readers._place import Place, is_image

SAMPLES = 3  # files of a folder that show where it is: the first may be missing
LEVELS = 6  # folders above the table: source/workspace/load_data_csv/batch/plate in the Cell Painting Gallery
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):/+", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Located:
    """Images of a table, found.

    Parameters
    ----------
    folder
        That holds them all.
    files
        Paths relative to it, with ``/``, one for each path asked for; None where its folder is nowhere.
    problems
        What is worth saying.
    """

    folder: Path
    files: list[str | None]
    problems: tuple[str, ...]


def locate(table: Path, paths: Sequence[str]) -> Located:
    """Find the images that a table names.

    Parameters
    ----------
    table
        Its file.
    paths
        As it writes them.

    Raises
    ------
    PlateError
        When their folders are nowhere.
    """
    split = [_split(path) for path in paths]
    samples: dict[str, list[str]] = {}
    for folder, name in split:
        if len(known := samples.setdefault(folder, [])) < SAMPLES:
            known.append(name)
    found = {folder: _find(table.parent, folder, names) for folder, names in samples.items()}
    lost = [folder for folder, place in found.items() if place is None]
    loose = _by_name(table.parent) if lost else {}
    folders = {place for place in found.values() if place is not None}
    if any(name in loose for folder, name in split if found[folder] is None):
        folders.add(table.parent)
    if not folders:
        raise _nowhere(table, lost[0] if lost else "", samples[lost[0]][0] if lost else "")
    root = _common(table, folders)
    inner = {place: _prefix(root, place) for place in folders}
    prefixes = {folder: inner[place] for folder, place in found.items() if place is not None}
    loose = {name: inner[table.parent] + path for name, path in loose.items()} if table.parent in inner else {}
    files = [prefixes[folder] + name if folder in prefixes else loose.get(name) for folder, name in split]
    moved = {folder: place for folder, place in found.items() if place and _is_elsewhere(folder, place)}
    moved |= {folder: table.parent for folder, name in split if folder and found[folder] is None and name in loose}
    return Located(root, files, (*_moved(moved), *_lost(split, files)))


def _common(table: Path, folders: Iterable[Path]) -> Path:
    try:
        return Path(os.path.commonpath(list(folders)))
    except ValueError as error:
        raise PlateError(f"{table.name!r} names images on several drives.", "Make one table a drive.") from error


def _prefix(root: Path, folder: Path) -> str:
    relative = folder.relative_to(root).as_posix()
    return "" if relative == "." else f"{relative}/"


def _by_name(folder: Path) -> dict[str, str]:
    """Images beside the table and in its image folders by their names, where these are unique."""
    paths = [path for path in Place(folder).files if is_image(path)]
    names = Counter(path.rpartition("/")[2] for path in paths)
    return {name: path for path in paths if names[name := path.rpartition("/")[2]] == 1}


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.strip().replace("\\", "/").rpartition("/")
    return folder, name


def _find(beside: Path, folder: str, names: Sequence[str]) -> Path | None:
    """Folder of some images, or None where it is nowhere."""
    if not folder or ".." in folder.split("/"):
        return None
    scheme = _SCHEME.match(folder)
    if scheme is None or scheme[1].lower() == "file":
        named = Path(folder if scheme is None else "/" + folder[scheme.end() :])
        stated = named if named.is_absolute() else beside / named
        if stated.is_dir():
            return stated
    parts = [part for part in (folder if scheme is None else folder[scheme.end() :]).split("/") if part and part != "."]
    for start in range(len(parts)):
        tail = parts[start:]
        for base in (beside, *beside.parents[:LEVELS]) if len(tail) > 1 else (beside,):
            candidate = base.joinpath(*tail)
            if any((candidate / name).is_file() for name in names):
                return candidate
    return None


def _moved(moved: dict[str, Path]) -> list[str]:
    return [
        f"The table says that images are in {stated!r}; they were found in {str(place)!r}."
        for stated, place in list(moved.items())[:1]
    ]


def _is_elsewhere(stated: str, place: Path) -> bool:
    return bool(stated) and not str(place).replace("\\", "/").endswith(stated.rstrip("/").removeprefix("./"))


def _lost(split: Sequence[tuple[str, str]], files: Sequence[str | None]) -> list[str]:
    lost = ["/".join(part) for part, file in zip(split, files, strict=True) if file is None]
    return [f"Images that the table names and that are not here: {len(lost)}, such as {lost[0]!r}."] if lost else []


def _nowhere(table: Path, folder: str, name: str) -> PlateError:
    scheme = _SCHEME.match(folder)
    if scheme and scheme[1].lower() != "file":
        return PlateError(
            f"{table.name!r} names images on the network ({folder}/{name}); they are not fetched.",
            "Download them to a folder of the same name beside the table, and open it again.",
        )
    if ".." in folder.split("/"):
        return PlateError(
            f"{table.name!r} names images outside its own folder ({folder}/{name}).",
            "Move the table beside the images, or write whole paths.",
        )
    return PlateError(
        f"None of the images that {table.name!r} names is here (such as {f'{folder}/{name}'.lstrip('/')!r}).",
        "Put the table beside its images, or correct its paths.",
    )
