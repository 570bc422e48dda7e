"""The second half of a run: every field through the adapted network, well by well."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_ben.results import mean_direction
from napari_ben.workflow._device import is_out_of_memory
from napari_ben.workflow._inputs import FieldReader, Inputs
from napari_ben.workflow._measure import halve
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._progress import Circumstances, FieldBatch, Progress

if TYPE_CHECKING:
    import torch

    from napari_ben.models import Classifier


@dataclass
class _Waiting:
    """Fields that have been answered but whose well is not complete."""

    rows: list[int] = field(default_factory=list)
    logits: list[NDArray[np.float32]] = field(default_factory=list)
    embeddings: list[NDArray[np.float32]] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)

    def take(self, count: int) -> "_Waiting":
        """Split off the first `count` fields."""
        names = ("rows", "logits", "embeddings", "digests")
        taken = _Waiting(**{name: getattr(self, name)[:count] for name in names})
        for name in names:
            del getattr(self, name)[:count]
        return taken


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
    total = len(plan.wells)
    done, waiting = 0, _Waiting()
    answers = _answers(plan, reader, network, device)
    for rows, end in answers:
        _collect(waiting, rows)
        next_well = wells[plan.rows[end]] if end < len(plan.rows) else None
        complete = waiting.take(sum(wells[row] != next_well for row in waiting.rows))
        done = total if next_well is None else plan.wells.index(next_well)
        batch = _batch(plan, complete, reader, network, circumstances) if complete.rows else None
        yield Progress(done, total, "wells", "prediction", batch)


_Answer = tuple[int, NDArray[np.float32], NDArray[np.float32], bytes]


def _collect(waiting: _Waiting, answers: list[_Answer]) -> None:
    for row, logits, embedding, digest in answers:
        waiting.rows.append(row)
        waiting.logits.append(logits)
        waiting.embeddings.append(embedding)
        waiting.digests.append(digest)


def _answers(
    plan: Plan, reader: FieldReader, network: "Classifier", device: "torch.device"
) -> Iterator[tuple[list[_Answer], int]]:
    """Go through the fields in chunks; after each give its answers and how many fields have been looked at."""
    chunk_size, start = plan.config.chunk_size, 0
    while start < len(plan.rows):
        end = start + max(1, chunk_size // plan.n_tiles)
        rows = plan.rows[start:end]
        read = [(int(row), inputs) for row, inputs in zip(rows, reader.read(rows), strict=True) if inputs is not None]
        try:
            answers = _forward(plan, read, network, device) if read else []
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            chunk_size = halve(min(chunk_size, len(rows) * plan.n_tiles), device, error)
            continue
        start = min(end, len(plan.rows))
        yield answers, start


def _forward(
    plan: Plan, read: list[tuple[int, Inputs]], network: "Classifier", device: "torch.device"
) -> list[_Answer]:
    import torch

    images = torch.from_numpy(np.concatenate([inputs.images for _, inputs in read]))
    is_mixed = plan.config.precision == "mixed"
    with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=is_mixed):
        tile_embeddings = network.embed(images.to(device, memory_format=torch.channels_last))
        tile_logits = network.classify(tile_embeddings)
    counts = [len(inputs.images) for _, inputs in read]
    logits, embeddings = (_over_tiles(tensor, counts) for tensor in (tile_logits, tile_embeddings))
    digests = [inputs.digest for _, inputs in read]
    return list(zip([row for row, _ in read], logits, embeddings, digests, strict=True))


def _over_tiles(values: "torch.Tensor", counts: list[int]) -> list[NDArray[np.float32]]:
    """Average the tiles of each field; (d,) float32 a field."""
    array = values.float().cpu().numpy()
    ends = np.cumsum(counts)
    return [array[end - count : end].mean(axis=0) for end, count in zip(ends, counts, strict=True)]


def _batch(
    plan: Plan, complete: _Waiting, reader: FieldReader, network: "Classifier", circumstances: Circumstances
) -> FieldBatch:
    embeddings = np.stack(complete.embeddings)
    names = plan.plate.fields["well"].iloc[complete.rows].to_numpy()
    wells = tuple(dict.fromkeys(names))
    directions = np.stack([mean_direction(embeddings[names == well]) for well in wells])
    return FieldBatch(
        rows=np.array(complete.rows, dtype=np.int64),
        logits=np.stack(complete.logits),
        embeddings=embeddings,
        wells=wells,
        well_logits=_classify(network, directions),
        digests=tuple(complete.digests),
        problems=tuple(reader.problems.values()),
        circumstances=circumstances,
    )


def _classify(network: "Classifier", directions: NDArray[np.float64]) -> NDArray[np.float32]:
    import torch

    weight = next(network.parameters())
    with torch.inference_mode():
        logits: NDArray[np.float32] = network.classify(torch.from_numpy(directions).to(weight)).float().cpu().numpy()
    return logits
