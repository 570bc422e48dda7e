"""What can I try? Cell Painting-like screens with known labels and known batch effects. Knows no torch.

A field is drawn from traits of cells (`_cells`), a mechanism shifts those traits (`_phenotypes`), a batch changes how
the cells are recorded (`_batches`), and a screen is plates of both on disk (`_plates`, `_store`, `_screen`).
"""

from napari_ben.samples._batches import TRAINING_EXPERIMENTS, BatchEffect, draw_batch_effect
from napari_ben.samples._cells import CHANNELS
from napari_ben.samples._phenotypes import MECHANISMS
from napari_ben.samples._plates import SamplePlate, Split, draw_field
from napari_ben.samples._screen import (
    ScreenDesign,
    iter_sample_screen,
    iter_screen,
    plan_screen,
    sample_screen,
    write_screen,
)

__all__ = [
    "CHANNELS",
    "MECHANISMS",
    "TRAINING_EXPERIMENTS",
    "BatchEffect",
    "SamplePlate",
    "ScreenDesign",
    "Split",
    "draw_batch_effect",
    "draw_field",
    "iter_sample_screen",
    "iter_screen",
    "plan_screen",
    "sample_screen",
    "write_screen",
]
