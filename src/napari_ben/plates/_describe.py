"""A plate, or a screen, in a few plain values, for JSON and for the command line."""

from typing import TypedDict

from napari_ben.plates._plate import Plate
from napari_ben.plates._screen import Screen
from napari_ben.plates._tables import ROLES


class PlateDescription(TypedDict):
    """What a plate is; counts are of wells with images."""

    name: str
    layout: str
    format: int
    n_wells: int
    n_fields: int
    channels: list[str]
    shape: list[int]
    dtype: str
    roles: dict[str, int]
    suggestions: list[str]
    problems: list[str]
    notes: list[str]
    n_z: int
    n_times: int
    acquisitions: list[str]
    pixel_um: float | None


def describe(plate: Plate) -> PlateDescription:
    """Plain values that say what a plate is; reads no pixel.

    Examples
    --------
    >>> import numpy as np
    >>> from napari_ben.plates import plate_from_arrays
    >>> describe(plate_from_arrays({"A1": np.zeros((2, 1, 8, 9), np.uint8)}, ["DNA"]))["shape"]
    [8, 9]
    """
    counts = plate.imaged["role"].value_counts()
    return {
        "name": plate.name,
        "layout": plate.layout,
        "format": plate.format.n_wells,
        "n_wells": len(plate.imaged),
        "n_fields": len(plate.fields),
        "channels": list(plate.channels),
        "shape": [int(side) for side in plate.shape],
        "dtype": str(plate.dtype),
        "roles": {role: int(counts[role]) for role in ROLES if role in counts.index},
        "suggestions": [suggestion.describe() for suggestion in plate.suggestions],
        "problems": list(plate.problems),
        "notes": list(plate.notes),
        "n_z": plate.n_z,
        "n_times": plate.n_times,
        "acquisitions": list(plate.acquisitions),
        "pixel_um": plate.pixel_um,
    }


class ScreenDescription(TypedDict):
    """What a screen is; `shared_treatments` counts those that all plates have, by role."""

    name: str
    n_plates: int
    experiments: dict[str, int]
    shared_treatments: dict[str, int]
    problems: list[str]


def describe_screen(screen: Screen) -> ScreenDescription:
    """Plain values that say what a screen is; its plates are described one by one."""
    shared = screen.shared_treatments()["role"].value_counts()
    return {
        "name": screen.name,
        "n_plates": len(screen),
        "experiments": {str(name): int(n) for name, n in screen.table["experiment"].value_counts(sort=False).items()},
        "shared_treatments": {str(role) or "different": int(number) for role, number in shared.items()},
        "problems": list(screen.problems),
    }
