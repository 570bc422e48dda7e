"""Control-stabilised adaptive risk minimisation (arXiv 2604.20824).

Each batch is queries and controls of one plate: all of them form the statistics, the queries alone carry the loss, and
the gradients of several plates are summed before a step. Beyond the paper, with ``random_context`` the size of the
context, the weight of the controls in it and the class mix of the queries vary, because a network trained at one ratio
loses 23–47 points at another and a person may move that slider.
"""

from collections.abc import Iterator

import numpy as np

from napari_ben.training._batches import (
    Batch,
    Pool,
    Rows,
    draw_members,
    draw_size,
    draw_skewed,
    plate_of_each_batch,
)
from napari_ben.training._config import TrainingConfig

__all__ = ["draw_cs_arm_bn"]

LIGHTEST_CONTROLS = 0.2  # about the share of controls on a common plate, which is their weight when all wells count


def draw_cs_arm_bn(pool: Pool, config: TrainingConfig, rng: np.random.Generator) -> Iterator[list[Batch]]:
    """Draw the steps of one epoch, each with ``accumulation`` plates."""
    for plates in plate_of_each_batch(pool, config, rng):
        yield [_draw_batch(pool, int(plate), config, rng) for plate in plates]


def _draw_batch(pool: Pool, plate: int, config: TrainingConfig, rng: np.random.Generator) -> Batch:
    if not config.random_context:
        queries = draw_members(pool.queries[plate], config.batch_size, rng)
        controls = draw_members(pool.controls[plate], config.control_batch_size, rng)
        return Batch(np.concatenate([queries, controls]), len(queries), config.control_weight)
    queries = _draw_queries(pool, plate, draw_size(config.batch_size, rng), rng)
    controls = draw_members(pool.controls[plate], draw_size(config.control_batch_size, rng), rng)
    weight = float(rng.uniform(LIGHTEST_CONTROLS, 1))
    return Batch(np.concatenate([queries, controls]), len(queries), weight)


def _draw_queries(pool: Pool, plate: int, count: int, rng: np.random.Generator) -> Rows:
    """Draw as the plate is, or every other time with a skewed class mix."""
    members = pool.queries[plate]
    if rng.random() < 0.5:
        return draw_members(members, count, rng)
    return draw_skewed(members, pool.labels[members], count, rng)
