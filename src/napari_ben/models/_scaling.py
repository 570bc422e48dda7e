"""Camera counts to network input: one rule, kept with the weights.

A network sees pixels only after the rule it was trained with, so the rule belongs to the model card and not to
the plate. `percentile` is integer-exact with the published CS-ARM-BN predictor, because an 8-bit detour that truncates
is not the same as a division: the order "times (255 / threshold), clip, truncate" is part of the rule.

Every rule ends in a straight line for each channel of an image, so training can keep the integers before it and draw
the line where the network computes.
"""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from napari_ben.errors import ArgumentError, ChannelError, PlateError

__all__ = ["ChannelStatistics", "Scaling", "Unscaled", "scale_image", "to_unscaled"]

Counts = NDArray[np.float64]


class ChannelStatistics(NamedTuple):
    """Mean and standard deviation of each channel over the images of one plate, in camera counts.

    Parameters
    ----------
    mean, std
        (C,) float64, in the model's channel order.
    """

    mean: NDArray[np.float64]
    std: NDArray[np.float64]


class Unscaled(NamedTuple):
    """An image before the last step of its rule: network input = (pixels − zero) / unit.

    Parameters
    ----------
    pixels
        (…, C, Y, X), camera counts as stored, or the 256 steps of ``percentile`` as uint8.
    zero, unit
        (C,) float64.
    """

    pixels: NDArray[np.generic]
    zero: NDArray[np.float64]
    unit: NDArray[np.float64]


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
    over
        Whose pixels are measured together for ``plate``: those of a ``plate``, of an ``experiment``, or of all plates
        with one value of a platemap column, such as the cell type (DeepNoise compares the three).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: Literal["range", "percentile", "image", "plate"] = "image"
    limits: tuple[float, float] | None = None
    brightest: float = Field(default=1e-4, gt=0, lt=1)
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    over: str = Field(default="plate", min_length=1)

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
        if self.over != "plate" and self.kind != "plate":
            message = f"over={self.over!r} goes with kind='plate'"
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
    pixels, zero, unit = to_unscaled(image, scaling, plate)
    return _map_counts(pixels, lambda counts, channel: (counts - zero[channel]) / unit[channel])


def to_unscaled(image: NDArray[np.generic], scaling: Scaling, plate: ChannelStatistics | None = None) -> Unscaled:
    """Take all but the last step of `scale_image`, with whose arguments and errors."""
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
    if scaling.limits is not None:
        return _by_card(image, scaling.limits, scaling)
    return _by_card(_to_steps(image, scaling.brightest), (0, 255), scaling)


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
    mean, std = zip(*(_moments(channel.ravel()) for channel in image), strict=True)
    return ChannelStatistics(np.array(mean), np.array(std))


def _moments(pixels: NDArray[np.generic]) -> tuple[float, float]:
    if _is_countable(pixels):
        counts = np.bincount(pixels)
        levels = np.arange(len(counts), dtype=np.float64)
        mean = float(counts @ levels) / pixels.size
        squares = float(counts @ (levels - mean) ** 2)
    else:
        values = pixels.astype(np.float64)
        mean = float(values[0] if values.min() == values.max() else values.mean())
        squares = float(np.square(values - mean).sum())
    return mean, math.sqrt(squares / max(1, pixels.size - 1))


def _standardize(image: NDArray[np.generic], statistics: ChannelStatistics) -> Unscaled:
    return Unscaled(image, statistics.mean, np.where(statistics.std > 0, statistics.std, 1.0))


def _by_card(pixels: NDArray[np.generic], limits: tuple[float, float], scaling: Scaling) -> Unscaled:
    """Bring the limits to 0 and 1, and from there the card's mean and deviation to 0 and 1."""
    n_channels, (low, high) = len(pixels), limits
    mean, std = scaling.mean or (0.0,) * n_channels, scaling.std or (1.0,) * n_channels
    if len(mean) != n_channels:
        raise ChannelError(
            f"The image has {n_channels} channels, but the model scales {len(mean)}.",
            "Map the plate's channels to the model's first.",
        )
    return Unscaled(pixels, low + np.array(mean) * (high - low), np.array(std) * (high - low))


def _to_steps(image: NDArray[np.generic], share: float) -> NDArray[np.uint8]:
    """Zero to the smallest of the brightest pixels becomes 256 steps (pre-processing of CS-ARM-BN)."""
    n_brightest = max(1, round(image[0].size * share))
    thresholds = [_smallest_of_brightest(channel.ravel(), n_brightest) for channel in image]

    def to_steps(counts: Counts, channel: int) -> Counts:
        factor = 255 / thresholds[channel] if thresholds[channel] > 0 else 0.0
        return np.trunc(np.clip(counts * factor, 0, 255))

    return _map_counts(image, to_steps).astype(np.uint8)


def _smallest_of_brightest(pixels: NDArray[np.generic], n_brightest: int) -> float:
    if _is_countable(pixels):
        at_least = np.cumsum(np.bincount(pixels)[::-1])
        return float(len(at_least) - 1 - np.searchsorted(at_least, n_brightest))
    return float(np.partition(pixels, -n_brightest)[-n_brightest])


def _map_counts(image: NDArray[np.generic], rule: Callable[[Counts, int], Counts]) -> NDArray[np.float32]:
    """Apply a rule of counts and channel number: once a possible count and not once a pixel, where there are few."""
    scaled = np.empty(image.shape, dtype=np.float32)
    for number, channel in enumerate(image):
        if _is_countable(channel):
            table = rule(np.arange(np.iinfo(channel.dtype).max + 1, dtype=np.float64), number).astype(np.float32)
            np.take(table, channel, out=scaled[number], mode="clip")  # "raise" would copy
        else:
            scaled[number] = rule(channel.astype(np.float64), number)
    return scaled


def _is_countable(pixels: NDArray[np.generic]) -> bool:
    return bool(pixels.dtype in (np.uint8, np.uint16))
