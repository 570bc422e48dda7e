"""Which fields of a plate a run may use: those with all of the model's channels, and among them those asked for."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import ChannelError, SelectionError
from napari_ben.plates import Plate
from napari_ben.workflow._config import PredictConfig

__all__ = ["chosen_fields", "complete_fields", "left_out"]


def complete_fields(plate: Plate, channels: Sequence[int]) -> NDArray[np.bool_]:
    """Say for each field whether it has all channels that the model needs.

    Raises
    ------
    ChannelError
        When none has.
    """
    needed = {plate.channels[channel] for channel in channels}
    is_complete = np.array([needed.isdisjoint(missing) for missing in plate.fields["missing"]], dtype=bool)
    if not is_complete.any():
        raise ChannelError(
            f"None of the {len(plate.fields)} fields of plate {plate.name!r} has all channels of the model "
            f"({', '.join(sorted(needed))}).",
            "Choose a model that needs fewer channels, or open the folder with the complete images.",
        )
    return is_complete


def chosen_fields(plate: Plate, config: PredictConfig) -> NDArray[np.bool_]:
    """Say for each field whether it is one of those asked for; all are where none was named.

    Raises
    ------
    SelectionError
        When the plate has none of them.
    """
    numbers = plate.fields["field"]
    is_chosen = numbers.isin(config.fields).to_numpy() if config.fields else np.ones(len(numbers), bool)
    if not is_chosen.any():
        raise SelectionError(
            f"Plate {plate.name!r} has no field {' or '.join(map(str, config.fields))}; "
            f"there is {', '.join(map(str, sorted(set(numbers))[:8]))}.",
            "Choose among these, or leave fields out.",
        )
    return is_chosen


def left_out(plate: Plate, channels: Sequence[int], is_complete: NDArray[np.bool_]) -> tuple[str, ...]:
    """Say which fields lack a channel, where any does."""
    if is_complete.all():
        return ()
    lacking = plate.fields[~is_complete]
    needed = {plate.channels[channel] for channel in channels}
    names = sorted({name for missing in lacking["missing"] for name in missing} & needed)
    wells = lacking["well"].unique()
    shown = ", ".join(wells[:5]) + (", …" if len(wells) > 5 else "")
    return (f"{len(lacking)} of {len(plate.fields)} fields lack {', '.join(names)} and are left out (wells {shown}).",)
