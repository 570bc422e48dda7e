"""Batch effects normalisation: each batch is images of one plate, all in the loss (Lin, Lu 2022).

The statistics of a batch are those of a sample of its plate, as at inference, and gradients flow through them. With
``random_context`` the size varies, since a plate at inference is larger than any batch.
"""

from collections.abc import Iterator

import numpy as np

from napari_ben.training._batches import Batch, Pool, draw_members, draw_size, plate_of_each_batch
from napari_ben.training._config import TrainingConfig

__all__ = ["draw_ben"]


def draw_ben(pool: Pool, config: TrainingConfig, rng: np.random.Generator) -> Iterator[list[Batch]]:
    """Draw the steps of one epoch, each with ``accumulation`` plates."""
    for plates in plate_of_each_batch(pool, config, rng):
        step = []
        for plate in plates:
            size = draw_size(config.batch_size, rng) if config.random_context else config.batch_size
            step.append(Batch(draw_members(pool.queries[plate], size, rng), size))
        yield step
