"""The plates that a table of images lists, each as a path that opens it."""

from pathlib import Path

from napari_ben.readers._image_table import list_image_table, refuse_image_table
from napari_ben.readers._load_data import list_load_data, refuse_load_data
from napari_ben.readers._place import Place
from napari_ben.readers._table_plates import find_table


def plates_in_table(path: Path) -> tuple[Path, ...]:
    """Paths of the plates that a table lists; none where the path is no table of images, or of one plate.

    Parameters
    ----------
    path
        A file, such as ``load_data.csv``.

    Returns
    -------
    tuple of Path
        The table's path followed by a plate's name, as `open_plate` takes it.
    """
    place = Place(path)
    if path.is_dir() or find_table(place, "") is None:
        return ()
    if refuse_load_data(place) is None:
        names = list_load_data(place)
    else:
        names = list_image_table(place) if refuse_image_table(place) is None else ()
    return tuple(path / name for name in names) if len(names) > 1 else ()
