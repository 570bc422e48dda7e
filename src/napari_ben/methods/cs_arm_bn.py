"""CS-ARM-BN: control-stabilised adaptive risk minimisation by BatchNorm (arXiv 2604.20824, ICML 2026).

Controls and queries form the statistics together. Counting lets the controls' share drift with the number of queries
that happen to be on the plate; a fixed share w keeps it where it was in training:

    μ = w μ_c + (1−w) μ_q      σ² = w (σ_c² + (μ_c−μ)²) + (1−w) (σ_q² + (μ_q−μ)²)

which is what weights summing to w over the controls and to 1−w over the queries give at every layer. The published
training batch holds 128 controls and 64 queries: w = 2/3.
"""

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import MethodError
from napari_ben.methods._method import ControlWeight, Method

__all__ = ["DEFAULT_CONTROL_WEIGHT", "METHOD"]

DEFAULT_CONTROL_WEIGHT = 2 / 3


def weigh(in_context: NDArray[np.bool_], weight: ControlWeight) -> NDArray[np.float64]:
    """Weights of controls (the context) sum to ``weight``, those of queries to the rest."""
    n_controls = int(in_context.sum())
    n_queries = len(in_context) - n_controls
    if n_controls == 0:
        raise MethodError(
            f"CS-ARM-BN needs controls, and none of the {len(in_context)} images is one.",
            "Choose control wells as the context, or the method 'ben'.",
        )
    if weight == "count":
        return np.ones(len(in_context))
    _check(weight)
    if n_queries == 0:
        return np.full(n_controls, 1 / n_controls)
    return np.where(in_context, weight / n_controls, (1 - weight) / n_queries)


def _check(weight: float) -> None:
    if not (isinstance(weight, (int, float)) and 0 <= weight <= 1):
        raise MethodError(
            f"The control weight is {weight!r}; a number from 0 to 1, or 'count', is allowed.",
            f"Give the share that controls had in training (published: {DEFAULT_CONTROL_WEIGHT:.3g}).",
        )


METHOD = Method(
    name="cs-arm-bn",
    title="CS-ARM-BN",
    sentence="Controls and all other images form the statistics, the controls with a fixed share.",
    default_context="controls",
    uses_queries=True,
    weigher=weigh,
)
