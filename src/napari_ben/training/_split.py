"""What validates and never trains, shown before anything is trained, with what leaks from one side to the other."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.errors import ArgumentError
from napari_ben.training._config import TrainingConfig
from napari_ben.training._data import TrainingData

__all__ = ["Split", "describe_split", "hold_out"]

Mask = NDArray[np.bool_]
_TRAINS, _HELD_OUT = "trains", "held out"


@dataclass(frozen=True)
class Split:
    """What lies on each side.

    Parameters
    ----------
    sizes
        One sentence a side: plates, experiments, wells and images.
    leaks
        One sentence for each way in which the validation may know more than a new plate would.
    sides
        Plate → well → ``trains`` or ``held out``, of the wells that have a label.
    """

    sizes: tuple[str, ...]
    leaks: tuple[str, ...]
    sides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __str__(self) -> str:
        return "\n".join([*self.sizes, *(f"Leak: {leak}" for leak in self.leaks)])


def hold_out(data: TrainingData, config: TrainingConfig) -> Mask:
    """(N,) bool: rows that validate and never train.

    Plates, experiments and positions are held out whole. Wells of a plate that is trained on are held out only where
    ``validation_by="well"`` asks for it; then controls stay as context.

    Raises
    ------
    ArgumentError
        A plate to validate on is not among the data, or there are too few of what is to be held out.
    """
    unknown = sorted(set(config.validation_plates) - set(data.plate_names))
    if unknown:
        raise ArgumentError(
            f"There is no plate {unknown[0]!r} to validate on.", f"Choose among: {', '.join(data.plate_names)}."
        )
    if config.validation_plates:
        numbers = [data.plate_names.index(name) for name in config.validation_plates]
        return np.isin(data.plates, numbers)
    if not config.validation_share:
        return np.zeros(len(data), bool)
    if config.validation_by == "well":
        return _hold_out_wells(data, config)
    return _hold_out_units(data, config)


def _hold_out_units(data: TrainingData, config: TrainingConfig) -> Mask:
    """Hold out a share of the plates, experiments or positions that have labels; at least one, never all."""
    units = _units(data, config.validation_by)
    names = np.unique(units[data.is_labelled])
    if len(names) < 2:
        raise ArgumentError(
            f"There is one {config.validation_by} with labels ({str(names[0])!r}), so none can be held out.",
            "Train on more of them, or hold out wells (validation_by='well') or nothing (validation_share=0).",
        )
    count = min(max(1, round(config.validation_share * len(names))), len(names) - 1)
    held = np.isin(units, np.random.default_rng([config.seed, 0]).permutation(names)[:count])
    return held & data.is_labelled if config.validation_by == "position" else held


def _units(data: TrainingData, by: str) -> NDArray[np.str_]:
    if by == "position":
        return data.wells
    if by == "experiment" and not data.experiments:
        raise ArgumentError(
            "No experiments are known, so none can be held out.",
            "Train on a screen whose screen.csv has a column 'experiment', or hold out plates.",
        )
    names = data.experiments if by == "experiment" else data.plate_names
    return np.array(names)[data.plates]


def _hold_out_wells(data: TrainingData, config: TrainingConfig) -> Mask:
    """Hold out a share of the wells of every class on every plate, never all of them."""
    rng = np.random.default_rng([config.seed, 0])
    held = np.zeros(len(data), bool)
    table = pd.DataFrame({"plate": data.plates, "label": data.labels, "well": data.wells})[data.is_labelled]
    for (plate, _), group in table.groupby(["plate", "label"], sort=True):
        wells = np.unique(group["well"])
        count = min(int(config.validation_share * len(wells) + rng.random()), len(wells) - 1)
        held |= (data.plates == plate) & np.isin(data.wells, rng.permutation(wells)[:count])
    return held


def describe_split(data: TrainingData, held: Mask) -> Split:
    """Say what trains, what validates, and what leaks.

    Parameters
    ----------
    data
        All images.
    held
        From `hold_out`.
    """
    sides = {"Trains on": ~held & data.is_labelled, "Validates on": held & data.is_labelled}
    sizes = tuple(f"{words} {_size(data, rows)}." for words, rows in sides.items() if rows.any())
    trains, validates = sides.values()
    return Split(sizes, _leaks(data, trains, validates) if validates.any() else (), _sides(data, held))


def _sides(data: TrainingData, held: Mask) -> dict[str, dict[str, str]]:
    columns = {
        "plate": np.array(data.plate_names)[data.plates],
        "well": data.wells,
        "side": np.where(held, _HELD_OUT, _TRAINS),
    }
    wells = pd.DataFrame(columns)[data.is_labelled].drop_duplicates()
    return {
        str(plate): dict(zip(map(str, part["well"]), part["side"], strict=True))
        for plate, part in wells.groupby("plate")
    }


def _size(data: TrainingData, rows: Mask) -> str:
    plates = np.unique(data.plates[rows])
    wells = len(set(zip(data.plates[rows], data.wells[rows], strict=True)))
    names = [data.plate_names[plate] for plate in plates]
    shown = ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
    experiments = {data.experiments[plate] for plate in plates} if data.experiments else set()
    of = f" of {_count(len(experiments), 'experiment')}" if experiments else ""
    return f"{_count(len(plates), 'plate')}{of} ({shown}), {_count(wells, 'well')}, {_count(int(rows.sum()), 'image')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _leaks(data: TrainingData, trains: Mask, validates: Mask) -> tuple[str, ...]:
    leaks = []
    plates = np.intersect1d(data.plates[trains], data.plates[validates])
    if len(plates):
        names = ", ".join(data.plate_names[plate] for plate in plates[:6])
        leaks.append(f"{_count(len(plates), 'plate')} on both sides ({names}): a new plate will be harder than this.")
    shared = _experiments_on_both_sides(data, trains, validates)
    if shared and not len(plates):
        leaks.append(f"{_count(len(shared), 'experiment')} on both sides ({', '.join(shared[:6])}).")
    named, chance, n_wells = _named_by_position(data, trains, validates)
    if named > chance + 3 * math.sqrt(chance * (1 - chance) / n_wells):
        leaks.append(
            f"The well position alone names the class of {named:.0%} of the held-out wells (the most frequent class: "
            f"{chance:.0%}), so a network may learn the position instead of the class."
        )
    return tuple(leaks)


def _named_by_position(data: TrainingData, trains: Mask, validates: Mask) -> tuple[float, float, int]:
    """Share of held-out wells whose class is the most frequent one at their position where it is trained on.

    Returns
    -------
    That share, the share of the most frequent class among them, and how many wells these are.
    """
    columns = {"plate": data.plates, "well": data.wells, "label": data.labels}
    table = pd.DataFrame(columns).assign(trains=trains)[trains | validates].drop_duplicates()
    known = table[table["trains"]].groupby("well")["label"].agg(lambda labels: labels.mode().iloc[0])
    held = table[~table["trains"]]
    right = held["label"] == held["well"].map(known)
    return float(right.mean()), float(held["label"].value_counts(normalize=True).iloc[0]), len(held)


def _experiments_on_both_sides(data: TrainingData, trains: Mask, validates: Mask) -> list[str]:
    if not data.experiments:
        return []
    sides = [{data.experiments[plate] for plate in np.unique(data.plates[rows])} for rows in (trains, validates)]
    return sorted(sides[0] & sides[1])
