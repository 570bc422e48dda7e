"""The process that computes a UMAP layout: ``python -m napari_ben.embedding._umap_process IN.npz OUT.npy SEED``."""

import sys
import warnings

import numpy as np
from numpy.typing import NDArray

from napari_ben.embedding._following import in_a_square
from napari_ben.embedding._neighbours import nearest_neighbours
from napari_ben.embedding._umap import N_NEIGHBOURS

_GENTLY = {"n_epochs": 100, "learning_rate": 0.1}
"""Of a layout that has a start: enough for points to go where they belong, too little for groups to wander."""


def main(source: str, target: str, seed: str) -> None:
    """Read embeddings and perhaps where they start, lay them out, write the layout."""
    with np.load(source) as inputs:
        start = inputs.get("start")
        np.save(target, lay_out(inputs["embeddings"], start, int(seed)))


def lay_out(embeddings: NDArray[np.float32], start: NDArray[np.float32] | None, seed: int) -> NDArray[np.float64]:
    """Lay embeddings out, (n, 2), from where they start if they do."""
    from umap import UMAP

    n_neighbours = min(N_NEIGHBOURS, len(embeddings) - 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # umap says that a precomputed graph cannot place new points
        reducer = UMAP(
            n_neighbors=n_neighbours,
            random_state=seed,
            n_jobs=1,
            precomputed_knn=nearest_neighbours(embeddings, n_neighbours),
            force_approximation_algorithm=True,
            **({} if start is None else {"init": in_a_square(start.astype(float)).astype(np.float32), **_GENTLY}),
        )
        layout: NDArray[np.float64] = reducer.fit_transform(embeddings).astype(np.float64)
    return layout


if __name__ == "__main__":
    main(*sys.argv[1:])
