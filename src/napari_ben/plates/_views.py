"""Which of a plate's z planes, time points and acquisitions is shown.

A plate shows one image a field and channel. What else was imaged there is another view of the same plate: it shares
the wells with their roles, and nothing is listed or parsed again.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import pandas as pd

from napari_ben.errors import ArgumentError
from napari_ben.plates._source import PixelSource

if TYPE_CHECKING:
    from napari_ben.plates._plate import Plate

ZChoice = int | Literal["auto", "max"]


@dataclass(frozen=True)
class View:
    """What is shown of a plate.

    Parameters
    ----------
    z
        ``auto`` (a stored projection, else the middle plane), ``max`` (the maximum of all planes), or a plane's number.
    time
        Number of a time point; each field's first when None.
    acquisition
        Name; the first when None.
    """

    z: ZChoice = "auto"
    time: int | None = None
    acquisition: str | None = None


@dataclass(frozen=True)
class Opening:
    """What a plate was opened by, so that it can be opened again.

    Parameters
    ----------
    path
        What the person pointed at, where it was not the plate's folder itself.
    layout, pattern
        As the person gave them.
    """

    path: Path | None = None
    layout: str | None = None
    pattern: str | None = None


@dataclass(frozen=True, eq=False)
class Shown:
    """A plate in one view: the parts of `Plate` that depend on it."""

    channels: tuple[str, ...]
    fields: pd.DataFrame
    source: PixelSource
    stated: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


class Views(Protocol):
    """All that a plate could show."""

    @property
    def z_planes(self) -> tuple[int, ...]:
        """Numbers of the planes, as the microscope counts them; a stored projection is not one of them."""

    @property
    def times(self) -> tuple[int, ...]:
        """Numbers of the time points, as the microscope counts them."""

    @property
    def acquisitions(self) -> tuple[str, ...]:
        """Names; empty when there is but one without a name."""

    def show(self, view: View) -> Shown:
        """Give one view; what it asks for exists. Reads no pixel."""


def view_plate(plate: "Plate", z: ZChoice | None, time: int | None, acquisition: str | None) -> "Plate":
    """Show another view of a plate; see `Plate.at`."""
    view = View(
        plate.view.z if z is None else z,
        plate.view.time if time is None else time,
        plate.view.acquisition if acquisition is None else acquisition,
    )
    _check(plate, view)
    if plate.views is None or view == plate.view:
        return replace(plate, view=view)
    shown = plate.views.show(view)
    counts = shown.fields["well"].value_counts().reindex(plate.wells.index, fill_value=0)
    return replace(
        plate,
        channels=shown.channels,
        fields=shown.fields,
        wells=plate.wells.assign(n_fields=counts.to_numpy("int64")),
        source=shown.source,
        stated=shown.stated,
        told=shown.told,
        view=view,
        met={},
    )


def _check(plate: "Plate", view: View) -> None:
    is_number = isinstance(view.z, int) and not isinstance(view.z, bool)
    if view.z not in ("auto", "max") and not (is_number and view.z in plate.z_planes):
        _refuse(plate, "z plane", view.z, plate.z_planes, "'auto' and 'max' are always there")
    if view.time is not None and view.time not in plate.times:
        _refuse(plate, "time point", view.time, plate.times, "the first is shown when it is left out")
    if view.acquisition is not None and view.acquisition not in plate.acquisitions:
        _refuse(plate, "acquisition", view.acquisition, plate.acquisitions, "the first is shown when it is left out")


def _refuse(plate: "Plate", what: str, asked: object, there: tuple[object, ...], otherwise: str) -> None:
    shown = ", ".join(map(repr, there[:12])) + (" …" if len(there) > 12 else "")
    has = f"it has {shown}" if there else "it has one, without a number or name"
    raise ArgumentError(
        f"Plate {plate.name!r} has no {what} {asked!r}; {has}.", f"Choose one of these, or none: {otherwise}."
    )
