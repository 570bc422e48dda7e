"""The training methods: a name, and how it draws its batches."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import ArgumentError
from napari_ben.training._batches import Batch, Pool
from napari_ben.training._ben import draw_ben
from napari_ben.training._config import TrainingConfig, TrainingMethod
from napari_ben.training._cs_arm_bn import draw_cs_arm_bn
from napari_ben.training._data import TrainingData
from napari_ben.training._erm import draw_erm

__all__ = ["RECIPES", "Recipe", "make_pool"]


@dataclass(frozen=True)
class Recipe:
    """A training method.

    Parameters
    ----------
    draw
        Gives the steps of one epoch; the gradients of a step's batches are summed.
    adapts
        Whether statistics follow the plate at validation, as they do in training.
    uses_controls
        Whether controls are in the batch beside the queries.
    """

    draw: Callable[[Pool, TrainingConfig, np.random.Generator], Iterator[list[Batch]]]
    adapts: bool
    uses_controls: bool


RECIPES: dict[TrainingMethod, Recipe] = {
    "erm": Recipe(draw_erm, adapts=False, uses_controls=False),
    "ben": Recipe(draw_ben, adapts=True, uses_controls=False),
    "cs-arm-bn": Recipe(draw_cs_arm_bn, adapts=True, uses_controls=True),
}


def make_pool(data: TrainingData, in_training: NDArray[np.bool_], config: TrainingConfig) -> Pool:
    """Rows that may be drawn, by plate; plates without a labelled row are left out.

    Raises
    ------
    ArgumentError
        A plate has no negative controls, and the method needs them; or nothing is left to train on.
    """
    recipe = RECIPES[config.method]
    queries, controls = [], []
    for number, name in enumerate(data.plate_names):
        here = in_training & (data.plates == number)
        if not (here & data.is_labelled).any():
            continue
        if recipe.uses_controls and not (here & data.is_control).any():
            raise ArgumentError(
                f"Plate {name!r} has no negative controls among the training wells, but {config.method!r} needs them.",
                "Mark its controls in the platemap, widen the selection of wells, or train with 'ben' or 'erm'.",
            )
        queries.append(np.flatnonzero(here & data.is_labelled))
        controls.append(np.flatnonzero(here & data.is_control))
    if not queries:
        raise ArgumentError("No labelled images are left to train on.", "Hold out fewer plates or wells.")
    return Pool(tuple(queries), tuple(controls), data.labels)
