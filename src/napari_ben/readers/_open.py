"""Opening one plate."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from napari_ben.errors import ArgumentError
from napari_ben.plates import Opening, Plate, ZChoice
from napari_ben.readers._image_folder import index_pattern
from napari_ben.readers._index_plate import plate_from_index
from napari_ben.readers._place import open_place
from napari_ben.readers._platemap_beside import with_platemap_beside
from napari_ben.readers._readers import find_reader


def open_plate(  # noqa: PLR0913 – each is one option of the command line
    path: Path | str,
    *,
    platemap: Path | str | pd.DataFrame | None = None,
    layout: str | None = None,
    pattern: str | None = None,
    z: ZChoice = "auto",
    time: int | None = None,
    acquisition: str | None = None,
) -> Plate:
    """Open a plate; reads metadata only, no pixel.

    Parameters
    ----------
    path
        The plate's folder, or a file that describes it, such as ``Index.xml``.
    platemap
        CSV or TSV file, or a table, with wells and what is in them; looked for beside the plate when left out.
    layout
        A key of `LAYOUTS`; found when left out.
    pattern
        Regular expression of the image files' names, with groups ``well`` (or ``row`` and ``column``) and, where names
        say them, ``field``, ``channel``, ``z``, ``time``; in place of a layout.
    z, time, acquisition
        What is shown, as in `Plate.at`.

    Raises
    ------
    PlateError
        When there is no plate that can be opened; says why.
    PlateMapError
        When the platemap given does not fit.
    ArgumentError
        When the layout is unknown, the pattern unusable, or both are given; when the plate has no such plane, time
        point or acquisition.
    """
    if pattern is not None and layout is not None:
        raise ArgumentError(
            f"Both a layout ({layout!r}) and a pattern ({pattern!r}) are given.",
            "Give one: a pattern is a layout.",
        )
    place = open_place(path)
    if pattern is None:
        plate = find_reader(place, layout).read(place)
    else:
        plate = plate_from_index(place, *index_pattern(place, pattern))
    opening = Opening(place.path if place.path.is_file() else None, layout, pattern)
    plate = replace(plate, opening=opening).at(z=z, time=time, acquisition=acquisition)
    return with_platemap_beside(plate) if platemap is None else plate.with_platemap(platemap)
