"""A field as the network wants it: brought to one size where the card says so, scaled, then cut."""

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import ChannelError
from napari_ben.models._card import ModelCard
from napari_ben.models._scaling import ChannelStatistics, Unscaled, scale_image, to_unscaled
from napari_ben.models._tiling import resample_field, tile_image

__all__ = ["prepare_image", "prepare_unscaled"]


def prepare_image(
    image: NDArray[np.generic], card: ModelCard, plate: ChannelStatistics | None = None
) -> NDArray[np.float32]:
    """Network inputs of one field.

    Parameters
    ----------
    image
        (C, Y, X) camera counts, channels in the model's order (`map_channels`).
    card
        The model's.
    plate
        The plate's channel statistics, for models that scale with them.

    Returns
    -------
    (k, C, y, x) float32; k is 1 unless the card asks for tiles.

    Raises
    ------
    ChannelError
        Another number of channels than the model has.
    PlateError
        NaN or infinite pixels.
    """
    return tile_image(scale_image(_resample(image, card), card.scaling, plate), card.tiling)


def prepare_unscaled(image: NDArray[np.generic], card: ModelCard, plate: ChannelStatistics | None = None) -> Unscaled:
    """Take all but the last step of `prepare_image`, with whose arguments and errors.

    Returns
    -------
    Its ``pixels`` are (k, C, y, x). Pixels that were resized are in between of any two steps: they have been scaled.
    """
    if card.tiling.fit == "resize":
        n_channels = len(card.channels)
        return Unscaled(prepare_image(image, card, plate), np.zeros(n_channels), np.ones(n_channels))
    pixels, zero, unit = to_unscaled(_resample(image, card), card.scaling, plate)
    return Unscaled(tile_image(pixels, card.tiling), zero, unit)


def _resample(image: NDArray[np.generic], card: ModelCard) -> NDArray[np.generic]:
    if len(image) != len(card.channels):
        raise ChannelError(
            f"The image has {len(image)} channels, but {card.name!r} takes "
            f"{len(card.channels)}: {', '.join(card.channels)}.",
            "Map the plate's channels to the model's first.",
        )
    return image if card.field_size is None else resample_field(image, card.field_size)
