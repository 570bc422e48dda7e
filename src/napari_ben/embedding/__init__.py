"""Where do images lie? PCA at once, UMAP when it is ready."""

from napari_ben.embedding._neighbours import nearest_neighbours
from napari_ben.embedding._pca import pca
from napari_ben.embedding._umap import Waiting, umap, umap_refusal, umap_steps

__all__ = ["Waiting", "nearest_neighbours", "pca", "umap", "umap_refusal", "umap_steps"]
