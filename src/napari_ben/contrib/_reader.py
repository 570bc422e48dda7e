"""Plates that are dropped on the viewer.

napari offers every folder that anybody drops, so the first question must be answered quickly and quietly: a folder
that is no plate is none of our business, and other readers are asked. Opening a screen searches folders deeply; here
only the folder itself and the ones directly in it are looked at. The dock, where it is open, sees the layers and takes
the plate over, and of a session file everything else that is in it.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from napari_ben.readers import Place, open_screen, reader_of
from napari_ben.session import LayerData, is_session_file, mosaic_layers, plate_of_session

PathOrPaths = str | Sequence[str]
Reader = Callable[[PathOrPaths], list[LayerData]]

_TABLE = "screen.csv"
_FOLDERS_LOOKED_AT = 24


def get_reader(path: PathOrPaths) -> Reader | None:
    """Give a reader for a folder or file that is a plate, or a folder that holds plates; None for anything else.

    Parameters
    ----------
    path
        What was dropped; several things at once are not a plate.
    """
    if not isinstance(path, str):
        return None
    place = Place(Path(path))
    if is_session_file(place.path) and place.path.is_file():
        return partial(_read_session, place.path)
    if not place.path.exists() or not (reader_of(place) or _holds_plates(place.path)):
        return None
    return partial(_read, place.path)


def _holds_plates(folder: Path) -> bool:
    if (folder / _TABLE).is_file():
        return True
    try:
        inner = [path for path in islice(folder.iterdir(), _FOLDERS_LOOKED_AT) if path.is_dir()]
    except OSError:
        return False
    return any(reader_of(Place(path)) for path in inner)


def _read_session(file: Path, _path: PathOrPaths) -> list[LayerData]:
    return mosaic_layers(plate_of_session(file), source=file.absolute())


def _read(folder: Path, _path: PathOrPaths) -> list[LayerData]:
    return mosaic_layers(open_screen(folder).plates[0], source=folder.absolute())
