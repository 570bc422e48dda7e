"""Where do images lie? PCA at once, UMAP when it is ready; and embeddings aligned on their controls."""

from napari_ben.embedding._alignment import Alignment, fit_alignment
from napari_ben.embedding._alignment_file import load_alignment, save_alignment
from napari_ben.embedding._following import moved_onto, starting_places, turned_onto
from napari_ben.embedding._matrices import covariance, ledoit_wolf, power_of
from napari_ben.embedding._neighbours import nearest_neighbours
from napari_ben.embedding._pca import pca
from napari_ben.embedding._recipes import ALIGNMENTS, DEFAULT_TVN, Recipe, find_alignment
from napari_ben.embedding._table import EmbeddingTable, read_embeddings, write_embeddings
from napari_ben.embedding._umap import Waiting, umap, umap_refusal, umap_steps

__all__ = [
    "ALIGNMENTS",
    "DEFAULT_TVN",
    "Alignment",
    "EmbeddingTable",
    "Recipe",
    "Waiting",
    "covariance",
    "find_alignment",
    "fit_alignment",
    "ledoit_wolf",
    "load_alignment",
    "moved_onto",
    "nearest_neighbours",
    "pca",
    "power_of",
    "read_embeddings",
    "save_alignment",
    "starting_places",
    "turned_onto",
    "umap",
    "umap_refusal",
    "umap_steps",
    "write_embeddings",
]
