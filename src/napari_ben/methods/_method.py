"""What a method is: which images form the statistics, and how much each counts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["ControlWeight", "Method"]

#: Share of the controls in the statistics, 0–1, or "count" to let every image count once.
ControlWeight = float | Literal["count"]

Weigher = Callable[[NDArray[np.bool_], ControlWeight], NDArray[np.float64]]


@dataclass(frozen=True)
class Method:
    """One published way of letting statistics follow the plate.

    Parameters
    ----------
    name
        As in run files and on the command line.
    title
        As shown to people.
    sentence
        What it does, in one sentence.
    default_context
        The wells it was published with; None when it has no context of its own.
    uses_queries
        Whether images outside the context take part in the statistics.
    weigher
        Does the work of :meth:`weigh`.
    in_sets
        Whether the plate is cut into sets of the size of training, each with statistics of its own.
    """

    name: str
    title: str
    sentence: str
    default_context: Literal["plate", "controls"] | None
    uses_queries: bool
    weigher: Weigher
    in_sets: bool = False

    def weigh(self, in_context: NDArray[np.bool_], weight: ControlWeight = "count") -> NDArray[np.float64]:
        """How much each image counts in the statistics.

        Parameters
        ----------
        in_context
            (n,) bool, which images lie in the context's wells.
        weight
            Share of the context in the statistics; only methods that use queries look at it.

        Returns
        -------
        numpy.ndarray
            (n,) float64; zero where an image takes no part.

        Raises
        ------
        MethodError
            When the method cannot work with this context or weight.
        """
        return self.weigher(np.asarray(in_context, bool), weight)
