"""Images and labels of a training run, in memory and ready for the network."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_ben.models import ModelCard, Scaling, Tiling, map_channels, prepare_image
from napari_ben.plates import Plate
from napari_ben.training._config import TrainingConfig
from napari_ben.training._fields import list_fields
from napari_ben.training._scaling import measure_scaling

__all__ = ["UNLABELLED", "TrainingData", "collect_data"]

UNLABELLED = -1


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
    fields = list_fields(plates, config)
    channels = config.channels or plates[0].channels
    orders = [map_channels(channels, plate.channels) for plate in plates]
    sources = [(plates[plate], row, orders[plate]) for plate, row in zip(fields["plate"], fields["row"], strict=True)]
    classes = tuple(sorted(set(fields["label"]) - {""}))
    card = ModelCard(
        name="draft",
        architecture="none",
        channels=channels,
        classes=classes,
        scaling=measure_scaling(sources, config.scaling),
        tiling=config.tiling or Tiling(size=plates[0].shape),
        embedding_size=1,
    )
    inputs = [prepare_image(plate.read_field(row, order), card) for plate, row, order in sources]
    rows = fields.loc[fields.index.repeat([len(tiles) for tiles in inputs])]
    numbers = {name: number for number, name in enumerate(classes)} | {"": UNLABELLED}
    return TrainingData(
        images=_join(inputs),
        labels=rows["label"].map(numbers).to_numpy(np.int64),
        is_control=rows["is_control"].to_numpy(bool),
        plates=rows["plate"].to_numpy(np.int64),
        wells=rows["well"].to_numpy(str),
        plate_names=tuple(plate.name for plate in plates),
        classes=classes,
        channels=channels,
        scaling=card.scaling,
        tiling=card.tiling,
    )


def _join(inputs: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Concatenate and empty the list on the way, so that the images are in memory once and not twice."""
    joined = np.empty((sum(map(len, inputs)), *inputs[0].shape[1:]), np.float32)
    end = len(joined)
    while inputs:
        tiles = inputs.pop()
        joined[end - len(tiles) : end] = tiles
        end -= len(tiles)
    return joined
