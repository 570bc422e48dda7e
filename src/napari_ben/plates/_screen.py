"""Several plates that belong together, grouped in experiments."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from napari_ben.errors import PlateError, SelectionError
from napari_ben.plates._controls import CONTROLS, SHARED
from napari_ben.plates._plate import Plate
from napari_ben.plates._plate_selection import select_plates
from napari_ben.plates._shared import mark_wells, shared_treatments


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

    def grouped_by(self, column: str) -> "Screen":
        """Take another column as the experiment: of the screen's table, or of the platemaps if a plate has one value.

        Raises
        ------
        SelectionError
            When there is no such column, or the wells of a plate differ in it.
        """
        return replace(self, table=self.table.assign(experiment=self.values(column)))

    def values(self, column: str) -> tuple[str, ...]:
        """Give what a column says of each plate: of the screen's table, or of the platemaps if a plate has one value.

        Raises
        ------
        SelectionError
            When there is no such column, or the wells of a plate differ in it.
        """
        if column in self.table:
            return tuple(map(str, self.table[column]))
        return tuple(_value_of_plate(plate, column, self) for plate in self.plates)

    def only(self, selection: str) -> "Screen":
        """Take some of the plates, such as ``HUVEC-*`` or ``dataset:train, !experiment:HUVEC-03``.

        Raises
        ------
        SelectionError
            When a term of the selection names no plate, or none is left.
        """
        names = select_plates(selection, self)
        return replace(
            self, plates=tuple(plate for plate in self if plate.name in names), table=self.table.loc[list(names)]
        )

    def with_suggested_roles(self) -> "Screen":
        """Confirm on every plate all that its platemap suggests."""
        return self._with_plates(Plate.with_suggested_roles)

    def shared_treatments(self) -> pd.DataFrame:
        """List the treatments that all plates have, with images.

        Returns
        -------
        DataFrame
            Index ``treatment``; ``role`` (blank where plates differ), ``n_wells`` on all plates together,
            ``fewest_wells`` on one plate; the most frequent first.
        """
        return shared_treatments(self.plates)

    def with_control_set(self, name: str, treatments: Iterable[str]) -> "Screen":
        """Give the wells of some treatments a name, so that ``controls:<name>`` is a context on every plate.

        Raises
        ------
        SelectionError
            When a treatment is not on every plate: statistics of different treatments are no common ground.
        """
        wanted = list(treatments)
        shared = set(self.shared_treatments().index)
        if missing := [treatment for treatment in wanted if treatment not in shared]:
            raise SelectionError(
                f"Not all {len(self)} plates of the screen {self.name!r} have {', '.join(map(repr, missing[:4]))}.",
                "Choose treatments of screen.shared_treatments().",
            )
        return self._with_plates(lambda plate: mark_wells(plate, name, wanted))

    def ready_for(self, context: str | Iterable[str] | None) -> "Screen":
        """Mark the controls that all plates share, negative and positive, where the context is ``controls:shared``.

        Raises
        ------
        SelectionError
            When plates share no control.
        """
        if context != f"{CONTROLS}:{SHARED}" or all("control_set" in plate.wells for plate in self.plates):
            return self
        shared = self.shared_treatments()
        controls = shared.index[shared["role"].isin(["negative_control", "positive_control"])]
        if controls.empty:
            listed = ", ".join(map(repr, shared.index[:4])) + (" …" if len(shared) > 4 else "")
            raise SelectionError(
                f"No control is on all {len(self)} plates of the screen {self.name!r}; "
                f"treatments that are: {listed or 'none'}.",
                "Choose another context, or name a set of treatments: with_control_set in Python, or a column "
                "'control_set' in the platemap.",
            )
        return self.with_control_set(SHARED, controls)

    def _with_plates(self, change: Callable[[Plate], Plate]) -> "Screen":
        return replace(self, plates=tuple(change(plate) for plate in self.plates))

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


def screen_of(plate: Plate) -> Screen:
    """Give a plate as a screen of one."""
    table = pd.DataFrame(
        {"experiment": [plate.experiment or plate.name]}, index=pd.Index([plate.name], name="plate", dtype=object)
    )
    return Screen(plate.name, plate.path, (plate,), table)


def _value_of_plate(plate: Plate, column: str, screen: Screen) -> str:
    if column not in plate.wells:
        raise SelectionError(
            f"{column!r} is a column neither of the screen {screen.name!r} ({', '.join(map(str, screen.table))}) "
            f"nor of the wells of plate {plate.name!r}.",
            "Choose a column that all plates have.",
        )
    values = sorted({str(value) for value in plate.imaged[column]} - {""})
    if len(values) > 1:
        raise SelectionError(
            f"The wells of plate {plate.name!r} differ in {column!r} ({', '.join(values[:4])}), "
            f"so it says nothing about the plate.",
            "Choose a column with one value a plate.",
        )
    return values[0] if values else ""
