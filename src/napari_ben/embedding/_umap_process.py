"""The process that computes a UMAP layout: ``python -m napari_ben.embedding._umap_process IN.npy OUT.npy SEED``."""

import sys
import warnings

import numpy as np
from numpy.typing import NDArray

from napari_ben.embedding._neighbours import nearest_neighbours
from napari_ben.embedding._umap import N_NEIGHBOURS


def main(source: str, target: str, seed: str) -> None:
    """Read embeddings, lay them out, write the layout."""
    np.save(target, _lay_out(np.load(source), int(seed)))


def _lay_out(embeddings: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
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
        )
        layout: NDArray[np.float64] = reducer.fit_transform(embeddings).astype(np.float64)
    return layout


if __name__ == "__main__":
    main(*sys.argv[1:])
