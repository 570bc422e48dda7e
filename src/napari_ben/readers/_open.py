"""Opening one plate."""

from pathlib import Path

import pandas as pd

from napari_ben.errors import ArgumentError
from napari_ben.plates import Plate
from napari_ben.readers._image_folder import read_image_folder
from napari_ben.readers._platemap_beside import with_platemap_beside
from napari_ben.readers._readers import find_reader, require_folder


def open_plate(
    path: Path | str,
    *,
    platemap: Path | str | pd.DataFrame | None = None,
    layout: str | None = None,
    pattern: str | None = None,
) -> Plate:
    """Open a plate; reads metadata only, no pixel.

    Parameters
    ----------
    path
        The plate's folder.
    platemap
        CSV or TSV file, or a table, with wells and what is in them; looked for beside the plate when left out.
    layout
        A key of `LAYOUTS`; found when left out.
    pattern
        Regular expression of the image files' names, with groups ``well`` (or ``row`` and ``column``) and, where names
        say them, ``field``, ``channel``, ``z``, ``time``; in place of a layout.

    Raises
    ------
    PlateError
        When the folder is no plate that can be opened; says why.
    PlateMapError
        When the platemap given does not fit.
    ArgumentError
        When the layout is unknown, the pattern unusable, or both are given.
    """
    path = Path(path).expanduser().absolute()
    if pattern is not None and layout is not None:
        raise ArgumentError(
            f"Both a layout ({layout!r}) and a pattern ({pattern!r}) are given.",
            "Give one: a pattern is a layout.",
        )
    if pattern is not None:
        require_folder(path)
        plate = read_image_folder(path, pattern=pattern)
    else:
        plate = find_reader(path, layout).read(path)
    return with_platemap_beside(plate) if platemap is None else plate.with_platemap(platemap)
