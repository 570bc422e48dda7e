"""What was predicted? `Predictions`, and its views: tables, files and figures."""

from napari_ben.results._archive import ARCHIVE_FILE, restore_predictions, store_predictions
from napari_ben.results._balance import OUTSIDE_THE_DESIGN, Design, Prior, assign_classes
from napari_ben.results._comparison_figures import (
    accuracy_figure,
    batch_effect_figure,
    class_figure,
    drift_figure,
    sweep_figure,
)
from napari_ben.results._figures import embedding_map, plate_map, write_figure
from napari_ben.results._page import Block, Page, markdown_table, write_page
from napari_ben.results._palette import class_colours
from napari_ben.results._predictions import RESERVED_COLUMNS, Predictions
from napari_ben.results._reduce import REDUCERS, Reducer, group_mean, mean_direction, normalised_entropy, softmax
from napari_ben.results._save import FORMATS, RUN_FILE, STATISTICS_FILE, check_export, installed_formats, write_folder
from napari_ben.results._screen_figure import screen_figure
from napari_ben.results._tables import fields_table, run_text, to_anndata, wells_table

__all__ = [
    "ARCHIVE_FILE",
    "FORMATS",
    "OUTSIDE_THE_DESIGN",
    "REDUCERS",
    "RESERVED_COLUMNS",
    "RUN_FILE",
    "STATISTICS_FILE",
    "Block",
    "Design",
    "Page",
    "Predictions",
    "Prior",
    "Reducer",
    "accuracy_figure",
    "assign_classes",
    "batch_effect_figure",
    "check_export",
    "class_colours",
    "class_figure",
    "drift_figure",
    "embedding_map",
    "fields_table",
    "group_mean",
    "installed_formats",
    "markdown_table",
    "mean_direction",
    "normalised_entropy",
    "plate_map",
    "restore_predictions",
    "run_text",
    "screen_figure",
    "softmax",
    "store_predictions",
    "sweep_figure",
    "to_anndata",
    "wells_table",
    "write_figure",
    "write_folder",
    "write_page",
]
