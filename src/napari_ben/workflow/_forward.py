"""Fields through the adapted network, some at a time."""

from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_ben.workflow._device import halve, images_at_once, is_out_of_memory
from napari_ben.workflow._feed import Chunk, Feeder
from napari_ben.workflow._inputs import FieldReader
from napari_ben.workflow._plan import Plan

if TYPE_CHECKING:
    import torch

    from napari_ben.models import Classifier


class Answer(NamedTuple):
    """What the network said about one field; its tiles are averaged."""

    row: int
    logits: NDArray[np.float32]
    embedding: NDArray[np.float32]
    digest: bytes


def answers(
    plan: Plan, reader: FieldReader, network: "Classifier", device: "torch.device"
) -> Generator[tuple[list[Answer], int]]:
    """Go through the fields in chunks; out of memory halves them.

    Yields
    ------
    list of Answer, int
        The answers of a chunk, and how many of the plan's rows have been looked at so far.

    Raises
    ------
    DeviceError
        When not even one image fits.
    """
    n_images, start = images_at_once(plan.config, device), 0
    with Feeder(reader, is_ahead=device.type == "cuda") as feeder:
        while start < len(plan.rows):
            n_fields = max(1, n_images // plan.n_tiles)
            end = min(start + n_fields, len(plan.rows))
            chunk = feeder.take(plan.rows[start:end], plan.rows[end : end + n_fields])
            try:
                found = _forward(plan, chunk, network, device)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                n_images = halve(min(n_images, (end - start) * plan.n_tiles), device, error)
                continue
            start = end
            yield found, start


def classify(network: "Classifier", directions: NDArray[np.float64]) -> NDArray[np.float32]:
    """Ask the classifier alone: (n, d) embeddings to (n, K) logits."""
    import torch

    with torch.inference_mode():
        embeddings = torch.from_numpy(directions).to(next(network.parameters()))
        logits: NDArray[np.float32] = network.classify(embeddings).float().cpu().numpy()
    return logits


def _forward(plan: Plan, chunk: Chunk, network: "Classifier", device: "torch.device") -> list[Answer]:
    import torch

    if chunk.images is None:
        return []
    with torch.inference_mode(), _precision(plan, device):
        images = chunk.images.to(device, non_blocking=True, memory_format=torch.channels_last)
        seen = [network.embed(view) for view in _views(images, plan.n_views)]
        tile_logits = torch.stack([network.classify(embedding) for embedding in seen]).mean(0)
        tile_embeddings = torch.stack(seen).mean(0)
    logits, embeddings = (_over_tiles(tensor, chunk.n_tiles) for tensor in (tile_logits, tile_embeddings))
    return [Answer(*parts) for parts in zip(chunk.rows, logits, embeddings, chunk.digests, strict=True)]


def _views(images: "torch.Tensor", n_views: int) -> "Iterator[torch.Tensor]":
    """Give the images as they are; or in the four symmetries of a rectangle, or the eight of a square."""
    if n_views == 1:
        yield images
        return
    for turned in (images, images.transpose(2, 3))[: n_views // 4]:
        for flipped in ([], [2], [3], [2, 3]):
            yield turned.flip(flipped)


def _precision(plan: Plan, device: "torch.device") -> AbstractContextManager[None]:
    """Full float32, so that the device does not change the answer, unless half precision was asked for."""
    import torch

    from napari_ben.methods import exact_arithmetic

    mixed: AbstractContextManager[None] = torch.autocast(device.type, torch.bfloat16)
    return mixed if plan.config.precision == "mixed" else exact_arithmetic(device)


def _over_tiles(values: "torch.Tensor", n_tiles: tuple[int, ...]) -> list[NDArray[np.float32]]:
    array = values.float().cpu().numpy()
    ends = np.cumsum(n_tiles)
    return [array[end - count : end].mean(axis=0) for end, count in zip(ends, n_tiles, strict=True)]
