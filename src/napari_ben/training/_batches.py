"""Which images make a batch: plain numpy, so that what a method sees can be tested without a network.

Every draw of an epoch comes from one generator seeded by (seed, epoch). Nothing is remembered between epochs, which is
what makes a resumed run equal to one that was never stopped.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from napari_ben.training._config import TrainingConfig

__all__ = ["Batch", "Pool", "draw_members", "draw_size", "mixed_batches", "plate_of_each_batch"]

Rows = NDArray[np.int64]
SMALLEST_CONTEXT = 16
SHIFT = 0.5  # Dirichlet parameter of a batch with a skewed class mix


@dataclass(frozen=True)
class Batch:
    """Rows of the training data that go through the network together.

    Parameters
    ----------
    rows
        (n,) rows; the queries first, then the controls.
    n_queries
        So many carry the loss.
    control_weight
        Share of the controls in the statistics; None counts every image alike.
    unlabelled
        Rows for the teacher.
    """

    rows: Rows
    n_queries: int
    control_weight: float | None = None
    unlabelled: Rows = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass(frozen=True)
class Pool:
    """Rows to draw from.

    Parameters
    ----------
    queries, controls
        For every plate, its rows with a label, and its rows in negative controls.
    labels
        Of all rows of the data.
    unlabelled
        Rows for the teacher, of all plates.
    fields
        Of all rows, the field that each is a tile of; None where each is one.
    """

    queries: tuple[Rows, ...]
    controls: tuple[Rows, ...]
    labels: NDArray[np.int64]
    unlabelled: Rows = field(default_factory=lambda: np.zeros(0, np.int64))
    fields: NDArray[np.int64] | None = None

    @property
    def n_queries(self) -> int:
        """Number of rows with a label on all plates."""
        return sum(map(len, self.queries))


def mixed_batches(pool: Pool, size: int, rng: np.random.Generator) -> Iterator[Batch]:
    """Every labelled row once, in batches mixed over plates; a last one too small to normalise is left out."""
    order = rng.permutation(np.concatenate(pool.queries))
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        if len(rows) == size or start == 0:
            yield Batch(rows, len(rows))


def plate_of_each_batch(pool: Pool, config: TrainingConfig, rng: np.random.Generator) -> Rows:
    """One plate a batch, drawn uniformly; enough batches to see as many labelled rows as there are.

    Returns
    -------
    (steps, batches of a step) numbers of plates; the plates of one step differ as long as there are enough.
    """
    steps = max(1, round(pool.n_queries / config.batch_size / config.batches_a_step))
    n_plates = len(pool.queries)
    return np.array([draw_members(np.arange(n_plates), config.batches_a_step, rng) for _ in range(steps)])


def draw_members(members: Rows, count: int, rng: np.random.Generator) -> Rows:
    """Draw without replacement, and with it only when there are too few."""
    return rng.choice(members, count, replace=count > len(members))


def draw_size(largest: int, rng: np.random.Generator) -> int:
    """Draw a context size log-uniformly from 16 to ``largest``."""
    smallest = min(SMALLEST_CONTEXT, largest)
    return round(float(smallest * (largest / smallest) ** rng.random()))


def draw_skewed(members: Rows, labels: NDArray[np.int64], count: int, rng: np.random.Generator) -> Rows:
    """Draw with a class mix that is one draw from a Dirichlet distribution.

    Parameters
    ----------
    members
        Rows to draw from.
    labels
        (len(members),) their classes.
    count
        How many; at most as many as there are with replacement inside a class.
    rng
        Of the epoch.
    """
    classes, position = np.unique(labels, return_inverse=True)
    share = rng.dirichlet(np.full(len(classes), SHIFT))
    chosen = np.repeat(np.arange(len(classes)), rng.multinomial(count, share))
    wanted = np.bincount(chosen, minlength=len(classes))
    drawn = [draw_members(members[position == k], n, rng) for k, n in enumerate(wanted) if n]
    return np.concatenate(drawn)
