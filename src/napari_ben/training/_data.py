"""Images and labels of a training run, in memory and ready for the network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import ArgumentError
from napari_ben.models import ChannelStatistics, ModelCard, Scaling, Tiling, map_channels, prepare_image
from napari_ben.plates import Plate
from napari_ben.training._config import TrainingConfig
from napari_ben.training._fields import list_fields
from napari_ben.training._scaling import measure_plates, measure_scaling

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
    fields
        (N,) int64, number of the field that the image, or tile, is of; None where each is one.
    experiments
        Of each of `plate_names`; empty where nobody said.
    offsets
        (n_plates, C) float64, mean over deviation of each plate's channels where these scaled the pixels, else None.
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
    fields: NDArray[np.int64] | None = None
    experiments: tuple[str, ...] = ()
    offsets: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def is_labelled(self) -> NDArray[np.bool_]:
        """(N,) bool."""
        labelled: NDArray[np.bool_] = self.labels != UNLABELLED
        return labelled


def collect_data(
    plates: Sequence[Plate], config: TrainingConfig, experiments: Mapping[str, str] | None = None
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
    own = _plate_statistics(plates, orders, config, experiments or {})
    card = ModelCard(
        name="draft",
        architecture="none",
        channels=channels,
        classes=classes,
        scaling=measure_scaling(sources, config),
        tiling=config.tiling or Tiling(size=plates[0].shape),
        embedding_size=1,
    )
    inputs = [
        prepare_image(plate.read_field(row, order), card, own[number] if own else None)
        for number, (plate, row, order) in zip(fields["plate"], sources, strict=True)
    ]
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
        fields=rows.index.to_numpy(np.int64),
        experiments=tuple((experiments or {}).get(plate.name, "") for plate in plates) if experiments else (),
        offsets=np.array([mean / np.where(std > 0, std, 1) for mean, std in own]) if own else None,
    )


def _plate_statistics(
    plates: Sequence[Plate], orders: Sequence[tuple[int, ...]], config: TrainingConfig, experiments: Mapping[str, str]
) -> list[ChannelStatistics]:
    """Pixel statistics for each plate; none unless they are what scales the pixels."""
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


def _join(inputs: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Concatenate and empty the list on the way, so that the images are in memory once and not twice."""
    joined = np.empty((sum(map(len, inputs)), *inputs[0].shape[1:]), np.float32)
    end = len(joined)
    while inputs:
        tiles = inputs.pop()
        joined[end - len(tiles) : end] = tiles
        end -= len(tiles)
    return joined
