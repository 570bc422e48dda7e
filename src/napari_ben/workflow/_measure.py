"""The first half of a run: the statistics of the context.

All its images are read first, so that an image which cannot be read is left out before it is weighed. A measurement is
kept by content: the same pixels, weights, network and device give the same numbers, so a rerun need not compute them.
"""

import json
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_ben import __version__
from napari_ben._cache import cache_folder, keep_newest
from napari_ben.errors import ContextError, FileError, SaveError
from napari_ben.methods import ContextStatistics
from napari_ben.workflow._device import budget_for, device_name, halve, images_at_once, is_out_of_memory
from napari_ben.workflow._inputs import FieldReader
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._prior import prior_files, prior_of
from napari_ben.workflow._progress import Progress

if TYPE_CHECKING:
    import torch
    from torch import nn

_KEPT_MEASUREMENTS = 64
_READ_AT_ONCE = 16


def measure(
    plan: Plan,
    reader: FieldReader,
    network: "nn.Module",
    device: "torch.device",
    multiplicity: NDArray[np.float64] | None = None,
) -> Generator[Progress, None, ContextStatistics]:
    """Measure the statistics that the plan asks for.

    Parameters
    ----------
    multiplicity
        (m,) how often each image of the plan's statistics counts; once when None. The context keeps its share.

    Yields
    ------
    Progress
        Stages ``reading`` and ``statistics``.

    Raises
    ------
    ContextError
        When too few of the context's images can be read.
    DeviceError
        When not even one image at a time fits into the device's memory.
    """
    tiles, content = yield from _read_all(plan, reader)
    is_readable = tiles > 0
    if int(is_readable[plan.in_context].sum()) < 2:
        first = next(iter(reader.problems), "")
        raise ContextError(
            f"Fewer than 2 images of the context can be read. {first}",
            "Choose other wells, or repair the images.",
        )
    rows, tiles = plan.statistics_rows[is_readable], tiles[is_readable]
    weights = _weigh(plan, is_readable, multiplicity)
    key = _content_key(plan, content, weights, device)
    known = _recall(key)
    if known is not None:
        return known
    statistics = yield from _measure(plan, reader, network, device, (rows, np.repeat(weights / tiles, tiles)))
    _remember(key, statistics)
    return statistics


def _weigh(plan: Plan, is_readable: NDArray[np.bool_], multiplicity: NDArray[np.float64] | None) -> NDArray[np.float64]:
    in_context = plan.in_context[is_readable]
    weights = plan.method.weigh(in_context, "count" if plan.weight is None else plan.weight)
    if multiplicity is None:
        return weights
    drawn = weights * multiplicity[is_readable]
    share = weights[in_context].sum() / drawn[in_context].sum()
    return np.where(in_context, drawn * share, weights)


def _read_all(plan: Plan, reader: FieldReader) -> Generator[Progress, None, tuple[NDArray[np.int64], list[bytes]]]:
    """Look at every image once: how many network inputs it gives (0 when unreadable), and its digest."""
    rows = plan.statistics_rows
    tiles = np.zeros(len(rows), dtype=np.int64)
    digests = []
    for start in range(0, len(rows), _READ_AT_ONCE):
        yield Progress(start, len(rows), "images", "reading")
        for place, inputs in enumerate(reader.read(rows[start : start + _READ_AT_ONCE]), start):
            digests.append(b"" if inputs is None else inputs.digest)
            tiles[place] = 0 if inputs is None else len(inputs.images)
    yield Progress(len(rows), len(rows), "images", "reading")
    return tiles, digests


def _measure(
    plan: Plan,
    reader: FieldReader,
    network: "nn.Module",
    device: "torch.device",
    images: tuple[NDArray[np.int64], NDArray[np.float64]],
) -> Generator[Progress, None, ContextStatistics]:
    """Measure, with half the chunk each time the device's memory does not suffice."""
    import torch

    from napari_ben.methods import iter_statistics

    rows, weights = images
    n_images = images_at_once(plan.config, device)
    while True:
        chunks = _Chunks(reader, rows, max(1, n_images // plan.n_tiles))
        weight, budget = torch.from_numpy(weights), budget_for(plan.config, device)
        prior = prior_of(plan.config, network, len(rows))
        steps = iter_statistics(network, chunks, weights=weight, memory_budget=budget, device=device, prior=prior)
        try:
            return (yield from _report(steps))
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            n_images = halve(n_images, device, error)


def _report(
    steps: Generator[tuple[int, int], None, ContextStatistics],
) -> Generator[Progress, None, ContextStatistics]:
    try:
        while True:
            done, total = next(steps)
            yield Progress(done, total, "steps", "statistics")
    except StopIteration as finished:
        statistics: ContextStatistics = finished.value
        return statistics
    finally:
        steps.close()


@dataclass(frozen=True, eq=False)
class _Chunks:
    """Readable fields, some at a time; knows how many chunks there are, so that progress has a true total."""

    reader: FieldReader
    rows: NDArray[np.int64]
    n_fields: int

    def __len__(self) -> int:
        return -(-len(self.rows) // self.n_fields)

    def __iter__(self) -> "Iterator[torch.Tensor]":
        import torch

        for start in range(0, len(self.rows), self.n_fields):
            read = self.reader.read(self.rows[start : start + self.n_fields])
            yield torch.from_numpy(np.concatenate([inputs.images for inputs in read if inputs is not None]))


def _content_key(plan: Plan, digests: list[bytes], weights: NDArray[np.float64], device: "torch.device") -> str:
    import torch

    setting = {
        "versions": [__version__, torch.__version__],
        "device": device_name(device),
        "model": plan.model.sha256,
        "preparation": plan.model.card.preparation,
        "pseudo_images": plan.config.pseudo_images,
        "shrink_towards": [sha256(path.read_bytes()).hexdigest() for path in prior_files(plan.config)],
    }
    content = sha256(json.dumps(setting, sort_keys=True).encode())
    content.update(b"".join(digests))
    content.update(weights.tobytes())
    return content.hexdigest()[:32]


def _recall(key: str) -> ContextStatistics | None:
    path = cache_folder("statistics") / f"{key}.safetensors"
    if not path.exists():
        return None
    try:
        return ContextStatistics.load(path)
    except FileError:  # cut off by a crash: measuring again mends it
        return None


def _remember(key: str, statistics: ContextStatistics) -> None:
    folder = cache_folder("statistics")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        statistics.save(folder / f"{key}.safetensors")
        keep_newest(folder, "*.safetensors", _KEPT_MEASUREMENTS)
    except (SaveError, OSError):  # a home that cannot be written costs the next run its time, not this one its result
        return
