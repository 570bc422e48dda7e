"""All chunks of a context at the same stage of a program."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from napari_ben.methods._layers import batch_norms, check_finite, set_statistics
from napari_ben.methods._precision import exact_arithmetic
from napari_ben.methods._program import IMAGES, Program, Values
from napari_ben.methods._statistics import ContextStatistics, LayerStatistics
from napari_ben.methods._store import Slot, Store

if TYPE_CHECKING:
    from napari_ben.methods._moments import Moments
    from napari_ben.methods._shrinkage import PriorStatistics

__all__ = ["Lockstep"]

Float64 = NDArray[np.float64]


@dataclass
class _Chunk:
    """One chunk between two visits: what it kept, and the stage that goes on from there."""

    weights: Float64
    slots: dict[str, Slot]
    next_stage: int = 0


@dataclass
class Lockstep:
    """All chunks at the same stage, and what is known of the context so far."""

    network: nn.Module
    program: Program
    store: Store
    prior: "PriorStatistics | None" = None

    def __post_init__(self) -> None:
        self.chunks: list[_Chunk] = []
        self._norms = batch_norms(self.network)
        self._moments: dict[str, Moments] = {}
        self._layers: dict[str, LayerStatistics] = {}

    def enter(self, images: torch.Tensor, weights: Float64) -> None:
        """Keep a new chunk until the first stage, when all chunks are there and the memory left is known."""
        own = images.clone()  # the caller may fill the same buffer again, and a view would keep all of its memory
        self.chunks.append(_Chunk(weights, {IMAGES: self.store.put(own)}))

    def visit(self, chunk: _Chunk, stage: int) -> None:
        """Take a chunk through one stage, from wherever it last stopped."""
        start = time.perf_counter()
        values: Values = {name: slot.load() for name, slot in chunk.slots.items()}
        self.store.held.hold(list(values.values()))
        owns_values = self._fits(chunk, stage)
        if owns_values:
            _free(chunk.slots, chunk.slots.keys() - self.program.kept[stage])
        with exact_arithmetic(self.store.device):
            moments = self.program.visit(
                values,
                range(chunk.next_stage, stage + 1),
                chunk.weights,
                self.store.held,
                owns_values=owns_values,
            )
        for name, found in moments.items():
            self._moments[name] = self._moments[name].merge(found) if name in self._moments else found
        self._leave(chunk, values, stage, None if owns_values else time.perf_counter() - start)

    def settle(self, stage: int) -> None:
        """Put the context's statistics into the layers that are complete."""
        found = {
            name: LayerStatistics(moments.mean, moments.variance, moments.count)
            for name, moments in self.program.layers(stage, self._moments).items()
        }
        check_finite(found)
        if self.prior is not None:
            found = {name: self.prior.mix(name, layer) for name, layer in found.items()}
        for name, layer in found.items():
            set_statistics(self._norms[name], layer)
        self._layers |= found

    def statistics(self) -> ContextStatistics:
        """Everything that was settled, in the network's own order."""
        return ContextStatistics(
            layers={name: self._layers[name] for name in self.program.order},
            n_images=sum(len(chunk.weights) for chunk in self.chunks),
            peak_bytes=self.store.held.peak,
        )

    def _fits(self, chunk: _Chunk, stage: int) -> bool:
        """Whether what the chunk will keep has room for sure, so that its old values need not outlive the visit."""
        nbytes = self.program.kept_bytes[stage] * len(chunk.weights)
        return self.store.excess(nbytes, sum(slot.nbytes for slot in chunk.slots.values())) <= 0

    def _leave(self, chunk: _Chunk, values: Values, stage: int, seconds: float | None) -> None:
        """Keep the new values in place of the old ones, or drop them to compute them again from the old ones.

        ``seconds`` is what computing them took; None when the old ones are gone.
        """
        stale = chunk.slots.keys() - values.keys()
        fresh = {name: value for name, value in values.items() if name not in chunk.slots}
        nbytes = sum(getattr(value, "nbytes", 0) for value in fresh.values())
        freed = sum(chunk.slots[name].nbytes for name in stale)
        if seconds is None or self.store.prefers_to_keep(nbytes, freed, seconds):
            _free(chunk.slots, stale)
            chunk.slots |= {name: self.store.put(value) for name, value in fresh.items()}
            chunk.next_stage = stage + 1
        self.store.held.release(list(values.values()))


def _free(slots: dict[str, Slot], names: Iterable[str]) -> None:
    for name in list(names):
        slots.pop(name).free()
