"""No adaptation: the network normalises with the statistics of its training.

The baseline of every comparison (plain empirical risk minimisation). The prediction of an image depends on it alone.
"""

import numpy as np
from numpy.typing import NDArray

from napari_ben.methods._method import ControlWeight, Method

__all__ = ["METHOD"]


def weigh(in_context: NDArray[np.bool_], _weight: ControlWeight) -> NDArray[np.float64]:
    """No image takes part."""
    return np.zeros(len(in_context))


METHOD = Method(
    name="none",
    title="No adaptation",
    sentence="The model keeps the statistics of its training; nothing is taken from this plate.",
    default_context=None,
    uses_queries=False,
    weigher=weigh,
)
