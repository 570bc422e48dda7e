"""Which images of a plate a run predicts, and which it takes statistics from."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.errors import ContextError, SelectionError
from napari_ben.evaluation import stratified_subset
from napari_ben.models import Model
from napari_ben.plates import Context, Plate, select_wells
from napari_ben.workflow._config import PredictConfig

__all__ = ["rows_of_context", "rows_of_pixels", "rows_of_queries", "rows_to_predict"]


def rows_to_predict(plate: Plate, config: PredictConfig, is_complete: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Rows of the fields to predict, well by well.

    Raises
    ------
    SelectionError
        When none of the wells asked for has a usable image.
    """
    wells = plate.imaged.index if config.wells is None else select_wells(config.wells, plate)
    rows = _in_well_order(plate, wells)
    rows = rows[is_complete[rows]]
    if not len(rows):
        raise SelectionError(
            f"The wells to predict ({config.wells or 'all'}) have no usable image on plate {plate.name!r}.",
            "Choose wells with images.",
        )
    return rows


def rows_of_context(
    plate: Plate, context: Context | None, config: PredictConfig, is_complete: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Rows of the fields that form the context's statistics: all of its wells, or a stratified subset.

    Raises
    ------
    ContextError
        When there are fewer than two.
    """
    if context is None:
        return np.zeros(0, dtype=np.int64)
    own = _in_well_order(plate, context.wells)
    own = own[is_complete[own]]
    if len(own) < 2:
        raise ContextError(
            f"The context {context.text!r} has {len(own)} images with all of the model's channels; statistics need at "
            f"least 2.",
            "Choose more wells, or a model that needs fewer channels.",
        )
    if config.context_images is None:
        return own
    controls = plate.wells.index[plate.wells["role"] == "negative_control"]
    wells = plate.fields["well"].iloc[own]
    return own[stratified_subset(list(wells), config.context_images, first=list(controls), seed=config.seed)]


def rows_of_queries(plate: Plate, rows: NDArray[np.int64], context: Context) -> NDArray[np.int64]:
    """Rows of fields to predict that may speak for the plate: of no context, no empty and no excluded well."""
    usable = _usable(plate, rows)
    return usable[~np.isin(usable, plate.rows_of(context.wells))]


def rows_of_pixels(plate: Plate, model: Model, is_complete: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Rows of the fields that a plate's pixels are scaled by; none where the model does not ask for it."""
    if model.card.scaling.kind != "plate":
        return np.zeros(0, dtype=np.int64)
    rows = np.flatnonzero(is_complete).astype(np.int64)
    return _usable(plate, rows)


def _in_well_order(plate: Plate, wells: Sequence[str] | pd.Index) -> NDArray[np.int64]:
    rows = plate.rows_of(wells)
    rank = pd.Series(np.arange(len(plate.wells)), index=plate.wells.index)
    order = np.argsort(rank.loc[plate.fields["well"].iloc[rows]].to_numpy(), kind="stable")
    return rows[order].astype(np.int64)


def _usable(plate: Plate, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Keep the rows that lie in no empty and no excluded well."""
    wells = plate.wells.loc[plate.fields["well"].iloc[rows]]
    return rows[((wells["role"] != "empty") & ~wells["excluded"].astype(bool)).to_numpy()]
