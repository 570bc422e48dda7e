"""A plan in parts: one a set of images that normalise each other, for methods that cut the plate (ARM-BN)."""

from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_ben.methods import PUBLISHED_SET, cut_into_sets
from napari_ben.workflow._adapt import adapt
from napari_ben.workflow._inputs import FieldReader
from napari_ben.workflow._measure import measure
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._progress import Circumstances, Progress
from napari_ben.workflow._stream import stream

if TYPE_CHECKING:
    import torch

    from napari_ben.models import Classifier


def split_into_sets(plan: Plan) -> tuple[Plan, ...]:
    """Cut a plan into sets of whole wells, of about as many network inputs as a set had in training.

    A well that is predicted but lies outside the context, such as an empty one, is answered with the first set and has
    no part in its statistics.
    """
    wells = plan.plate.fields["well"].to_numpy(dtype=object)
    size = (plan.model.card.training.context_size or PUBLISHED_SET) // plan.n_tiles
    parts = []
    is_first = True
    for members in cut_into_sets(wells[plan.statistics_rows], size, plan.config.seed):
        own = plan.statistics_rows[members]
        is_asked = np.isin(plan.rows, own)
        if is_first:
            is_asked |= ~np.isin(plan.rows, plan.statistics_rows)
        if is_asked.any():
            rows = plan.rows[is_asked]
            parts.append(replace(plan, rows=rows, statistics_rows=own, in_context=np.ones(len(own), bool)))
        is_first = False
    return tuple(parts)


def stream_sets(
    plan: Plan, reader: FieldReader, network: "Classifier", circumstances: Circumstances, device: "torch.device"
) -> Generator[Progress]:
    """Measure and answer set by set.

    Yields
    ------
    Progress
        Stages ``reading``, ``statistics`` and ``prediction``; the wells of the last are counted over all sets.
    """
    n_done = 0
    for part in split_into_sets(plan):
        statistics = yield from measure(part, reader, network, device)
        for progress in stream(part, reader, adapt(plan, network, statistics), circumstances, device):
            yield replace(progress, done=n_done + progress.done, total=len(plan.wells))
        n_done += len(part.wells)
