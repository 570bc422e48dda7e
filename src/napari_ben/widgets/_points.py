"""What the embedding panel shows of a session: one point a field, coloured by any column."""

import numpy as np
from numpy.typing import NDArray

from napari_ben.plates import Plate
from napari_ben.results import Predictions
from napari_ben.session import SessionState
from napari_ben.widgets._embedding_data import NOTHING, EmbeddingData
from napari_ben.widgets._looks import fill
from napari_ben.widgets._palette import MISSING_COLOUR


def placed(state: SessionState) -> Predictions | None:
    """Give the predictions whose points are shown: the latest, or until their layout is there the ones before.

    Points that wait stand where they stood, and then move; they do not go and come back elsewhere.
    """
    now, before = state.predictions, state.placed
    is_waiting = state.run.is_busy or bool(state.layout_note)
    if now is None or before is None or not is_waiting or state.layout in now.layouts:
        return now
    return before if state.layout in before.layouts else now


def shown_layout(state: SessionState) -> str:
    """Name the layout that is shown: the one asked for, else the one that is there, else none."""
    predictions = placed(state)
    layouts = predictions.layouts if predictions is not None else {}
    return state.layout if state.layout in layouts else next(iter(layouts), "")


def points(state: SessionState) -> EmbeddingData:
    """Give the points of a state; nothing while there is no layout."""
    predictions, layout = placed(state), shown_layout(state)
    if predictions is None or not layout:
        return NOTHING
    colours = fill(state, state.points_by)
    wells = predictions.index["well"].astype(str)
    return EmbeddingData(
        xy=predictions.layouts[layout].astype(np.float32),
        colours=tuple(colours.colours.get(well) or MISSING_COLOUR for well in wells),
        groups=tuple(colours.groups.get(well, "") for well in wells) if colours.groups else (),
        in_context=predictions.index["in_context"].to_numpy(bool),
        legend=colours.legend,
        title=layout,
        subject=f"{state.source} {predictions.plate_name}",
    )


def points_of(predictions: Predictions, wells: tuple[str, ...]) -> NDArray[np.intp]:
    """Give the points that lie in wells."""
    return np.flatnonzero(predictions.index["well"].isin(list(wells)))


def wells_of(predictions: Predictions, chosen: NDArray[np.intp]) -> tuple[str, ...]:
    """Give the wells of points."""
    return tuple(predictions.index["well"].iloc[chosen].astype(str).unique())


def point_words(predictions: Predictions, point: int) -> str:
    """Write what hovering over a point says: well and field, treatment, prediction."""
    row = predictions.fields.iloc[point]
    lines = [
        f"{row['well']} · field {row['site']}",
        str(row["treatment"]),
        f"{row['pred_class']} {row['confidence']:.2f}",
    ]
    return "\n".join(line for line in lines if line)


def field_row(plate: Plate, predictions: Predictions, point: int) -> int | None:
    """Give the row of ``plate.fields`` that a point is; None when the plate no longer has it."""
    where = predictions.index.iloc[point]
    rows = np.flatnonzero((plate.fields["well"] == where["well"]) & (plate.fields["field"] == where["site"]))
    return int(rows[0]) if rows.size else None
