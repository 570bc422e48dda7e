"""Self-supervision on plates: two views that belong together are found among all tiles of one plate.

SimCLR (Chen et al. 2020, arXiv 2002.05709): two views of a tile belong together. MinCLR (Lin, Lu 2022): two different
tiles of one field do, since they were treated alike. Either way a batch is one plate, so its batch effect tells no two
tiles apart, and the statistics are the plate's own, as at inference with BEN.

For a tile i with positives P(i) among the 2n vectors of a batch, all of length 1:
loss_i = − log ( mean over p ∈ P(i) of exp(z_i·z_p / τ) / Σ over k ≠ i of exp(z_i·z_k / τ) ), averaged over i.
With one positive this is SimCLR's loss; several are taken together inside the logarithm, as for instances of a bag.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from napari_ben.training._batches import Batch, Pool, Rows, draw_members, plate_of_each_batch
from napari_ben.training._config import TrainingConfig

__all__ = ["contrastive_loss", "draw_minclr", "draw_simclr"]


def draw_simclr(pool: Pool, config: TrainingConfig, rng: np.random.Generator) -> Iterator[list[Batch]]:
    """Draw the steps of one epoch; a batch holds ``batch_size`` tiles of one plate."""
    for plates in plate_of_each_batch(pool, config, rng):
        rows = [draw_members(_members(pool, plate), config.batch_size, rng) for plate in plates]
        yield [Batch(members, len(members)) for members in rows]


def draw_minclr(pool: Pool, config: TrainingConfig, rng: np.random.Generator) -> Iterator[list[Batch]]:
    """Draw the steps of one epoch; a batch holds ``per_image`` tiles of each of some fields of one plate."""
    for plates in plate_of_each_batch(pool, config, rng):
        rows = [_draw_fields(_members(pool, plate), pool, config, rng) for plate in plates]
        yield [Batch(members, len(members)) for members in rows]


def _members(pool: Pool, plate: int) -> Rows:
    """Every image of a plate: nothing asks for a label here."""
    return np.union1d(pool.queries[plate], pool.controls[plate])


def _draw_fields(members: Rows, pool: Pool, config: TrainingConfig, rng: np.random.Generator) -> Rows:
    per_image = config.contrast.per_image
    fields = members if pool.fields is None else pool.fields[members]
    chosen = draw_members(np.unique(fields), max(2, config.batch_size // per_image), rng)
    return np.concatenate([draw_members(members[fields == field], per_image, rng) for field in chosen])


def contrastive_loss(vectors: Tensor, groups: Tensor, temperature: float) -> Tensor:
    """Loss of vectors of which those with one group belong together.

    Parameters
    ----------
    vectors
        (n, d), of any length above zero.
    groups
        (n,) integers; each at least twice.
    temperature
        τ.
    """
    units = functional.normalize(vectors.float())
    is_self = torch.eye(len(units), dtype=torch.bool, device=units.device)
    similarity = (units @ units.T / temperature).masked_fill(is_self, -torch.inf)
    is_positive = (groups[:, None] == groups[None]) & ~is_self
    positive = similarity.masked_fill(~is_positive, -torch.inf).logsumexp(1) - is_positive.sum(1).log()
    return (similarity.logsumexp(1) - positive).mean()
