"""Empirical risk minimisation: batches mixed over plates, every labelled image counts (arXiv 2012.07421).

With a teacher each batch brings unlabelled images along (DeepNoise, arXiv 2209.05772).
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np

from napari_ben.training._batches import Batch, Pool, draw_members, mixed_batches
from napari_ben.training._config import TrainingConfig

__all__ = ["draw_erm"]


def draw_erm(pool: Pool, config: TrainingConfig, rng: np.random.Generator) -> Iterator[list[Batch]]:
    """Draw the steps of one epoch; the last one may hold fewer batches."""
    batches = (_with_unlabelled(batch, pool, config, rng) for batch in mixed_batches(pool, config.batch_size, rng))
    while step := list(islice(batches, config.batches_a_step)):
        yield step


def _with_unlabelled(batch: Batch, pool: Pool, config: TrainingConfig, rng: np.random.Generator) -> Batch:
    if config.teacher is None or not len(pool.unlabelled):
        return batch
    count = max(1, round(len(batch.rows) * config.teacher.unlabelled))
    return replace(batch, unlabelled=draw_members(pool.unlabelled, count, rng))
