"""Pixel scaling measured on the training images.

A fixed range with one mean and deviation a channel for all plates: scaling each image or plate by itself would remove
the batch effect, and the weak part of the signal with it, before the network can follow it. Scaling by the plate is
there to be compared with that, and for networks whose statistics do not follow it (DeepNoise, arXiv 2209.05772).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import ArgumentError, PlateError
from napari_ben.models import ChannelStatistics, PixelMoments, Scaling
from napari_ben.plates import Plate
from napari_ben.training._config import TrainingConfig

__all__ = ["measure_plates", "measure_scaling", "plate_statistics"]

_SAMPLE = 512  # fields; the mean over more moves in the third digit


def measure_scaling(fields: Sequence[tuple[Plate, int, tuple[int, ...]]], config: TrainingConfig) -> Scaling:
    """Scaling rule for these images.

    Parameters
    ----------
    fields
        Plate, row of its fields and positions of the channels wanted, for every training image.
    config
        Which kind.

    Raises
    ------
    PlateError
        An image cannot be read, or holds pixels that are no numbers.
    """
    if config.scaling == "plate":
        return Scaling(kind="plate", over=config.scale_over)
    if config.scaling != "range":
        return Scaling(kind=config.scaling)
    chosen = np.unique(np.linspace(0, len(fields) - 1, min(_SAMPLE, len(fields))).round().astype(int))
    moments = []
    top = 1.0
    for plate, row, order in (fields[index] for index in chosen):
        image = _read(plate, row, order)
        top = max(top, _top(image))
        pixels = image.reshape(len(image), -1).astype(np.float64)
        moments.append((pixels.mean(axis=1), (pixels**2).mean(axis=1)))
    mean, square = np.mean(moments, axis=0) / np.array([top, top**2])[:, None]
    std = np.sqrt(np.maximum(square - mean**2, 1e-12))
    return Scaling(kind="range", limits=(0.0, top), mean=tuple(mean), std=tuple(std))


def measure_plates(
    plates: Sequence[Plate], orders: Sequence[tuple[int, ...]], groups: Sequence[str]
) -> list[ChannelStatistics]:
    """Mean and deviation of each channel for every plate, measured over all plates of its group.

    All complete fields count, but those of empty and excluded wells: the images that inference measures.

    Parameters
    ----------
    plates
        To measure.
    orders
        For each plate, the positions of the channels wanted.
    groups
        For each plate, the name of its group.
    """
    moments: dict[str, PixelMoments] = {}
    for plate, order, group in zip(plates, orders, groups, strict=True):
        for row in _countable(plate, order):
            own = PixelMoments.of(_read(plate, row, order))
            moments[group] = moments[group] | own if group in moments else own
    return [moments[group].statistics() for group in groups]


def plate_statistics(
    plates: Sequence[Plate], orders: Sequence[tuple[int, ...]], config: TrainingConfig, experiments: Mapping[str, str]
) -> list[ChannelStatistics]:
    """Pixel statistics for each plate; none unless they are what scales the pixels.

    Raises
    ------
    ArgumentError
        A plate has no single group to be measured with.
    """
    if config.scaling != "plate":
        return []
    return measure_plates(plates, orders, [_group(plate, config.scale_over, experiments) for plate in plates])


def _group(plate: Plate, over: str, experiments: Mapping[str, str]) -> str:
    """Name of the plates that are measured together."""
    if over == "plate":
        return plate.name
    if over == "experiment" and plate.name in experiments:
        return experiments[plate.name]
    values = sorted(set(plate.wells[over].dropna().astype(str))) if over in plate.wells else []
    if len(values) != 1:
        found = f"it has {len(values)} values of it" if over in plate.wells else "nobody says which one it has"
        raise ArgumentError(
            f"Plate {plate.name!r} has no single {over!r} to measure its pixels with: {found}.",
            "Give a platemap column with one value a plate, a screen.csv with an experiment, or scale_over='plate'.",
        )
    return values[0]


def _countable(plate: Plate, order: tuple[int, ...]) -> list[int]:
    needed = {plate.channels[channel] for channel in order}
    wells = plate.wells.loc[plate.fields["well"]]
    is_used = ((wells["role"] != "empty") & ~wells["excluded"].astype(bool)).to_numpy()
    return [row for row, missing in enumerate(plate.fields["missing"]) if is_used[row] and needed.isdisjoint(missing)]


def _read(plate: Plate, row: int, order: tuple[int, ...]) -> NDArray[np.generic]:
    image = plate.read_field(row, order)
    if not np.isfinite(image).all():
        well = plate.fields["well"].iloc[row]
        raise PlateError(
            f"A field of well {well} on plate {plate.name!r} holds pixels that are NaN or infinite.",
            "Leave the well out of the selection, or write the image again with finite values.",
        )
    return image


def _top(image: NDArray[np.generic]) -> float:
    """Camera count that becomes 1: the type's largest integer, or what is met among floats."""
    return float(np.iinfo(str(image.dtype)).max) if image.dtype.kind in "iu" else float(image.max())
