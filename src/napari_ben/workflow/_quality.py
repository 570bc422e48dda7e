"""The images of a plate looked at once, at low resolution, and what was seen joined to its wells."""

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.errors import PlateError, SelectionError
from napari_ben.evaluation import QualityLimits, flag_fields, full_scale, measure_plane, quality_of_wells
from napari_ben.plates import Plate
from napari_ben.workflow._progress import Progress

__all__ = ["exclude_flagged", "join_quality", "run_quality"]

_LEAST_SIZE = 256
_READERS = 4
_AT_ONCE = 32
_SCALE_SAMPLE = 8
_COLUMNS = ("focus_z", "saturation", "intensity_z", "signal", "n_flagged", "quality_flags")


def run_quality(
    plate: Plate,
    channels: Sequence[str] | None = None,
    limits: QualityLimits | None = None,
    fields_per_well: int | None = None,
) -> Generator[Progress, None, pd.DataFrame]:
    """Look at every field, at the smallest stored level of 256 pixels or more; each plane is read once.

    Parameters
    ----------
    plate
        The plate.
    channels
        Names of the channels to look at; all when None.
    limits
        When a field is flagged.
    fields_per_well
        How many fields of each well to look at, the first ones; all when None.

    Yields
    ------
    Progress
        Stage ``quality``.

    Returns
    -------
    pandas.DataFrame
        One row a field that was looked at; see `napari_ben.evaluation.flag_fields`. A field that cannot be read is
        flagged ``unreadable``.

    Raises
    ------
    SelectionError
        When the plate has no such channel.
    """
    numbers = _numbers(plate, channels)
    level = _level(plate)
    looked_at = _rows(plate, fields_per_well)
    places = [(row, channel) for row in looked_at for channel in numbers]
    limit = _limit(plate, places, level)
    rows = []
    with ThreadPoolExecutor(max_workers=_READERS) as pool:
        for start in range(0, len(places), _AT_ONCE):
            yield Progress(start, len(places), "images", "quality")
            part = places[start : start + _AT_ONCE]
            rows += [row for row in pool.map(lambda place: _measure(plate, place, level, limit), part) if row]
    yield Progress(len(places), len(places), "images", "quality")
    return _with_unreadable(plate, looked_at, flag_fields(pd.DataFrame(rows), limits) if rows else None)


def join_quality(plate: Plate, fields: pd.DataFrame) -> Plate:
    """Give the plate's wells the columns of `quality_of_wells`, in place of an earlier look."""
    found = quality_of_wells(fields)
    wells = plate.wells.drop(columns=[name for name in _COLUMNS if name in plate.wells])
    return replace(plate, wells=wells.join(found).assign(quality_flags=lambda table: table["quality_flags"].fillna("")))


def exclude_flagged(plate: Plate, fields: pd.DataFrame, flags: Sequence[str] = ("out of focus", "empty")) -> Plate:
    """Leave wells out of contexts in which at least half of the fields have one of these flags.

    Parameters
    ----------
    plate
        The plate.
    fields
        From `run_quality`.
    flags
        Words such as ``out of focus``, ``saturated``, ``dim``, ``bright``, ``empty``, ``unreadable``.
    """
    words = quality_of_wells(fields)["quality_flags"].str.split(", ")
    bad = [well for well, found in words.items() if set(found) & set(flags)]
    wells = plate.wells.copy()
    wells["excluded"] = wells["excluded"].astype(bool) | wells.index.isin(bad)
    return replace(plate, wells=wells)


def _numbers(plate: Plate, channels: Sequence[str] | None) -> list[int]:
    wanted = plate.channels if channels is None else tuple(channels)
    unknown = [name for name in wanted if name not in plate.channels]
    if unknown:
        raise SelectionError(
            f"Plate {plate.name!r} has no channel {unknown[0]!r}; it has {', '.join(plate.channels)}.",
            "Choose among these.",
        )
    return [plate.channels.index(name) for name in wanted]


def _rows(plate: Plate, fields_per_well: int | None) -> list[int]:
    number = plate.fields.groupby("well", sort=False).cumcount().to_numpy()
    return np.flatnonzero(number < (len(number) if fields_per_well is None else fields_per_well)).tolist()


def _level(plate: Plate) -> int:
    factors = plate.source.downsampling
    return max(level for level, factor in enumerate(factors) if level == 0 or min(plate.shape) // factor >= _LEAST_SIZE)


def _limit(plate: Plate, places: Sequence[tuple[int, int]], level: int) -> float:
    """Guess the camera's limit from a few planes: 12 bits are often stored as 16."""
    chosen = places[:: max(1, len(places) // _SCALE_SAMPLE)][:_SCALE_SAMPLE]
    largest = [plane.max() for place in chosen if (plane := _read(plate, place, level)) is not None]
    if plate.dtype.kind != "u":
        return float("inf")
    return full_scale(float(max(largest, default=np.iinfo(plate.dtype).max)))


def _measure(plate: Plate, place: tuple[int, int], level: int, limit: float) -> dict[str, object] | None:
    plane = _read(plate, place, level)
    if plane is None:
        return None
    row, channel = place
    where = {"row": row, "well": plate.fields["well"].iat[row], "channel": plate.channels[channel]}
    return {**where, **measure_plane(plane, limit)}


def _read(plate: Plate, place: tuple[int, int], level: int) -> NDArray[Any] | None:
    try:
        plane = plate.read_plane(*place, level)
    except PlateError:  # the plate states it, and the field is flagged
        return None
    return plane if np.isfinite(plane).all() else None


def _with_unreadable(plate: Plate, looked_at: Sequence[int], fields: pd.DataFrame | None) -> pd.DataFrame:
    columns = ["well", "focus_z", "saturation", "intensity_z", "signal", "flags"]
    whole = pd.DataFrame(index=pd.Index(looked_at, name="row"), columns=columns)
    known = whole[:0] if fields is None else fields
    missing = whole.index.difference(known.index)
    absent = pd.DataFrame({"well": plate.fields["well"].to_numpy()[missing], "flags": "unreadable"}, index=missing)
    return (
        pd.concat([known, absent]).sort_index().reindex(columns=columns).rename_axis("row") if len(missing) else known
    )
