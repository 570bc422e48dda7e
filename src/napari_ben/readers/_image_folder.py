"""Folders of TIFF or PNG files whose names say what they show."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

from napari_ben.errors import PlateError
from napari_ben.plates import FORMATS, Plate, fields_table, guess_format, wells_table
from napari_ben.readers._file_source import FileSource
from napari_ben.readers._image_files import Header, list_images, read_header, walk_images
from napari_ben.readers._namings import NAMINGS, VOTERS, Naming, vote
from napari_ben.readers._pattern import own_naming
from napari_ben.readers._planes import Planes, index_planes

HEADERS = 5  # files whose headers are read: enough to see that the first is not typical
_INNER_NAME = re.compile(r"images?|orig|timepoint_?\d+|zstep_?\d+", re.IGNORECASE)
_RXRX_PLATE = re.compile(r"Plate ?(\d+)", re.IGNORECASE)
_RXRX_EXPERIMENT = re.compile(r"[A-Za-z0-9]+-\d+")


def refuse_image_folder(path: Path, namings: Mapping[str, Naming] = NAMINGS) -> str | None:
    """Why a folder is no plate of image files, in words; None when it is one."""
    if not path.is_dir():
        return "it is not a folder"
    try:
        images = list(islice(walk_images(path), VOTERS))
    except PlateError as error:
        return error.problem
    if not images:
        return "it holds no TIFF or PNG files"
    if vote(images, namings) is None:
        shown = ", ".join(repr(name) for name in sorted(images)[:2])
        return f"the names of its image files do not say which well they show (such as {shown})"
    return None


def read_image_folder(path: Path, namings: Mapping[str, Naming] = NAMINGS, pattern: str | None = None) -> Plate:
    """Plate of a folder of image files.

    Parameters
    ----------
    path
        The folder.
    namings
        To choose from.
    pattern
        A person's own, in place of `namings`.

    Raises
    ------
    PlateError
        When no file can be read as an image of a well.
    ArgumentError
        When the pattern cannot be used.
    """
    images = list_images(path)
    naming = own_naming(pattern, images) if pattern else vote(_voters(images), namings)
    planes = index_planes(images, naming) if naming else None
    if naming is None or planes is None or not planes.wells:
        shown = ", ".join(repr(name) for name in images[:3]) or "no image file"
        raise PlateError(
            f"No file in {path} shows a well: {shown}.",
            "Choose the folder of one plate, or give a pattern of its file names.",
        )
    header, unreadable = _nominal_header(path, planes)
    name, experiment = plate_name(path)
    fields = fields_table(planes.wells, planes.fields, missing=planes.missing)
    guess = guess_format(planes.wells)
    return Plate(
        name=name,
        path=path,
        layout=f"{_kind(_voters(images))} folder, {naming.title}",
        format=max(guess, FORMATS[384], key=lambda plate: plate.n_wells) if experiment else guess,
        channels=planes.channels,
        fields=fields,
        wells=wells_table(fields),
        source=FileSource(path, planes.files, *header),
        stated=(*planes.problems, *_incomplete(planes), *unreadable),
        experiment=experiment,
        format_is_guess=True,
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


def _voters(images: Sequence[str]) -> Sequence[str]:
    full_size = [path for path in images if "_thumb" not in path]
    return full_size[:: max(1, len(full_size) // VOTERS)]


def _kind(images: Sequence[str]) -> str:
    suffixes = Counter(path.rpartition(".")[2].upper().replace("TIFF", "TIF") for path in images)
    return suffixes.most_common(1)[0][0].replace("TIF", "TIFF")


def _nominal_header(path: Path, planes: Planes) -> tuple[Header, tuple[str, ...]]:
    """Most frequent header of a few files spread over the plate, and what could not be read."""
    files = [file for paths in planes.files for file in paths if file]
    step = max(1, (len(files) - 1) // (HEADERS - 1))
    headers: list[Header] = []
    problems: list[str] = []
    for file in [*files[::step], *files]:
        try:
            headers.append(read_header(path / file))
        except PlateError as error:
            problems.append(error.problem)
        if len(headers) == HEADERS or len(problems) > 20:
            break
    if not headers:
        raise PlateError(
            f"None of the first image files in {path} can be read. {problems[0]}", "Copy or export the plate again."
        )
    counts = Counter(headers)
    return counts.most_common(1)[0][0], tuple(dict.fromkeys(problems))


def _incomplete(planes: Planes) -> tuple[str, ...]:
    return (*_missing_channels(planes), *_missing_fields(planes))


def _missing_channels(planes: Planes) -> list[str]:
    lacking: dict[tuple[str, ...], list[int]] = {}
    for row, names in enumerate(planes.missing):
        if names:
            lacking.setdefault(names, []).append(row)
    return [
        f"{len(rows)} of {len(planes.wells)} fields lack {len(names)} of {len(planes.channels)} channels "
        f"({', '.join(names)}), such as field {planes.fields[rows[0]]} of well {planes.wells[rows[0]]}."
        for names, rows in lacking.items()
    ]


def _missing_fields(planes: Planes) -> list[str]:
    counts = Counter(planes.wells)
    usual = Counter(counts.values()).most_common(1)[0][0]
    fewer = [f"{well} has {count}" for well, count in counts.items() if count < usual]
    if not fewer:
        return []
    shown = ", ".join(fewer[:6]) + (" …" if len(fewer) > 6 else "")
    return [f"Wells with fewer than {usual} fields: {len(fewer)} ({shown})."]
