"""A plate as a record has it: the roles of the record on the images of now, or a refusal where these are others."""

from dataclasses import replace

import pandas as pd

from napari_ben.errors import RunFileError
from napari_ben.plates import FORMATS, ROLES, Plate, wells_table
from napari_ben.workflow._record import PlateRecord, record_plate, to_table

__all__ = ["as_recorded"]


def as_recorded(record: PlateRecord, plate: Plate) -> Plate:
    """Give a plate the name, the wells and the roles that it had.

    Parameters
    ----------
    record
        From `record_plate`.
    plate
        The plate of now, in the view of the record.

    Raises
    ------
    RunFileError
        When its images are not those of the record.
    """
    now = record_plate(plate)
    for part in ("channels", "shape", "fields_sha256"):
        if getattr(now, part) != getattr(record, part):
            raise RunFileError(
                f"The plate at {str(plate.path)!r} is not {record.name!r} as it was: {_difference(now, record)}.",
                "Give the path of the original plate.",
            )
    wells = _matching_wells(record, plate)
    return replace(plate, name=record.name, wells=wells, format=FORMATS.get(record.format, plate.format))


def _matching_wells(record: PlateRecord, plate: Plate) -> pd.DataFrame:
    """Wells and roles as they were; what follows from the images must be what it is now."""
    wells, now = to_table(record.wells, "well"), wells_table(plate.fields)
    fixed = ["row", "column", "n_fields"]
    is_whole = wells.index.is_unique and set(now) <= set(wells) and set(now.index) <= set(wells.index)
    is_known = is_whole and wells["role"].isin(ROLES).all() and wells["excluded"].dtype == bool
    if not (is_known and wells.loc[now.index, fixed].equals(now[fixed])):
        raise RunFileError(
            f"The wells of {record.name!r} in the file are not those of its images.",
            "Use the file as napari-ben wrote it.",
        )
    return wells


def _difference(now: PlateRecord, then: PlateRecord) -> str:
    if now.channels != then.channels:
        return f"it has the channels {', '.join(now.channels)}, and had {', '.join(then.channels)}"
    if now.shape != then.shape:
        return f"its fields are {now.shape[0]}×{now.shape[1]} pixels, and were {then.shape[0]}×{then.shape[1]}"
    return "it has other wells or fields"
