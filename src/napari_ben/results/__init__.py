"""What was predicted? `Predictions`, and its views: tables, files and figures."""

from napari_ben.results._figures import embedding_map, plate_map, write_figure
from napari_ben.results._palette import class_colours
from napari_ben.results._predictions import RESERVED_COLUMNS, Predictions
from napari_ben.results._reduce import REDUCERS, Reducer, group_mean, mean_direction, normalised_entropy, softmax
from napari_ben.results._save import FORMATS, RUN_FILE, STATISTICS_FILE, check_export, installed_formats, write_folder
from napari_ben.results._tables import fields_table, run_text, to_anndata, wells_table

__all__ = [
    "FORMATS",
    "REDUCERS",
    "RESERVED_COLUMNS",
    "RUN_FILE",
    "STATISTICS_FILE",
    "Predictions",
    "Reducer",
    "check_export",
    "class_colours",
    "embedding_map",
    "fields_table",
    "group_mean",
    "installed_formats",
    "mean_direction",
    "normalised_entropy",
    "plate_map",
    "run_text",
    "softmax",
    "to_anndata",
    "wells_table",
    "write_figure",
    "write_folder",
]
