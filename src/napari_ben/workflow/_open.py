"""Whatever a person names plates by, opened."""

from collections.abc import Sequence
from pathlib import Path

from napari_ben.plates import Plate, Screen
from napari_ben.readers import open_screen

Plates = Plate | Screen | str | Path | Sequence[Plate | str | Path]


def open_plates(plates: Plates) -> tuple[Plate, ...]:
    """Open plates: as they are, a screen, or paths of either.

    Raises
    ------
    PlateError
        When a path is neither.
    """
    if isinstance(plates, Plate):
        return (plates,)
    if isinstance(plates, (str, Path)):
        return tuple(open_screen(plates))
    return tuple(member for item in plates for member in open_plates(item))
