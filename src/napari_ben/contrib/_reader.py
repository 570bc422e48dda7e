"""Plates that are dropped on the viewer.

napari offers every folder that anybody drops, so the first question must be answered quickly and quietly: a folder
that is no plate is none of our business, and other readers are asked. The dock, where it is open, sees the layers and
takes the plate over.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from napari_ben.errors import NapariBenError
from napari_ben.plates import Plate
from napari_ben.readers import open_screen
from napari_ben.session import LayerData, mosaic_layers

PathOrPaths = str | Sequence[str]
Reader = Callable[[PathOrPaths], list[LayerData]]


def get_reader(path: PathOrPaths) -> Reader | None:
    """Give a reader for a folder that is a plate or holds plates, None for anything else.

    Parameters
    ----------
    path
        What was dropped; several things at once are not a plate.
    """
    if not isinstance(path, str):
        return None
    folder = Path(path)
    if not folder.is_dir():
        return None
    try:
        screen = open_screen(folder)
    except NapariBenError:
        return None
    return partial(_read, screen.plates[0], folder)


def _read(plate: Plate, folder: Path, _path: PathOrPaths) -> list[LayerData]:
    return mosaic_layers(plate, source=folder)
