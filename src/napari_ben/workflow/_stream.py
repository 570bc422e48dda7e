"""The second half of a run: every field through the adapted network, handed on well by well."""

from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np

from napari_ben.results import mean_direction
from napari_ben.workflow._forward import Answer, answers, classify
from napari_ben.workflow._inputs import FieldReader
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._progress import Circumstances, FieldBatch, Progress

if TYPE_CHECKING:
    import torch

    from napari_ben.models import Classifier


def stream(
    plan: Plan, reader: FieldReader, network: "Classifier", circumstances: Circumstances, device: "torch.device"
) -> Generator[Progress]:
    """Answer all fields of the plan, and hand each well on when it is complete.

    Yields
    ------
    Progress
        Stage ``prediction``, with the wells that became ready.
    """
    wells = plan.plate.fields["well"].to_numpy()
    order = plan.wells
    waiting: list[Answer] = []
    for found, end in answers(plan, reader, network, device):
        waiting += found
        unfinished = wells[plan.rows[end]] if end < len(plan.rows) else None
        complete = [answer for answer in waiting if wells[answer.row] != unfinished]
        waiting = waiting[len(complete) :]
        done = len(order) if unfinished is None else order.index(unfinished)
        batch = _batch(plan, complete, reader, network, circumstances) if complete else None
        yield Progress(done, len(order), "wells", "prediction", batch)


def _batch(
    plan: Plan, complete: list[Answer], reader: FieldReader, network: "Classifier", circumstances: Circumstances
) -> FieldBatch:
    rows, logits, embeddings, digests = zip(*complete, strict=True)
    vectors = np.stack(embeddings)
    names = plan.plate.fields["well"].iloc[list(rows)].to_numpy()
    wells = tuple(dict.fromkeys(names))
    return FieldBatch(
        rows=np.array(rows, dtype=np.int64),
        logits=np.stack(logits),
        embeddings=vectors,
        wells=wells,
        well_logits=classify(network, np.stack([mean_direction(vectors[names == well]) for well in wells])),
        digests=digests,
        problems=reader.problems,
        circumstances=circumstances,
    )
