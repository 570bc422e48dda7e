"""Controls only: the statistics of the plate's negative controls, applied to all its images.

The inductive member of the family: untouched by how many treated wells of which kind a plate holds, and usable for
images that come later; noisier when controls are few.
"""

import numpy as np
from numpy.typing import NDArray

from napari_ben.methods._method import ControlWeight, Method

__all__ = ["METHOD"]


def weigh(in_context: NDArray[np.bool_], _weight: ControlWeight) -> NDArray[np.float64]:
    """Every control counts once."""
    return in_context.astype(np.float64)


METHOD = Method(
    name="controls",
    title="Controls only",
    sentence="The statistics come from the control wells alone, whatever else is on the plate.",
    default_context="controls",
    uses_queries=False,
    weigher=weigh,
)
