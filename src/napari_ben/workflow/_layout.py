"""UMAP as a step of a run, so that whoever watches may stop it."""

from collections.abc import Generator

from napari_ben.embedding import umap_steps
from napari_ben.results import Predictions
from napari_ben.workflow._progress import Progress

UMAP = "UMAP"


def run_umap(predictions: Predictions) -> Generator[Progress, None, Predictions]:
    """Lay the embeddings out with UMAP; closing the generator stops the work.

    Yields
    ------
    Progress
        Stage ``layout``.

    Returns
    -------
    Predictions
        With the layout ``UMAP``.

    Raises
    ------
    ArgumentError
        When UMAP is not installed, or there are too few fields.
    """
    steps = umap_steps(predictions.embeddings, seed=1 + predictions.run["config"]["seed"])
    try:
        while True:
            next(steps)
            yield Progress(0, 1, "layouts", "layout")
    except StopIteration as finished:
        return predictions.with_layout(UMAP, finished.value)
    finally:
        steps.close()
