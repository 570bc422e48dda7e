"""All views of an OME-Zarr plate: its acquisitions, planes and time points.

An acquisition is looked into when it is shown: the metadata of a few fields, and of all of them only where the few say
that fields were stitched or have places of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from napari_ben.plates import Shown, View, fields_table
from napari_ben.readers._zarr_acquisitions import Images
from napari_ben.readers._zarr_fields import ZarrFields, read_fields
from napari_ben.readers._zarr_source import Places, ZarrSource


@dataclass(frozen=True, eq=False)
class ZarrViews:
    """The views of an OME-Zarr plate.

    Parameters
    ----------
    folder
        The plate's.
    version
        Of Zarr.
    groups
        Images of each acquisition by its name.
    by_name
        Channels are found by name where fields name them.
    stated, told
        Problems and notes of all views.
    """

    folder: Path
    version: int
    groups: Mapping[str, Images]
    by_name: bool = True
    stated: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    _read: dict[str, ZarrFields] = field(default_factory=dict, repr=False)

    @property
    def z_planes(self) -> tuple[int, ...]:
        """Numbers of the planes of the first acquisition, from 0."""
        n_planes = self.fields_of(None).n_planes
        return tuple(range(n_planes)) if n_planes > 1 else ()

    @property
    def times(self) -> tuple[int, ...]:
        """Numbers of the time points of the first acquisition, from 0."""
        n_times = self.fields_of(None).n_times
        return tuple(range(n_times)) if n_times > 1 else ()

    @property
    def acquisitions(self) -> tuple[str, ...]:
        """Names, the earliest first; empty when there is but one."""
        return tuple(self.groups) if len(self.groups) > 1 else ()

    def fields_of(self, acquisition: str | None) -> ZarrFields:
        """Fields of an acquisition, the first when None; looked up once.

        Raises
        ------
        PlateError
            When none of its fields that were tried can be read.
        """
        name = acquisition if acquisition is not None else next(iter(self.groups))
        if name not in self._read:
            self._read[name] = read_fields(self.folder, self.version, self.groups[name])
        return self._read[name]

    def show(self, view: View) -> Shown:
        """Give one view; what it asks for exists. Reads no pixel.

        Raises
        ------
        PlateError
            When none of the fields that were tried can be read.
        """
        fields = self.fields_of(view.acquisition)
        places = Places(self.folder, self.version, fields.images, fields.boxes, self.by_name)
        return Shown(
            channels=fields.facts.channels,
            fields=fields_table(fields.wells, fields.numbers, fields.corners_um),
            source=ZarrSource(places, fields.facts, view),
            stated=(*self.stated, *fields.problems),
            told=(*self.told, *self._choices(view, fields), *fields.notes),
        )

    def _choices(self, view: View, fields: ZarrFields) -> list[str]:
        told = []
        if len(self.groups) > 1:
            names, shown = ", ".join(map(repr, self.groups)), view.acquisition or next(iter(self.groups))
            told.append(f"The plate has {len(self.groups)} acquisitions ({names}); {shown!r} is shown.")
        if fields.n_planes > 1:
            words = {"auto": "the middle one", "max": "their maximum"}
            shown = words.get(str(view.z), f"plane {view.z}")
            told.append(f"Fields have up to {fields.n_planes} z planes; {shown} is shown.")
        if fields.n_times > 1:
            shown = "the first one" if view.time is None else f"time point {view.time}"
            told.append(f"Fields have up to {fields.n_times} time points; {shown} is shown.")
        return told
