"""Adaptive risk minimisation by BatchNorm: support sets of one plate (Zhang et al. 2020, arXiv 2007.02931).

A step holds ``accumulation`` plates with one support set of ``batch_size`` images each. A set normalises itself, all of
it is in the loss, and gradients flow through the statistics. At inference the same network sees sets of the same size,
so the result of an image depends on which images share its set; with ``random_context`` the size of the sets varies in
training, and statistics of whole plates are in distribution too.
"""

from collections.abc import Iterator

import numpy as np

from napari_ben.training._batches import Batch, Pool, draw_members, draw_size, plate_of_each_batch
from napari_ben.training._config import TrainingConfig

__all__ = ["draw_arm_bn"]


def draw_arm_bn(pool: Pool, config: TrainingConfig, rng: np.random.Generator) -> Iterator[list[Batch]]:
    """Draw the steps of one epoch, each with ``accumulation`` support sets of one size."""
    for plates in plate_of_each_batch(pool, config, rng):
        size = draw_size(config.batch_size, rng) if config.random_context else config.batch_size
        yield [Batch(draw_members(pool.queries[plate], size, rng), size) for plate in plates]
