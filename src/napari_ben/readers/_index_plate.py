"""From an index of planes to a plate: what is on disk, what its fields are, and what does not add up."""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_ben.errors import PlateError, PlateMapError
from napari_ben.plates import Plate, View, guess_format, sort_wells, wells_table
from napari_ben.readers._image_files import Header, read_header, require_possible
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._index_views import IndexViews
from napari_ben.readers._place import Place, is_image

HEADERS = 5  # files whose headers are read: enough to see that the first is not typical
TRIED = 20


def plate_from_index(place: Place, index: PlaneIndex, facts: PlateFacts) -> Plate:
    """Plate of what a layout found.

    Parameters
    ----------
    place
        Where it lies.
    index
        Its planes.
    facts
        What is known of all of them.

    Raises
    ------
    PlateError
        When no plane is on disk, or none of the first files can be read.
    """
    folder = facts.folder or place.folder
    listed = place.siblings if folder == place.folder else Place(folder).files
    index, absent, told = _on_disk(place.path, index, facts, listed)
    shape, dtype, unreadable = _nominal(folder, index, facts)
    views = IndexViews(
        folder,
        index,
        facts.channels,
        shape,
        dtype,
        facts.projection,
        facts.read_page,
        stated=(*facts.problems, *absent, *unreadable),
        told=told,
    )
    shown = views.show(View())
    wells = sort_wells(set(index.wells))
    plate = Plate(
        name=facts.name,
        path=facts.path or place.folder,
        layout=facts.layout,
        format=facts.format or guess_format(wells),
        channels=shown.channels,
        fields=shown.fields,
        wells=wells_table(shown.fields, also=wells),
        source=shown.source,
        stated=shown.stated,
        experiment=facts.experiment,
        format_is_guess=facts.format is None,
        told=shown.told,
        pixel_um=facts.pixel_um,
        views=views,
    )
    return plate if facts.platemap is None else _with_platemap(plate, facts)


def _with_platemap(plate: Plate, facts: PlateFacts) -> Plate:
    try:
        return plate.with_platemap(facts.platemap) if facts.platemap is not None else plate
    except PlateMapError as error:  # the images are there; what is in the wells, a person can still tell
        return replace(plate, stated=(*plate.stated, error.problem))


def _on_disk(
    path: Path, index: PlaneIndex, facts: PlateFacts, listed: Collection[str]
) -> tuple[PlaneIndex, tuple[str, ...], tuple[str, ...]]:
    """Planes whose files are in the plate's folder, and problems and notes about the others.

    A folder that was not listed is not looked into: its files show whether they are there when they are read.
    Metadata without any image still describe a plate where they say how large its fields are.
    """
    mine = frozenset(index.files)
    others = [name for name in listed if name not in mine]
    n_mine = len(listed) - len(others)
    told = _others(others, n_mine)
    if n_mine == len(mine):
        return index, (), told
    there = frozenset(listed)
    files = np.asarray(index.files, object)
    folders = {name.rpartition("/")[0] for name in there} | {""}
    leaving = {file for file in mine - there if not is_inside(file)}
    lost = {file for file in mine - there - leaving if file.rpartition("/")[0] in folders}
    problems = [
        f"{len(names)} of {len(mine)} image files {words}, such as {min(names)!r}."
        for names, words in ((leaving, "lie outside the plate's folder"), (lost, "are not on disk"))
        if names
    ]
    if len(lost) == len(mine) and facts.shape is not None:
        problem = f"None of the {len(mine)} image files that the metadata name is on disk, such as {min(lost)!r}."
        return index, (problem,), told
    kept = np.flatnonzero([file not in leaving and file not in lost for file in files])
    if not len(kept):
        raise PlateError(
            f"No image of {path} can be found. {' '.join(problems)}".strip(),
            "Choose the folder that holds the whole plate, with its images.",
        )
    return index.take(kept), tuple(problems), told


def is_inside(path: str) -> bool:
    """Whether a relative path stays within the folder that it starts from, on every system."""
    if path[:1] in ("", "/", "\\") or path[1:2] == ":" or "://" in path:
        return False
    return ".." not in path or ".." not in re.split(r"[/\\]", path)


def _others(files: Collection[str], n_mine: int) -> tuple[str, ...]:
    """Say how many of the images in the folder are the plate's."""
    others = [name for name in files if is_image(name) and "thumb" not in name.lower()]
    if not others:
        return ()
    total = n_mine + len(others)
    return (f"{n_mine} of {total} image files are of this plate; not of it is {min(others)!r}.",)


def _nominal(
    folder: Path, index: PlaneIndex, facts: PlateFacts
) -> tuple[tuple[int, int], np.dtype[Any], tuple[str, ...]]:
    """Find what most fields are: from the metadata, or from the headers of a few files spread over the plate."""
    if facts.shape is not None:
        require_possible("The metadata's image", facts.shape, facts.dtype or np.dtype(np.uint16))
    if facts.shape is not None and facts.dtype is not None:
        return facts.shape, facts.dtype, ()
    headers, problems = _sample(folder, list(dict.fromkeys(index.files)))
    if not headers and facts.shape is not None and not any((folder / file).exists() for file in problems):
        return facts.shape, facts.dtype or np.dtype(np.uint16), ()  # metadata alone; microscopes write 16 bits
    if not headers:
        reason = next(iter(problems.values()))
        raise PlateError(
            f"None of the first image files in {folder} can be read. {reason}", "Copy or export the plate again."
        )
    usual = Counter(headers).most_common(1)[0][0]
    told = list(dict.fromkeys(problems.values()))
    if facts.shape is not None and facts.shape != usual.shape:
        claimed, found = (f"{height}×{width}" for height, width in (facts.shape, usual.shape))
        told.append(f"The metadata say that fields are {claimed} pixels; the image files are {found}.")
    return usual.shape, facts.dtype or usual.dtype, tuple(told)


def _sample(folder: Path, files: list[str]) -> tuple[list[Header], dict[str, str]]:
    """Read headers of a few files, and say what is wrong with those that cannot be read."""
    step = max(1, (len(files) - 1) // (HEADERS - 1))
    headers: list[Header] = []
    problems: dict[str, str] = {}
    for file in dict.fromkeys([*files[::step], *files[: HEADERS + TRIED]]):
        try:
            headers.append(read_header(folder / file))
        except PlateError as error:
            problems[file] = error.problem
        if len(headers) == HEADERS or len(problems) > TRIED:
            break
    return headers, problems
