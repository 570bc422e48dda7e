"""Statistics of the controls alone, applied to every image of the plate.

The control-only BatchNorm of the batch-effects-normalisation authors (``DomainBatchNorm2d``; Lin, Lu 2022): mean and
biased variance come from the plate's negative controls, gradients flow through them, and treated images never touch
them. Nothing about the mix of treatments on a plate can reach the statistics, in training or later.

The loss is on the treated images; with ``controls_in_loss`` it is on the controls too, which then are a class.
"""

from collections.abc import Iterator

import numpy as np

from napari_ben.training._batches import Batch, Pool, draw_members, draw_size, plate_of_each_batch
from napari_ben.training._config import TrainingConfig

__all__ = ["draw_controls"]


def draw_controls(pool: Pool, config: TrainingConfig, rng: np.random.Generator) -> Iterator[list[Batch]]:
    """Draw the steps of one epoch, each with ``accumulation`` plates."""
    for plates in plate_of_each_batch(pool, config, rng):
        yield [_draw_batch(pool, int(plate), config, rng) for plate in plates]


def _draw_batch(pool: Pool, plate: int, config: TrainingConfig, rng: np.random.Generator) -> Batch:
    size = config.control_batch_size
    queries = draw_members(pool.queries[plate], config.batch_size, rng)
    controls = draw_members(pool.controls[plate], draw_size(size, rng) if config.random_context else size, rng)
    return Batch(np.concatenate([queries, controls]), len(queries), control_weight=1.0)
