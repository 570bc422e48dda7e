"""Empirical risk minimisation: batches mixed over plates, every labelled image counts (arXiv 2012.07421)."""

from collections.abc import Iterator

import numpy as np

from napari_ben.training._batches import Batch, Pool, mixed_batches
from napari_ben.training._config import TrainingConfig

__all__ = ["draw_erm"]


def draw_erm(pool: Pool, config: TrainingConfig, rng: np.random.Generator) -> Iterator[list[Batch]]:
    """Draw the batches of one epoch, each a step of its own."""
    for batch in mixed_batches(pool, config.batch_size, rng):
        yield [batch]
