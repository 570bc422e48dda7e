"""Principal components: at once, and the same on every machine."""

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import ArgumentError


def pca(embeddings: NDArray[np.float32], n_components: int = 2) -> NDArray[np.float64]:
    """Project embeddings onto their principal components.

    Parameters
    ----------
    embeddings
        (n, d) any float type.
    n_components
        How many; those beyond the rank of the data are zero.

    Returns
    -------
    numpy.ndarray
        (n, n_components) float64. The sign of each component is the one that makes its largest loading positive.

    Raises
    ------
    ArgumentError
        When the embeddings hold NaN or infinity.
    """
    if not np.isfinite(embeddings).all():
        n_bad = int((~np.isfinite(embeddings)).any(axis=1).sum())
        raise ArgumentError(
            f"{n_bad} of {len(embeddings)} embeddings hold NaN or infinity; PCA needs numbers.",
            "Look at the images of these fields, and leave out the wells that are damaged.",
        )
    coordinates = np.zeros((len(embeddings), n_components))
    if embeddings.size == 0:
        return coordinates
    centred = embeddings.astype(np.float64) - embeddings.mean(axis=0, dtype=np.float64)
    left, lengths, loadings = np.linalg.svd(centred, full_matrices=False)
    found = min(n_components, len(lengths))
    largest = np.abs(loadings[:found]).argmax(axis=1)
    signs = np.where(loadings[np.arange(found), largest] < 0, -1.0, 1.0)
    coordinates[:, :found] = left[:, :found] * lengths[:found] * signs
    return coordinates
