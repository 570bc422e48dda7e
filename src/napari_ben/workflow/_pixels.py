"""A plate's own pixel mean and deviation, for models that are scaled by them (DeepNoise, arXiv 2209.05772)."""

from collections.abc import Generator

import numpy as np

from napari_ben.errors import PlateError
from napari_ben.models import ChannelStatistics, PixelMoments
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._progress import Progress


def measure_pixels(plan: Plan) -> Generator[Progress, None, ChannelStatistics]:
    """Measure each of the model's channels over the whole plate, empty and excluded wells left out.

    A field that cannot be read does not count.

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
    moments: PixelMoments | None = None
    for done, row in enumerate(rows):
        yield Progress(done, len(rows), "images", "pixels")
        try:
            image = plan.plate.read_field(int(row), plan.channels)
        except PlateError:  # it is stated when it is to be predicted
            continue
        if not np.isfinite(image).all():  # stated likewise
            continue
        moments = PixelMoments.of(image) if moments is None else moments | PixelMoments.of(image)
    if moments is None:
        raise PlateError(f"No field of plate {plan.plate.name!r} can be read.", "Look at its files.")
    return moments.statistics()
