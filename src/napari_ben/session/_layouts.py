"""How a run's points are laid out: from where those of the run before lie, field by field."""

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from napari_ben.embedding import starting_places, turned_onto
from napari_ben.results import Predictions

_FIELD = ["well", "site"]


def layouts_work(
    predictions: Predictions, before: Predictions | None = None
) -> Generator["Predictions | str", "bool | None", Predictions]:
    """Lay the embeddings out as those of an earlier run lie: PCA at once, then UMAP where it is installed.

    Yields
    ------
    Predictions or str
        The predictions with the layouts finished so far, or what is being waited for.
    """
    from napari_ben.embedding import pca, umap_refusal, umap_steps

    if before is not None and _is_same(predictions, before):
        return _with_layouts_of(predictions, before)
    laid_out = predictions
    if "PCA" not in laid_out.layouts:
        laid_out = with_turned_pca(predictions.with_layout("PCA", pca(predictions.embeddings)), before)
        if (yield laid_out):
            return laid_out
    if refusal := umap_refusal(len(predictions)):
        yield f"{refusal}."
        return laid_out
    start = umap_start(predictions, before)
    steps = umap_steps(predictions.embeddings, start=start)
    try:
        while True:
            waiting = next(steps)
            if (yield f"{waiting.message} · {waiting.seconds:.0f} s"):
                return laid_out
    except StopIteration as stop:
        return laid_out.with_layout("UMAP", stop.value, has_followed=start is not None)
    finally:
        steps.close()


def _is_same(predictions: Predictions, before: Predictions) -> bool:
    """Tell whether two runs gave the same embeddings of the same fields."""
    has_same_fields = predictions.index[_FIELD].equals(before.index[_FIELD])
    return has_same_fields and np.array_equal(predictions.embeddings, before.embeddings)


def _with_layouts_of(predictions: Predictions, before: Predictions) -> Predictions:
    """Take over the layouts of the same embeddings: what did not change does not move."""
    for name, places in before.layouts.items():
        has_followed = name in before.run.get("layouts_followed", ())
        predictions = predictions.with_layout(name, places, has_followed=has_followed)
    return predictions


def with_turned_pca(predictions: Predictions, before: Predictions | None) -> Predictions:
    """Turn and mirror the principal components so that they lie as those of the run before."""
    if before is None or "PCA" not in predictions.layouts or "PCA" not in before.layouts:
        return predictions
    turned = turned_onto(predictions.layouts["PCA"], _places(predictions, before, "PCA"))
    return predictions.with_layout("PCA", turned, has_followed=True)


def umap_start(predictions: Predictions, before: Predictions | None) -> NDArray[np.float64] | None:
    """Give the places from which UMAP starts; None for its own, where another network or plate spoke before."""
    if before is None or "UMAP" not in before.layouts or _network(predictions) != _network(before):
        return None
    return starting_places(predictions.embeddings, _places(predictions, before, "UMAP"))


def _network(predictions: Predictions) -> tuple[object, int]:
    return predictions.run.get("model", {}).get("sha256"), predictions.embeddings.shape[1]


def _places(predictions: Predictions, before: Predictions, name: str) -> NDArray[np.float64]:
    """Places of the fields in the layout of before, (n, 2); NaN where a field is new."""
    known = {field: row for row, field in enumerate(before.index[_FIELD].itertuples(index=False, name=None))}
    rows = [known.get(field, -1) for field in predictions.index[_FIELD].itertuples(index=False, name=None)]
    places = np.vstack([before.layouts[name], np.full((1, 2), np.nan)])  # the last row is that of new fields
    found: NDArray[np.float64] = places[rows]
    return found
