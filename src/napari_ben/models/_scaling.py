"""Camera counts to network input: one rule, kept with the weights.

A network sees pixels only after the rule it was trained with, so the rule belongs to the model card and not to
the plate. `percentile` is integer-exact with the published CS-ARM-BN predictor, because an 8-bit detour that truncates
is not the same as a division: the order "times (255 / threshold), clip, truncate" is part of the rule.
"""

from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from napari_ben.errors import ArgumentError, ChannelError, PlateError

__all__ = ["ChannelStatistics", "Scaling", "scale_image"]


class ChannelStatistics(NamedTuple):
    """Mean and standard deviation of each channel over the images of one plate, in camera counts.

    Parameters
    ----------
    mean, std
        (C,) float64, in the model's channel order.
    """

    mean: NDArray[np.float64]
    std: NDArray[np.float64]


class Scaling(BaseModel):
    """How a network wants its pixels.

    Parameters
    ----------
    kind
        ``range``: ``limits`` become 0–1, without clipping. ``percentile``: zero to the smallest of the brightest
        pixels becomes 0–255, clipped, truncated to 8 bits, then 0–1 (CS-ARM-BN). ``image``: each channel of each
        image to mean 0 and standard deviation 1 (WILDS). ``plate``: the same with the plate's mean and deviation
        (DeepNoise).
    limits
        Camera counts that become 0 and 1; only for ``range``.
    brightest
        Share of pixels that count as brightest; only for ``percentile``.
    mean, std
        One number a channel, subtracted and divided by after the 0–1 of ``range`` and ``percentile``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Literal["range", "percentile", "image", "plate"] = "image"
    limits: tuple[float, float] | None = None
    brightest: float = Field(default=1e-4, gt=0, lt=1)
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None

    @model_validator(mode="after")
    def _refuse_what_does_not_fit(self) -> Self:
        if (self.kind == "range") != (self.limits is not None):
            message = "limits go with kind='range', and with that kind only"
            raise ValueError(message)
        if self.limits is not None and self.limits[0] >= self.limits[1]:
            message = f"limits must rise, not {self.limits}"
            raise ValueError(message)
        if (self.mean is None) != (self.std is None) or len(self.mean or ()) != len(self.std or ()):
            message = "mean and std come together, one number a channel each"
            raise ValueError(message)
        if self.mean is not None and self.kind in ("image", "plate"):
            message = f"kind={self.kind!r} takes its mean and std from the images, not from the card"
            raise ValueError(message)
        if any(value <= 0 for value in self.std or ()):
            message = "std must be above zero"
            raise ValueError(message)
        return self


def scale_image(
    image: NDArray[np.generic], scaling: Scaling, plate: ChannelStatistics | None = None
) -> NDArray[np.float32]:
    """Network input of one field, before it is cut to size.

    Parameters
    ----------
    image
        (C, Y, X) camera counts, any real dtype, in the model's channel order.
    scaling
        The model card's rule.
    plate
        The plate's statistics; needed by ``kind="plate"`` only.

    Returns
    -------
    (C, Y, X) float32; a constant channel gives zeros before ``mean`` and ``std``, and after ``image`` and ``plate``.

    Raises
    ------
    PlateError
        The image holds NaN or infinite pixels.
    ChannelError
        The card's ``mean`` names another number of channels.
    ArgumentError
        ``kind="plate"`` without the plate's statistics.
    """
    _refuse_unusable(image)
    if scaling.kind == "image":
        return _standardize(image, _image_statistics(image))
    if scaling.kind == "plate":
        if plate is None:
            raise ArgumentError(
                "This model scales pixels with the plate's own mean and deviation, but none were given.",
                "Measure them over the plate and pass them as plate=.",
            )
        return _standardize(image, plate)
    unit = _by_brightest(image, scaling.brightest) if scaling.kind == "percentile" else _by_range(image, scaling)
    return _by_card(unit, scaling)


def _refuse_unusable(image: NDArray[np.generic]) -> None:
    if image.ndim != 3 or 0 in image.shape:
        raise PlateError(
            f"An image has the shape {image.shape}; (channels, height, width) without an empty axis is needed.",
            "Check the field with napari-ben info.",
        )
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        count = int(np.count_nonzero(~np.isfinite(image)))
        raise PlateError(
            f"An image holds {count} pixels that are NaN or infinite, out of {image.size}.",
            "Leave its well out of the selection, or write the image again with finite values.",
        )


def _image_statistics(image: NDArray[np.generic]) -> ChannelStatistics:
    """Mean and sample deviation (n - 1, as WILDS computes it) of each channel; exactly 0 for a constant channel."""
    pixels = image.reshape(len(image), -1).astype(np.float64)
    constant = pixels.min(axis=1) == pixels.max(axis=1)
    mean = np.where(constant, pixels[:, 0], pixels.mean(axis=1))
    centred = pixels - mean[:, None]
    std = np.sqrt(np.einsum("ij,ij->i", centred, centred) / max(1, pixels.shape[1] - 1))
    return ChannelStatistics(mean, std)


def _standardize(image: NDArray[np.generic], statistics: ChannelStatistics) -> NDArray[np.float32]:
    mean = np.asarray(statistics.mean, dtype=np.float64)[:, None, None]
    std = np.asarray(statistics.std, dtype=np.float64)[:, None, None]
    scaled: NDArray[np.float32] = ((image.astype(np.float64) - mean) / np.where(std == 0, 1.0, std)).astype(np.float32)
    return scaled


def _by_range(image: NDArray[np.generic], scaling: Scaling) -> NDArray[np.float32]:
    low, high = scaling.limits or (0.0, 1.0)
    return ((image.astype(np.float32) - np.float32(low)) / np.float32(high - low)).astype(np.float32)


def _by_brightest(image: NDArray[np.generic], share: float) -> NDArray[np.float32]:
    """Zero to the smallest of the brightest pixels becomes 0–1 in 256 steps (methods.md, CS-ARM-BN pre-processing)."""
    pixels = image.reshape(len(image), -1)
    count = max(1, round(pixels.shape[1] * share))
    threshold = np.partition(pixels, -count, axis=1)[:, -count].astype(np.float64)
    factor = np.divide(255.0, threshold, out=np.zeros_like(threshold), where=threshold > 0)
    bytes_ = np.clip(image.astype(np.float64) * factor[:, None, None], 0, 255).astype(np.uint8)
    return bytes_.astype(np.float32) / np.float32(255)


def _by_card(unit: NDArray[np.float32], scaling: Scaling) -> NDArray[np.float32]:
    if scaling.mean is None or scaling.std is None:
        return unit
    if len(scaling.mean) != len(unit):
        raise ChannelError(
            f"The image has {len(unit)} channels, but the model scales {len(scaling.mean)}.",
            "Map the plate's channels to the model's first.",
        )
    mean = np.array(scaling.mean, dtype=np.float32)[:, None, None]
    std = np.array(scaling.std, dtype=np.float32)[:, None, None]
    return (unit - mean) / std
