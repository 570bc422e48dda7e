"""Whether what is promised of a plate's layout can be kept."""

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import MethodError
from napari_ben.models import Model
from napari_ben.plates import Plate
from napari_ben.results import OUTSIDE_THE_DESIGN, Design
from napari_ben.workflow._config import PredictConfig


def refuse_design(plate: Plate, rows: NDArray[np.int64], model: Model, config: PredictConfig) -> None:
    """Refuse a layout that names unknown classes, or has fewer places than there are wells to assign.

    Raises
    ------
    MethodError
        Saying which.
    """
    if config.design is None:
        return
    _refuse_unknown_classes(model, config.design)
    if config.design.prior == "balance":
        return
    wells = plate.wells.loc[plate.fields["well"].iloc[rows].unique()]
    n_wells = int((~wells["role"].isin(OUTSIDE_THE_DESIGN)).sum())
    n_places = sum(config.design.places(model.card.classes))
    if n_wells > n_places:
        raise MethodError(
            f"{n_wells} treated wells of plate {plate.name!r} cannot be assigned to {len(model.card.classes)} classes "
            f"that stand on it {n_places} times together.",
            "Correct per_plate, predict fewer wells, or use the prior 'balance'.",
        )


def _refuse_unknown_classes(model: Model, design: Design) -> None:
    named = [] if isinstance(design.per_plate, int) else sorted(set(design.per_plate) - set(model.card.classes))
    if named or not any(design.places(model.card.classes)):
        raise MethodError(
            f"The layout names {named[0] if named else 'no class'!r}, but {model.card.name!r} knows "
            f"{', '.join(model.card.classes[:6])}{', …' if len(model.card.classes) > 6 else ''}.",
            "Write the classes as the model does.",
        )
