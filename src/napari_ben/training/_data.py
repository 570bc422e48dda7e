"""Images and labels of a training run, in memory and ready for the network."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.errors import ArgumentError
from napari_ben.models import ModelCard, Scaling, Tiling, map_channels, prepare_image
from napari_ben.plates import Plate, select_wells
from napari_ben.training._config import TrainingConfig
from napari_ben.training._scaling import measure_scaling

__all__ = ["UNLABELLED", "TrainingData", "collect_data"]

UNLABELLED = -1
_NO_LABEL = {"", "nan", "none", "null", "<na>"}


@dataclass(frozen=True)
class TrainingData:
    """Network inputs with what is known about them; one row an image, or a tile of one.

    Parameters
    ----------
    images
        (N, C, y, x) float32, network input.
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
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    is_control: NDArray[np.bool_]
    plates: NDArray[np.int64]
    wells: NDArray[np.str_]
    plate_names: tuple[str, ...]
    classes: tuple[str, ...]
    channels: tuple[str, ...]
    scaling: Scaling
    tiling: Tiling

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def is_labelled(self) -> NDArray[np.bool_]:
        """(N,) bool."""
        labelled: NDArray[np.bool_] = self.labels != UNLABELLED
        return labelled


@dataclass(frozen=True)
class _Field:
    plate: int
    row: int  # of plate.fields
    well: str
    label: str  # empty: none
    is_control: bool


def collect_data(plates: Sequence[Plate], config: TrainingConfig) -> TrainingData:
    """Read the images of a training run.

    Parameters
    ----------
    plates
        With the label column in their platemaps.
    config
        Which labels, wells, channels, scaling and size.

    Raises
    ------
    ArgumentError
        No plates, no such column, or fewer than two classes.
    ChannelError, SelectionError, PlateError
        A channel, well or image is not as asked.
    """
    if not plates:
        raise ArgumentError("There is no plate to train on.", "Give at least one.")
    fields = [field for number, plate in enumerate(plates) for field in _list_fields(number, plate, config)]
    classes = tuple(sorted({field.label for field in fields if field.label}))
    if len(classes) < 2:
        raise ArgumentError(
            f"Column {config.labels!r} gives {len(classes)} classes in these wells: {', '.join(classes) or 'none'}.",
            "Choose another column or more wells; label_controls makes the negative controls a class.",
        )
    channels = config.channels or plates[0].channels
    orders = [map_channels(channels, plate.channels) for plate in plates]
    tiling = config.tiling or Tiling(size=plates[0].shape)
    sample = [(plates[field.plate], field.row, orders[field.plate]) for field in fields]
    scaling = measure_scaling(sample, config.scaling)
    draft = ModelCard(
        name="draft", architecture="none", channels=channels, classes=classes, scaling=scaling, tiling=tiling,
        embedding_size=1,
    )  # fmt: skip
    inputs = [prepare_image(plate.read_field(row, order), draft) for plate, row, order in sample]
    repeat = np.array([len(tiles) for tiles in inputs])

    def column(values: Iterator[object]) -> NDArray[np.generic]:
        return np.repeat(np.array(list(values)), repeat)

    return TrainingData(
        images=np.concatenate(inputs),
        labels=column(classes.index(f.label) if f.label else UNLABELLED for f in fields).astype(np.int64),
        is_control=column(f.is_control for f in fields).astype(bool),
        plates=column(f.plate for f in fields).astype(np.int64),
        wells=column(f.well for f in fields).astype(str),
        plate_names=tuple(plate.name for plate in plates),
        classes=classes,
        channels=channels,
        scaling=scaling,
        tiling=tiling,
    )


def _list_fields(number: int, plate: Plate, config: TrainingConfig) -> Iterator[_Field]:
    """Fields that take part: those with a label, and negative controls as context."""
    wells = _labelled_wells(plate, config)
    for row, well in enumerate(plate.fields["well"]):
        if well in wells.index and not plate.fields["missing"].iloc[row]:
            yield _Field(number, row, well, str(wells.at[well, "label"]), bool(wells.at[well, "is_control"]))


def _labelled_wells(plate: Plate, config: TrainingConfig) -> pd.DataFrame:
    """Table of the wells that take part, index well; columns label (empty: none) and is_control."""
    if config.labels not in plate.wells:
        raise ArgumentError(
            f"Plate {plate.name!r} has no column {config.labels!r}; it has {', '.join(plate.wells.columns)}.",
            "Choose one of these as labels, or give another platemap.",
        )
    wells = plate.imaged
    if config.wells:
        wells = wells.loc[[well for well in select_wells(config.wells, plate) if well in wells.index]]
    is_control = wells["role"] == "negative_control"
    label = wells[config.labels].astype(str).str.strip()
    nameless = label.str.lower().isin(_NO_LABEL) | (wells["role"] == "empty")
    label = label.mask(nameless | (is_control & (not config.label_controls)), "")
    table = pd.DataFrame({"label": label, "is_control": is_control})
    return table[(table["label"] != "") | table["is_control"]]
