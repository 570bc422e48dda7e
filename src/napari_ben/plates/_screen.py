"""Several plates that belong together, grouped in experiments."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from napari_ben.errors import PlateError, SelectionError
from napari_ben.plates._plate import Plate


@dataclass(frozen=True, eq=False)
class Screen:
    """Plates of one study.

    Parameters
    ----------
    name
        Its folder's name.
    path
        Its folder.
    plates
        In the order in which they are shown; names are unique.
    table
        One row a plate, index ``plate``, in the order of `plates`; at least a column ``experiment``.
    problems
        What is wrong with the screen as a whole, such as folders that could not be opened.

    Raises
    ------
    PlateError
        When there is no plate, or two have one name.
    """

    name: str
    path: Path
    plates: tuple[Plate, ...]
    table: pd.DataFrame
    problems: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [plate.name for plate in self.plates]
        if not names:
            raise PlateError(f"{self.path} holds no plate.", "Choose a folder that has plates in it.")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise PlateError(
                f"The screen {self.name!r} has more than one plate named {', '.join(map(repr, twice[:4]))}.",
                "Give the plates' folders different names, or open them one by one.",
            )

    @property
    def experiments(self) -> tuple[str, ...]:
        """Names of the experiments, in the order in which plates appear."""
        return tuple(dict.fromkeys(self.table["experiment"]))

    def __iter__(self) -> Iterator[Plate]:
        return iter(self.plates)

    def __len__(self) -> int:
        return len(self.plates)

    def __getitem__(self, name: str) -> Plate:
        """Plate of a name.

        Raises
        ------
        SelectionError
            When there is none.
        """
        for plate in self.plates:
            if plate.name == name:
                return plate
        listed = ", ".join(plate.name for plate in self.plates[:8]) + (" …" if len(self) > 8 else "")
        raise SelectionError(
            f"The screen {self.name!r} has no plate {name!r}; it has {listed}.", "Choose one of these."
        )
