"""Images and labels of a training run: decoded once, read by row."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.errors import ChannelError
from napari_ben.models import ModelCard, Scaling, Tiling, map_channels, n_tiles, prepare_unscaled
from napari_ben.plates import Plate
from napari_ben.training._config import TrainingConfig
from napari_ben.training._fields import list_fields
from napari_ben.training._scaling import measure_scaling, plate_statistics
from napari_ben.training._store import FLOAT32, INT16, UINT8, PixelStore

__all__ = ["UNLABELLED", "TrainingData", "collect_data", "outline_data"]

UNLABELLED = -1


@dataclass(frozen=True)
class TrainingData:
    """Images with what is known about them; one row an image, or a tile of one.

    Parameters
    ----------
    images
        (N, C, y, x) uint8, int16 (camera counts less 32768) or float32, in memory or in a file; a view of (N, y, x, C);
        whole fields where windows are drawn from them.
    labels
        (N,) int64, position in ``classes``; -1 for images without a label.
    is_control
        (N,) bool, in a negative-control well.
    plates
        (N,) int64, position in ``plate_names``.
    wells
        (N,) well names.
    plate_names, classes
        What the numbers mean.
    channels, scaling, tiling
        For the model card.
    fields
        (N,) int64, number of the field that the image, or tile, is of; None where each is one.
    experiments
        Of each of `plate_names`; empty where nobody said.
    offsets
        (n_plates, C) float64, mean over deviation of each plate's channels where these scaled the pixels, else None.
    zero, unit
        (N, C) float64: network input is (count − zero) / unit. None where images are network input.
    """

    images: NDArray[Any]
    labels: NDArray[np.int64]
    is_control: NDArray[np.bool_]
    plates: NDArray[np.int64]
    wells: NDArray[np.str_]
    plate_names: tuple[str, ...]
    classes: tuple[str, ...]
    channels: tuple[str, ...]
    scaling: Scaling
    tiling: Tiling
    fields: NDArray[np.int64] | None = None
    experiments: tuple[str, ...] = ()
    offsets: NDArray[np.float64] | None = None
    zero: NDArray[np.float64] | None = None
    unit: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def is_labelled(self) -> NDArray[np.bool_]:
        """(N,) bool."""
        labelled: NDArray[np.bool_] = self.labels != UNLABELLED
        return labelled

    def lines(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(n, C) zero and unit of rows."""
        if self.zero is None or self.unit is None:
            shape = (len(rows), self.images.shape[1])
            return np.zeros(shape), np.ones(shape)
        return self.zero[rows], self.unit[rows]


def outline_data(
    plates: Sequence[Plate], config: TrainingConfig, experiments: Mapping[str, str] | None = None
) -> TrainingData:
    """Give the rows of a training run with no image read: all that decides the split, and what a network must take.

    Images are zeros that take no memory; their scaling is not measured.

    Parameters
    ----------
    plates, config, experiments
        As in `collect_data`.

    Raises
    ------
    ArgumentError, ChannelError, SelectionError
        As there.
    """
    fields = list_fields(plates, config)
    channels = config.channels or plates[0].channels
    for plate in plates:
        _order_of(channels, plate)
    whole = config.field_size or plates[0].shape
    kept = _kept(config, whole)
    rows = fields.loc[fields.index.repeat(n_tiles(whole, kept))]
    return TrainingData(
        images=np.broadcast_to(np.uint8(0), (len(rows), len(channels), *kept.size)),
        channels=channels,
        scaling=Scaling(kind="image"),
        tiling=config.tiling or Tiling(size=whole),
        **_facts(rows, plates, experiments),
    )


