"""Finished wells and what is known about them, put together as predictions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.plates import Plate
from napari_ben.results import RESERVED_COLUMNS, Predictions
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._progress import FieldBatch
from napari_ben.workflow._record import record_run

_OWN_COLUMNS = ("well", "site", *RESERVED_COLUMNS)


def gather(plan: Plan, finished: Sequence[FieldBatch], *, is_complete: bool) -> Predictions:
    """Put finished wells together.

    Parameters
    ----------
    plan
        What was run.
    finished
        Its batches, in the order in which they came.
    is_complete
        Whether these are all.
    """
    rows = _stack([batch.rows for batch in finished], (0,), np.int64)
    fields, wells = _in_order(plan, rows, [well for batch in finished for well in batch.wells])
    rows = rows[fields]
    card = plan.model.card
    return Predictions(
        plate_name=plan.plate.name,
        classes=card.classes,
        logits=_stack([batch.logits for batch in finished], (0, len(card.classes)), np.float32)[fields],
        embeddings=_stack([batch.embeddings for batch in finished], (0, card.embedding_size), np.float32)[fields],
        well_logits=_stack([batch.well_logits for batch in finished], (0, len(card.classes)), np.float32)[wells],
        index=field_index(plan.plate, rows, plan.context_rows),
        run=record_run(plan, finished, is_complete=is_complete),
        reducer=plan.config.reducer,
        complete=is_complete,
        statistics=finished[0].circumstances.statistics if finished else None,
        design=plan.config.design,
    )


def _in_order(plan: Plan, rows: NDArray[np.int64], wells: list[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Say which finished field, and which finished well, comes first, second and so on in the plan."""
    place = {int(row): number for number, row in enumerate(plan.rows)}
    of_well = {well: number for number, well in enumerate(plan.wells)}
    return (
        np.argsort([place[int(row)] for row in rows], kind="stable"),
        np.argsort([of_well[well] for well in wells], kind="stable"),
    )


def _stack(parts: list[NDArray[Any]], empty_shape: tuple[int, ...], dtype: type) -> NDArray[Any]:
    return np.concatenate([np.zeros(empty_shape, dtype), *parts])


def field_index(plate: Plate, rows: NDArray[np.int64], context_rows: NDArray[np.int64]) -> pd.DataFrame:
    """Give one row a field: where it lies, its well's platemap, whether it spoke for the context."""
    fields = plate.fields.iloc[rows]
    wells = plate.wells.drop(columns="n_fields").loc[fields["well"]].reset_index(drop=True)
    index = pd.DataFrame({"well": fields["well"].to_numpy(), "site": fields["field"].to_numpy()})
    platemap = wells.rename(columns={name: f"{name}_platemap" for name in wells if _clashes(str(name))})
    return pd.concat([index, platemap], axis=1).assign(in_context=np.isin(rows, context_rows))


def _clashes(name: str) -> bool:
    return name in _OWN_COLUMNS or name.startswith("prob_")
