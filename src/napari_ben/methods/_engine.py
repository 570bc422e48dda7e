"""Exact context statistics: the whole context as if it were one training-mode batch, one chunk at a time.

All chunks advance in lock-step, stage by stage. At the end of a stage the moments that the chunks handed in are merged
into the statistics of the whole context; only then does any chunk go on. Between two stages a chunk exists as the few
values that the rest of the network reads.
"""

import operator
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from napari_ben.errors import ContextError, DeviceError
from napari_ben.methods._compile import compile_program, copy_for_inference
from napari_ben.methods._inputs import PerImage, weighted_chunks
from napari_ben.methods._ledger import MemoryBudget
from napari_ben.methods._lockstep import Lockstep
from napari_ben.methods._precision import exact_arithmetic
from napari_ben.methods._statistics import ContextStatistics
from napari_ben.methods._store import Store

if TYPE_CHECKING:
    from napari_ben.methods._shrinkage import PriorStatistics

__all__ = ["iter_statistics", "measure_statistics"]

Float64 = NDArray[np.float64]
Measurement = Generator[tuple[int, int], None, ContextStatistics]


def measure_statistics(  # noqa: PLR0913 # the two arguments of the mathematics, and how to carry them out
    network: nn.Module,
    chunks: Iterable[torch.Tensor],
    *,
    weights: PerImage | None = None,
    masks: PerImage | None = None,
    memory_budget: int | MemoryBudget | None = None,
    device: str | torch.device | None = None,
    prior: "PriorStatistics | None" = None,
    progress: Callable[[int, int], object] | None = None,
) -> ContextStatistics:
    """Statistics of every BatchNorm layer's input over all images, as in one training-mode batch of them all.

    The result does not depend on how the images are cut into chunks, on their order, or on the memory budget, but for
    float32 rounding. The network is not touched.

    Parameters
    ----------
    network
        Any network with BatchNorm layers; its mode and running statistics do not matter.
    chunks
        (n, C, Y, X) float32 tensors, read once; 16 to 64 images each are a good size.
    weights
        How much each image counts: (N,) over all images, or an iterable of (n,) per chunk; default 1. Images of weight
        zero are not computed.
    masks
        Likewise, zero or False for images that do not count.
    memory_budget
        Bytes of activations held on the device while others are computed, or a :class:`MemoryBudget`; default no limit.
    device
        Where to compute; default where the network is.
    prior
        Statistics mixed into those of every layer before it normalises; default none.
    progress
        Called with (visits done, visits in total) after each visit of a chunk.

    Returns
    -------
    ContextStatistics
        Mean, biased variance and count per channel, in float64.

    Raises
    ------
    MethodError
        When the network has no BatchNorm layer, calls one twice, or overflows; when weights and images disagree.
    ContextError
        When no image is left, or a layer sees a single value.
    DeviceError
        When the device is absent.
    SaveError
        When activations have to go to a file and the disk is full.
    torch.OutOfMemoryError
        When one chunk does not fit on the device; nothing stays behind.

    Examples
    --------
    >>> import torch
    >>> network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    >>> images = torch.arange(800.0).reshape(8, 1, 10, 10)
    >>> statistics = measure_statistics(network, images.split(3))
    >>> statistics.n_images, statistics.layers["1"].count
    (8, 512.0)
    """
    how: Any = {"memory_budget": memory_budget, "device": device, "prior": prior}
    steps = iter_statistics(network, chunks, weights=weights, masks=masks, **how)
    while True:
        try:
            done, total = next(steps)
        except StopIteration as stop:
            statistics: ContextStatistics = stop.value
            return statistics
        if progress is not None:
            progress(done, total)


def iter_statistics(  # noqa: PLR0913 # as measure_statistics
    network: nn.Module,
    chunks: Iterable[torch.Tensor],
    *,
    weights: PerImage | None = None,
    masks: PerImage | None = None,
    memory_budget: int | MemoryBudget | None = None,
    device: str | torch.device | None = None,
    prior: "PriorStatistics | None" = None,
) -> Measurement:
    """:func:`measure_statistics` in steps: yields (visits done, visits in total), returns the statistics.

    All chunks are read before the first visit; until then nothing is done, and the total is that of the chunks so far
    unless ``len(chunks)`` tells their number. Closing the generator stops the work and removes what was spilled.
    """
    target = _device_of(network) if device is None else _resolve_device(device)
    budget = memory_budget if isinstance(memory_budget, MemoryBudget) else MemoryBudget(memory_budget)
    twin = copy_for_inference(network, target)
    images = ((_to(target, chunk), weight) for chunk, weight in weighted_chunks(chunks, weights, masks))
    with Store(target, budget) as store:
        return (yield from _run(twin, images, operator.length_hint(chunks), store, prior))


def _to(device: torch.device, chunk: torch.Tensor) -> torch.Tensor:
    """Move a chunk, out of inference mode: what was made there does not count how often it is written to."""
    with torch.inference_mode(mode=False):
        moved = chunk.to(device, torch.float32)
        return moved.clone() if moved.is_inference() else moved


def _device_of(network: nn.Module) -> torch.device:
    return next((tensor.device for tensor in network.parameters()), torch.device("cpu"))


def _resolve_device(device: str | torch.device) -> torch.device:
    try:
        return torch.empty(0, device=device).device  # "cuda" becomes "cuda:0", as tensors say it
    except (AssertionError, RuntimeError) as error:  # a build without CUDA asserts
        raise DeviceError(
            f"The device '{device}' cannot be used ({str(error).splitlines()[0]}).",
            "Use device 'cpu', or leave the device out.",
        ) from error


def _run(
    network: nn.Module,
    images: Iterator[tuple[torch.Tensor, Float64]],
    n_expected: int,
    store: Store,
    prior: "PriorStatistics | None",
) -> Measurement:
    first = next(images, None)
    if first is None:
        raise ContextError(
            "No image is left to take statistics from: there is none, or all weights are zero.",
            "Give at least one image a weight above zero.",
        )
    with exact_arithmetic(store.device):
        lockstep = Lockstep(network, compile_program(network, first[0][:1]), store, prior)
    n_stages = len(lockstep.program.kept)
    for chunk, weight in chain([first], images):
        lockstep.enter(chunk, weight)
        yield 0, n_stages * max(n_expected, len(lockstep.chunks))
    del first, chunk
    n_chunks = len(lockstep.chunks)
    for stage in range(n_stages):
        for number, waiting in enumerate(lockstep.chunks, start=1):
            lockstep.visit(waiting, stage)
            yield stage * n_chunks + number, n_stages * n_chunks
        lockstep.settle(stage)
    return lockstep.statistics()
