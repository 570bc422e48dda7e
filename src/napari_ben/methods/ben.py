"""BEN: batch effects normalization (Lin & Lu 2022; proceedings.mlr.press/v200/lin22a.html).

The whole plate is one training-mode batch: every image of it counts once. Images of the plate are
seen jointly, and a plate of unusual composition shifts its own statistics.
"""

import numpy as np
from numpy.typing import NDArray

from napari_ben.methods._method import ControlWeight, Method

__all__ = ["METHOD"]


def weigh(in_context: NDArray[np.bool_], _weight: ControlWeight) -> NDArray[np.float64]:
    """Every image of the context counts once."""
    return in_context.astype(np.float64)


METHOD = Method(
    name="ben",
    title="BEN",
    sentence="The whole plate is normalised as one batch, every image counting once.",
    default_context="plate",
    uses_queries=False,
    weigher=weigh,
)
