"""Folders of image files whose names say what they show."""

from collections.abc import Mapping, Sequence

from napari_ben.errors import PlateError
from napari_ben.readers._index import PlaneIndex, PlateFacts
from napari_ben.readers._naming import Naming, read_names, spread, unread_problem, vote
from napari_ben.readers._namings import NAMINGS
from napari_ben.readers._pattern import own_naming, pattern_images
from napari_ben.readers._place import Place
from napari_ben.readers._plate_name import file_kind, plate_name


def refuse_names(place: Place, namings: Mapping[str, Naming] = NAMINGS) -> str | None:
    """Why a folder is no plate of image files, in words; None when it is one."""
    if not place.is_folder:
        return "it is not a folder"
    try:
        images = place.images
    except PlateError as error:
        return error.problem
    if not images:
        return "it holds no TIFF or PNG files"
    if vote(images, namings) is None:
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
    naming = vote(place.images, namings)
    if naming is None:
        raise _no_well(place)
    return _index(place, naming, place.images)


def index_pattern(place: Place, pattern: str) -> tuple[PlaneIndex, PlateFacts]:
    """Planes of a folder of image files, by a person's own pattern of their names.

    Raises
    ------
    ArgumentError
        When the pattern cannot be used.
    PlateError
        When it fits no name.
    """
    return _index(place, own_naming(pattern), pattern_images(place, pattern))


def _index(place: Place, naming: Naming, images: Sequence[str]) -> tuple[PlaneIndex, PlateFacts]:
    index, unread = read_names(images, naming)
    if not len(index):
        raise _no_well(place)
    name, experiment = plate_name(place.path)
    facts = PlateFacts(
        name=name,
        layout=f"{file_kind(spread(place.images))} folder, {naming.title}",
        experiment=experiment,
        projection=naming.projection,
        problems=(*unread_problem(unread), *_numbered_problem(naming)),
    )
    return index, facts


def _no_well(place: Place) -> PlateError:
    shown = ", ".join(repr(name) for name in place.images[:3]) or "no image file"
    return PlateError(
        f"No file in {place.path} shows a well: {shown}.",
        "Choose the folder of one plate, or give a pattern of its file names.",
    )


def _numbered_problem(naming: Naming) -> tuple[str, ...]:
    if "well_number" not in naming.groups:
        return ()
    return ("Names say wells by number only; they are counted row by row over the plate.",)
