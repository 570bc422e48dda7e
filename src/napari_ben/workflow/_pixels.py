"""A plate's own pixel mean and deviation, for models that are scaled by them (DeepNoise, arXiv 2209.05772)."""

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import PlateError
from napari_ben.models import ChannelStatistics
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._progress import Progress


def measure_pixels(plan: Plan) -> Generator[Progress, None, ChannelStatistics]:
    """Measure each of the model's channels over the whole plate, empty and excluded wells left out.

    Fields are merged by the pairwise formula of Chan, Golub and LeVeque (1983), in float64. A field that cannot be read
    does not count.

    Yields
    ------
    Progress
        Stage ``pixels``.

    Raises
    ------
    PlateError
        When no field can be read.
    """
    rows = plan.pixel_rows
    count, mean, deviation = 0, np.zeros(len(plan.channels)), np.zeros(len(plan.channels))
    for done, row in enumerate(rows):
        yield Progress(done, len(rows), "images", "pixels")
        try:
            image = plan.plate.read_field(int(row), plan.channels)
        except PlateError:  # it is stated when it is to be predicted
            continue
        if not np.isfinite(image).all():  # stated likewise
            continue
        pixels = image.reshape(len(image), -1).astype(np.float64)
        count, mean, deviation = _merge((count, mean, deviation), pixels)
    if not count:
        raise PlateError(f"No field of plate {plan.plate.name!r} can be read.", "Look at its files.")
    return ChannelStatistics(mean, np.sqrt(deviation / count))


_Moments = tuple[int, NDArray[np.float64], NDArray[np.float64]]


def _merge(moments: _Moments, pixels: NDArray[np.float64]) -> _Moments:
    count, mean, deviation = moments
    own = pixels.mean(axis=1)
    squares = ((pixels - own[:, None]) ** 2).sum(axis=1)
    total = count + pixels.shape[1]
    shift = own - mean
    merged = deviation + squares + shift**2 * count * pixels.shape[1] / total
    return total, mean + shift * pixels.shape[1] / total, merged
