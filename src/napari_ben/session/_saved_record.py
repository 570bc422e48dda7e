"""What a session file says in words: its ``session.json``, checked before anything of it is believed."""

import os
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, NonNegativeInt, PositiveInt

from napari_ben.methods import METHODS
from napari_ben.plates import PlatemapUse, View
from napari_ben.session._parts import ContextChoice, Look
from napari_ben.workflow import PlateRecord, Table

FORMAT: Literal[1] = 1


def _known_method(name: str) -> str:
    if name not in METHODS:
        message = f"there is no method {name!r}"
        raise ValueError(message)
    return name


def _usable_look(look: Look) -> Look:
    numbers = [*look.centre, look.zoom, *(limit for channel in look.channels.values() for limit in channel.limits)]
    is_ordered = all(channel.limits[0] < channel.limits[1] for channel in look.channels.values())
    if not (all(map(isfinite, numbers)) and look.zoom > 0 and is_ordered):
        message = "nothing could be seen with these numbers"
        raise ValueError(message)
    return look


def _with(*columns: str) -> Callable[[Table], Table]:
    def check(table: Table) -> Table:
        missing = [name for name in columns if name not in table.columns]
        if missing:
            message = f"the table has no column {missing[0]!r}"
            raise ValueError(message)
        return table

    return check


Weight = Annotated[float, Field(ge=0, le=1)] | Literal["count"]


class _Saved(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SavedPath(_Saved):
    """A path that is found again when it moved together with the session file, and when only the file moved.

    Parameters
    ----------
    relative
        From the session file's folder; None on another drive.
    absolute
        As it was.
    """

    relative: str | None
    absolute: str

    @classmethod
    def of(cls, path: Path, folder: Path) -> Self:
        """Write down a path as seen from a folder."""
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 – resolve() would follow links to where nobody put them
        try:
            relative: str | None = Path(os.path.relpath(absolute, folder.absolute())).as_posix()
        except ValueError:  # Windows: another drive
            relative = None
        return cls(relative=relative, absolute=str(absolute))

    def find(self, folder: Path) -> Path | None:
        """Say where it is now, seen from the session file's folder; None when it is gone."""
        places = [Path(os.path.normpath(folder.absolute() / self.relative))] if self.relative else []
        return next((path for path in (*places, Path(self.absolute)) if _is_there(path)), None)


def _is_there(path: Path) -> bool:
    return path.exists() or path.parent.is_file()  # a plate of a table is table.csv/NAME


class SavedModel(_Saved):
    """A model: by name, file and content; one without a file lies in the session file."""

    name: str
    sha256: str
    path: SavedPath | None


class SavedPlate(_Saved):
    """A plate with the roles that its wells had, and where these were from."""

    record: PlateRecord
    platemap: PlatemapUse | None


class SavedStability(_Saved):
    """How firmly the wells of a run hold their class."""

    table: Annotated[Table, AfterValidator(_with("pred_class", "stability", "alternative"))]
    n_resamples: PositiveInt


class SavedEffects(_Saved):
    """What single wells do to the statistics of a run."""

    influence: Annotated[Table, AfterValidator(_with("influence", "times_typical", "layer"))]
    edge: Annotated[Table, AfterValidator(_with("mean_shift", "scale_shift", "distance"))] | None
    chance: tuple[FiniteFloat, ...]


class SavedTrust(_Saved):
    """What is known about how far a run can be trusted, as far as it took runs to find out."""

    stability: SavedStability | None
    wells: SavedEffects | None


class SavedRun(_Saved):
    """A run in the session file.

    Parameters
    ----------
    plate, view
        Name of its plate, and what of that was shown.
    is_shown
        Whether it is the plate's latest.
    is_finished
        Whether it can be compared with others.
    n_wells
        How many it predicted.
    trust
        None where nobody asked.
    """

    plate: str
    view: View
    is_shown: bool
    is_finished: bool
    n_wells: NonNegativeInt
    trust: SavedTrust | None = None


class SavedLesson(_Saved):
    """What was taught: the number of its run, and the wells that were suggested."""

    run: NonNegativeInt
    model: SavedModel
    suggested: tuple[str, ...]


class SavedSession(_Saved):
    """A session, but for its arrays.

    Parameters
    ----------
    saved
        Local time, ISO 8601.
    source, layout, pattern
        What was opened, and how it was asked for.
    shown
        Name of the plate that was shown.
    plates
        With their roles; a plate of the screen that is not among them is as its folder says.
    runs
        In the order of their files.
    """

    format: Literal[1] = FORMAT
    napari_ben: str
    saved: str
    source: SavedPath
    layout: str | None
    pattern: str | None
    shown: str
    plates: tuple[SavedPlate, ...]
    choice: ContextChoice
    model: SavedModel | None
    overrides: dict[str, str]
    method: Annotated[str, AfterValidator(_known_method)]
    wished_method: Annotated[str, AfterValidator(_known_method)]
    weight: Weight | None
    selected: tuple[str, ...]
    colour_by: str
    points_by: str
    points_layout: Literal["PCA", "UMAP"]
    labels: dict[str, str]
    lesson: SavedLesson | None
    quality: Table | None
    runs: tuple[SavedRun, ...]
    look: Annotated[Look, AfterValidator(_usable_look)] | None