def collect_data(
    plates: Sequence[Plate],
    config: TrainingConfig,
    experiments: Mapping[str, str] | None = None,
    *,
    folder: Path | None = None,
    in_memory: int | None = None,
) -> TrainingData:
    """Read the images of a training run.

    Parameters
    ----------
    plates
        With the label column in their platemaps.
    config
        Which labels, wells, channels, scaling and size.
    experiments
        Plate name → experiment.
    folder
        Where a file of pixels may be made; None keeps them in memory.
    in_memory
        Bytes of pixels from which on they go to that file; None never.

    Raises
    ------
    ArgumentError
        No plates, no such column, or fewer than two classes.
    ChannelError, SelectionError, PlateError
        A channel, well or image is not as asked.
    SaveError
        The file of pixels cannot be written.
    """
    fields = list_fields(plates, config)
    channels = config.channels or plates[0].channels
    orders = [_order_of(channels, plate) for plate in plates]
    sources = [(plates[plate], row, orders[plate]) for plate, row in zip(fields["plate"], fields["row"], strict=True)]
    whole = config.field_size or plates[0].shape
    own = plate_statistics(plates, orders, config, experiments or {})
    card = ModelCard(
        name="draft",
        architecture="none",
        channels=channels,
        classes=_classes_of(fields),
        scaling=measure_scaling(sources, config),
        tiling=_kept(config, whole),
        field_size=config.field_size,
        embedding_size=1,
    )
    dtype = _pixel_type(plates, card, config)
    n_bytes = len(fields) * n_tiles(whole, card.tiling) * len(channels) * math.prod(card.tiling.size)
    is_large = in_memory is not None and n_bytes * dtype.itemsize > in_memory
    with PixelStore(dtype, folder if is_large else None, rounds=config.cache == "uint8") as store:
        counts = [
            store.add(prepare_unscaled(plate.read_field(row, order), card, own[number] if own else None))
            for number, (plate, row, order) in zip(fields["plate"], sources, strict=True)
        ]
        images, zero, unit = store.stored()
    rows = fields.loc[fields.index.repeat(counts)]
    return TrainingData(
        images=images,
        channels=channels,
        scaling=card.scaling,
        tiling=config.tiling or Tiling(size=whole),
        offsets=np.array([mean / np.where(std > 0, std, 1) for mean, std in own]) if own else None,
        zero=zero,
        unit=unit,
        **_facts(rows, plates, experiments),
    )


def _facts(rows: pd.DataFrame, plates: Sequence[Plate], experiments: Mapping[str, str] | None) -> dict[str, Any]:
    """Give what is known of each row but its pixels."""
    classes = _classes_of(rows)
    numbers = {name: number for number, name in enumerate(classes)} | {"": UNLABELLED}
    return {
        "labels": rows["label"].map(numbers).to_numpy(np.int64),
        "is_control": rows["is_control"].to_numpy(bool),
        "plates": rows["plate"].to_numpy(np.int64),
        "wells": rows["well"].to_numpy(str),
        "plate_names": tuple(plate.name for plate in plates),
        "classes": classes,
        "fields": rows.index.to_numpy(np.int64),
        "experiments": tuple((experiments or {}).get(plate.name, "") for plate in plates) if experiments else (),
    }


def _classes_of(fields: pd.DataFrame) -> tuple[str, ...]:
    return tuple(sorted(set(fields["label"]) - {""}))


def _order_of(channels: Sequence[str], plate: Plate) -> tuple[int, ...]:
    """Positions of the channels on a plate."""
    try:
        return map_channels(channels, plate.channels)
    except ChannelError as error:
        raise ChannelError(
            f"Plate {plate.name!r} has not all of the channels that are trained on ({', '.join(channels)}); it has "
            f"{', '.join(plate.channels)}.",
            "Name channels that all plates have with channels=[…], or leave the plate out.",
        ) from error


def _kept(config: TrainingConfig, whole: tuple[int, int]) -> Tiling:
    """Say what is kept of each field: all of it where random windows are drawn from what inference crops."""
    tiling = config.tiling or Tiling(size=whole)
    is_inside = all(size <= length for size, length in zip(tiling.size, whole, strict=True))
    return Tiling(size=whole) if config.crop is not None and tiling.fit == "crop" and is_inside else tiling


def _pixel_type(plates: Sequence[Plate], card: ModelCard, config: TrainingConfig) -> np.dtype[Any]:
    """Smallest type that holds what the network is to see."""
    if config.cache != "exact":
        return np.dtype(config.cache)
    if card.tiling.fit == "resize":
        return FLOAT32
    if card.scaling.kind == "percentile":
        return UINT8
    widest = np.result_type(*(plate.dtype for plate in plates))
    if widest.kind != "u" or widest.itemsize > 2:
        return FLOAT32
    return UINT8 if widest.itemsize == 1 else INT16
