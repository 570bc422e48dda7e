"""RxRx data sets: a folder an experiment, in it a folder a plate, in it one file a site and channel.

RxRx1 is published by its authors and by Kaggle with a grey PNG a channel (``HUVEC-1/Plate1/M23_s2_w3.png``), and by
WILDS with one colour PNG a site that holds the first three channels (``HUVEC-01/Plate1/M23_s2.png``). RxRx2, RxRx3
and RxRx19 have the same names on plates of 1536 wells.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_ben.errors import PlateError
from napari_ben.plates import FORMATS, PlateFormat, guess_format
from napari_ben.readers._image_files import Header, read_header
from napari_ben.readers._index import Names, PlaneIndex, PlateFacts
from napari_ben.readers._naming import read_names, spread, unread_problem
from napari_ben.readers._namings import NAMINGS
from napari_ben.readers._place import Place
from napari_ben.readers._plate_name import file_kind, plate_name

TRIED = 5
_NAMING = NAMINGS["rxrx1"]


def refuse_rxrx(place: Place) -> str | None:
    """Why a place is no plate of an RxRx data set, in words; None when it is one."""
    if not place.is_folder:
        return "it is not a folder"
    if not plate_name(place.path)[1]:
        return f"it is not a folder such as 'HUVEC-01/Plate1', but {'/'.join(place.path.parts[-2:])!r}"
    try:
        names = spread(place.images)
    except PlateError as error:
        return error.problem
    if not names:
        return "it holds no PNG files"
    if 2 * len(read_names(names, _NAMING)[0]) < len(names):
        return "it holds no images that are named as in RxRx data sets"
    return None


def index_rxrx(place: Place) -> tuple[PlaneIndex, PlateFacts]:
    """Planes of a plate of an RxRx data set."""
    index, unread = read_names(place.images, _NAMING)
    header = _colour(place.folder, index)
    name, experiment = plate_name(place.path)
    facts = PlateFacts(
        name=name,
        layout=f"{file_kind(spread(index.files))} folder, {_NAMING.title}",
        format=_format(index.wells),
        experiment=experiment,
        shape=header.shape if header else None,
        dtype=header.dtype if header else None,
        problems=unread_problem(unread),
    )
    return (_bands(index, header.bands) if header else index), facts


def _colour(folder: Path, index: PlaneIndex) -> Header | None:
    """Header of the first image that can be read, where it is in colour."""
    for file in index.files[:TRIED]:
        try:
            header = read_header(folder / file, in_colour=True)
        except PlateError:  # told by whoever reads its pixels
            continue
        return header if header.bands > 1 else None
    return None


def _bands(index: PlaneIndex, count: int) -> PlaneIndex:
    """Index of the channels that colour images hold: w1 in the red band, w2 in the green, w3 in the blue."""
    planes = np.repeat(np.arange(len(index)), count)
    bands = np.tile(np.arange(count), len(index))
    return replace(index.take(planes), channels=[f"{_NAMING.channel_prefix}{band + 1}" for band in bands], bands=bands)


def _format(wells: Names) -> PlateFormat:
    return max(guess_format(set(wells)), FORMATS[384], key=lambda plate: plate.n_wells)
