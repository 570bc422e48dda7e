"""The training methods: a name, how it draws its batches, and what its statistics come from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import ArgumentError
from napari_ben.training._arm_bn import draw_arm_bn
from napari_ben.training._arm_cml import draw_arm_cml
from napari_ben.training._batches import Batch, Pool
from napari_ben.training._ben import draw_ben
from napari_ben.training._config import TrainingConfig, TrainingMethod
from napari_ben.training._controls import draw_controls
from napari_ben.training._cs_arm_bn import draw_cs_arm_bn
from napari_ben.training._data import TrainingData
from napari_ben.training._erm import draw_erm
from napari_ben.training._simclr import draw_minclr, draw_simclr

__all__ = ["RECIPES", "Recipe", "make_pool"]


@dataclass(frozen=True)
class Recipe:
    """A training method.

    Parameters
    ----------
    draw
        Gives the steps of one epoch; the gradients of a step's batches are summed.
    context
        What the statistics are taken from at validation, as in training: nothing of the plate, the ``plate``, ``sets``
        of the size of a batch, the ``controls``, or controls and queries as a ``mixture``.
    is_contrastive
        Whether it learns without labels.
    """

    draw: Callable[[Pool, TrainingConfig, np.random.Generator], Iterator[list[Batch]]]
    context: Literal["none", "plate", "sets", "controls", "mixture"]
    is_contrastive: bool = False

    @property
    def uses_controls(self) -> bool:
        """Whether controls are in the batch beside the queries."""
        return self.context in ("controls", "mixture")

    def control_weight(self, config: TrainingConfig) -> float | None:
        """Share of the controls in the statistics; None when they have none of their own."""
        if self.context == "controls":
            return 1.0
        return config.control_weight if self.context == "mixture" else None

    def context_size(self, config: TrainingConfig) -> int | None:
        """Images that form the statistics of a batch; None when batches are mixed."""
        sizes = {"none": None, "controls": config.control_batch_size, "plate": config.batch_size}
        sizes |= {"sets": config.batch_size, "mixture": config.batch_size + config.control_batch_size}
        return sizes[self.context]


RECIPES: dict[TrainingMethod, Recipe] = {
    "erm": Recipe(draw_erm, "none"),
    "ben": Recipe(draw_ben, "plate"),
    "arm-bn": Recipe(draw_arm_bn, "sets"),
    "arm-cml": Recipe(draw_arm_cml, "sets"),
    "cs-arm-bn": Recipe(draw_cs_arm_bn, "mixture"),
    "controls": Recipe(draw_controls, "controls"),
    "simclr": Recipe(draw_simclr, "plate", is_contrastive=True),
    "minclr": Recipe(draw_minclr, "plate", is_contrastive=True),
}


def make_pool(data: TrainingData, in_training: NDArray[np.bool_], config: TrainingConfig) -> Pool:
    """Rows that may be drawn, by plate; plates without a labelled row are left out.

    Raises
    ------
    ArgumentError
        A plate has no negative controls, and the method needs them; a teacher has no unlabelled images; fields have no
        tiles to be compared; or nothing is left to train on.
    """
    if config.method == "minclr" and len(np.unique(_fields_of(data))) == len(data):
        raise ArgumentError(
            "'minclr' compares tiles of one field, and each field is one image here.",
            "Cut fields into tiles with tiling (--tile), about the size of a cell, or train with 'simclr'.",
        )
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
    return Pool(tuple(queries), tuple(controls), data.labels, _unlabelled(data, in_training, config), data.fields)


def _fields_of(data: TrainingData) -> NDArray[np.int64]:
    return np.arange(len(data)) if data.fields is None else data.fields


def _unlabelled(data: TrainingData, in_training: NDArray[np.bool_], config: TrainingConfig) -> NDArray[np.int64]:
    """Rows for a teacher: without a label, and no context either."""
    if config.teacher is None:
        return np.zeros(0, np.int64)
    rows = np.flatnonzero(in_training & ~data.is_labelled & ~data.is_control)
    if not len(rows):
        raise ArgumentError(
            "A teacher was asked for, but every image has a label.",
            "Name plates whose labels are not to be looked at in unlabelled_plates, or leave the teacher out.",
        )
    return rows.astype(np.int64)
