"""Folders of image files whose names say what they show."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from napari_ben.errors import PlateError
from napari_ben.plates import FORMATS, PlateFormat, guess_format
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._namings import NAMINGS, VOTERS, Naming, vote
from napari_ben.readers._pattern import own_naming
from napari_ben.readers._place import Place

_INNER_NAME = re.compile(r"images?|orig|timepoint_?\d+|zstep_?\d+", re.IGNORECASE)
_RXRX_PLATE = re.compile(r"Plate ?(\d+)", re.IGNORECASE)
_RXRX_EXPERIMENT = re.compile(r"[A-Za-z0-9]+-\d+")


def refuse_names(place: Place, namings: Mapping[str, Naming] = NAMINGS) -> str | None:
    """Why a folder is no plate of image files, in words; None when it is one."""
    if not place.path.is_dir():
        return "it is not a folder"
    try:
        images = place.images
    except PlateError as error:
        return error.problem
    if not images:
        return "it holds no TIFF or PNG files"
    if vote(_voters(images), namings) is None:
        shown = ", ".join(repr(name) for name in images[:2])
        return f"the names of its image files do not say which well they show (such as {shown})"
    return None


def index_names(place: Place, namings: Mapping[str, Naming] = NAMINGS) -> tuple[PlaneIndex, PlateFacts]:
    """Planes of a folder of image files, by the naming that reads most of them.

    Raises
    ------
    PlateError
        When no name says a well.
    """
    naming = vote(_voters(place.images), namings)
    if naming is None:
        raise _no_well(place)
    return _index(place, naming)


def index_pattern(place: Place, pattern: str) -> tuple[PlaneIndex, PlateFacts]:
    """Planes of a folder of image files, by a person's own pattern of their names.

    Raises
    ------
    ArgumentError
        When the pattern cannot be used.
    PlateError
        When it fits no name.
    """
    return _index(place, own_naming(pattern, place.images))


def _index(place: Place, naming: Naming) -> tuple[PlaneIndex, PlateFacts]:
    read = [(path, naming.read(path)) for path in place.images]
    planes = [(path, *said) for path, said in read if said is not None]
    if not planes:
        raise _no_well(place)
    files, wells, fields, channels, z, times = zip(*planes, strict=True)
    name, experiment = plate_name(place.path)
    unread = [path for path, said in read if said is None and "thumb" not in path.lower()]
    facts = PlateFacts(
        name=name,
        layout=f"{_kind(place.images)} folder, {naming.title}",
        format=_rxrx_format(wells) if experiment else None,
        experiment=experiment,
        projection=naming.projection,
        problems=_unread_problem(unread),
    )
    return PlaneIndex(wells, fields, channels, files, z=_told(z), times=_told(times)), facts


def _told(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return numbers if len(set(numbers)) > 1 else ()


def _no_well(place: Place) -> PlateError:
    shown = ", ".join(repr(name) for name in place.images[:3]) or "no image file"
    return PlateError(
        f"No file in {place.path} shows a well: {shown}.",
        "Choose the folder of one plate, or give a pattern of its file names.",
    )


def plate_name(path: Path) -> tuple[str, str]:
    """Name of a plate and of its experiment from where its images lie.

    RxRx1 numbers its plates within an experiment (``HUVEC-1/Plate2``), which is the only place where a folder's parent
    names the experiment; everywhere else the experiment is unknown.

    Examples
    --------
    >>> plate_name(Path("BR00117010__2020-11-08T18_18_00-Measurement 1/Images"))
    ('BR00117010', '')
    >>> plate_name(Path("train/HEPG2-01/Plate1"))
    ('HEPG2-01_Plate1', 'HEPG2-01')
    """
    while _INNER_NAME.fullmatch(path.name) and path.parent.name:
        path = path.parent
    if _RXRX_PLATE.fullmatch(path.name) and _RXRX_EXPERIMENT.fullmatch(path.parent.name):
        return f"{path.parent.name}_{path.name}", path.parent.name
    return path.name.partition("__")[0] or path.name, ""


def _rxrx_format(wells: Sequence[str]) -> PlateFormat:
    return max(guess_format(set(wells)), FORMATS[384], key=lambda plate: plate.n_wells)


def _voters(images: Sequence[str]) -> Sequence[str]:
    full_size = [path for path in images if "_thumb" not in path]
    return full_size[:: max(1, len(full_size) // VOTERS)]


def _kind(images: Sequence[str]) -> str:
    suffixes = Counter(path.rpartition(".")[2].upper().replace("TIFF", "TIF") for path in images)
    return suffixes.most_common(1)[0][0].replace("TIF", "TIFF")


def _unread_problem(unread: Sequence[str]) -> tuple[str, ...]:
    if not unread:
        return ()
    return (f"Image files that are named otherwise were left out: {len(unread)}, such as {unread[0]!r}.",)
