"""Opening one plate."""

from dataclasses import replace
from pathlib import Path

from napari_ben.errors import ArgumentError
from napari_ben.plates import Opening, Plate, Platemap, ZChoice
from napari_ben.readers._choose import read_place
from napari_ben.readers._image_folder import index_pattern
from napari_ben.readers._index_plate import plate_from_index
from napari_ben.readers._place import Place, open_place
from napari_ben.readers._platemap_beside import with_platemap_beside


def open_plate(  # noqa: PLR0913 – each is one option of the command line
    path: Path | str,
    *,
    platemap: Platemap | None = None,
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
        The plate's folder, or a file that describes it, such as ``Index.xml``; of a table of several plates the
        table's path followed by a plate's name (``load_data.csv/BR00117035``).
    platemap
        What is in the wells, as in `Plate.with_platemap`: a file, a table, a folder, or several to be joined; looked
        for beside the plate when left out.
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
    return open_found(open_place(path), platemap, layout, pattern).at(z=z, time=time, acquisition=acquisition)


def open_found(
    place: Place,
    platemap: Platemap | None = None,
    layout: str | None = None,
    pattern: str | None = None,
    *,
    name: str = "",
) -> Plate:
    """Open the plate at a place that may have been listed already; see `open_plate`.

    A name is the one under which the plate's rows are looked for in the platemap; the plate's own when blank.
    """
    by_pattern = None if pattern is None else index_pattern(place, pattern)
    plate = plate_from_index(place, *by_pattern) if by_pattern else read_place(place, layout)
    plate = replace(
        plate,
        name=name or plate.name,
        opening=Opening(place.address if place.plate or place.path.is_file() else None, layout, pattern),
    )
    return with_platemap_beside(plate, place) if platemap is None else plate.with_platemap(platemap)
