"""What each well contributes to the statistics of a context: moments by well, at every normalisation layer.

The network normalises with the statistics of the whole context while the wells are looked at, so the moments of all
wells merged are those statistics again. Taking one well out afterwards answers to first order what the context would be
without it: the layers below would have been normalised a little differently too.
"""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import ContextError
from napari_ben.methods._statistics import ContextStatistics, LayerStatistics

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["LayerMoments", "WellMoments", "iter_well_moments", "measure_wells"]

Float64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LayerMoments:
    """Moments of one layer's input, well by well.

    Parameters
    ----------
    count
        (W,) float64 values per channel.
    mean, deviation
        (W, C) float64, mean and summed squared deviations from it.
    """

    count: Float64
    mean: Float64
    deviation: Float64

    def pool(self, chosen: NDArray[np.bool_]) -> LayerStatistics:
        """Statistics of some wells together."""
        count = self.count[chosen]
        total = float(count.sum())
        mean = count @ self.mean[chosen] / total
        between = count @ (self.mean[chosen] - mean) ** 2
        return LayerStatistics(mean, (self.deviation[chosen].sum(axis=0) + between) / total, total)

    def leave_one_out(self) -> tuple[Float64, Float64]:
        """Mean and variance, (W, C) each, of all wells but one."""
        everything = self.pool(np.ones(len(self.count), dtype=bool))
        own, rest = self.count[:, None], everything.count - self.count[:, None]
        mean = (everything.count * everything.mean - own * self.mean) / rest
        between = (self.mean - mean) ** 2 * own * rest / everything.count
        remaining = everything.count * everything.variance - self.deviation - between
        return mean, np.maximum(remaining, 0) / rest


@dataclass(frozen=True, eq=False)
class WellMoments:
    """Moments of the wells of a context.

    Parameters
    ----------
    wells
        (W,) names.
    n_images
        (W,) images of each.
    layers
        Layer name → its moments, in the order of the forward pass.
    """

    wells: tuple[str, ...]
    n_images: NDArray[np.int64]
    layers: Mapping[str, LayerMoments]

    def pool(self, wells: Iterable[str] | None = None) -> ContextStatistics:
        """Give the statistics of some wells, normalised below as the whole context was; of all when None.

        Raises
        ------
        ContextError
            When none of them was measured.
        """
        chosen = np.isin(self.wells, list(self.wells if wells is None else wells))
        if not chosen.any():
            raise ContextError(
                f"None of the wells asked for was measured; measured are {', '.join(self.wells[:6])}.",
                "Choose among the wells of the context.",
            )
        layers = {name: moments.pool(chosen) for name, moments in self.layers.items()}
        return ContextStatistics(layers, n_images=int(self.n_images[chosen].sum()))


def measure_wells(
    adapted: "nn.Module", chunks: Iterable["torch.Tensor"], wells: Sequence[str], device: Any = None
) -> WellMoments:
    """Look at each well's moments in a network that has the context's statistics; one forward pass an image.

    Parameters
    ----------
    adapted
        From `apply_statistics`, in inference mode and not folded.
    chunks
        (n, C, Y, X) float32 tensors, read once.
    wells
        (N,) the well of each image, over all chunks.
    device
        Where the network is; images are moved there.

    Raises
    ------
    ContextError
        When images and wells differ in number.
    """
    steps = iter_well_moments(adapted, _with_wells(chunks, wells), device)
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            moments: WellMoments = finished.value
            return moments


def iter_well_moments(
    adapted: "nn.Module", chunks: Iterable[tuple["torch.Tensor", Sequence[str]]], device: Any = None
) -> Generator[int, None, WellMoments]:
    """Do the same chunk by chunk, so that it can be stopped; one chunk is held at once.

    Parameters
    ----------
    adapted, device
        As in `measure_wells`.
    chunks
        (n, C, Y, X) float32 tensors, each with the (n,) wells of its images.

    Yields
    ------
    int
        Chunks that are done.
    """
    import torch

    collector = _Collector()
    handles = [
        module.register_forward_pre_hook(collector.hook(name))
        for name, module in adapted.named_modules()
        if getattr(module, "running_mean", None) is not None
    ]
    try:
        for number, (images, wells) in enumerate(chunks, 1):
            collector.enter(wells)
            with torch.inference_mode():
                adapted(images if device is None else images.to(device))
            yield number
    finally:
        for handle in handles:
            handle.remove()
    return collector.finish()


def _with_wells(
    chunks: Iterable["torch.Tensor"], wells: Sequence[str]
) -> "Iterator[tuple[torch.Tensor, Sequence[str]]]":
    end = 0
    for chunk in chunks:
        start, end = end, end + len(chunk)
        if end > len(wells):
            raise ContextError(f"There are {end} or more images, but wells of {len(wells)}.", "Name each image's well.")
        yield chunk, wells[start:end]
    if end != len(wells):
        raise ContextError(f"There are {end} images, but wells of {len(wells)}.", "Name each image's well.")


class _Collector:
    """Merges the moments of images into those of their wells."""

    def __init__(self) -> None:
        self._n_images: Counter[str] = Counter()
        self._layers: dict[str, dict[str, tuple[float, Float64, Float64]]] = {}
        self._now: Sequence[str] = ()

    def enter(self, wells: Sequence[str]) -> None:
        self._now = wells
        self._n_images.update(wells)

    def hook(self, name: str) -> Any:
        def collect(_: "nn.Module", inputs: "tuple[torch.Tensor, ...]") -> None:
            values = inputs[0].double()
            rows = values.flatten(2) if values.dim() > 2 else values.unsqueeze(-1)
            mean = rows.mean(dim=2)
            deviation = (rows - mean.unsqueeze(-1)).square().sum(dim=2)
            self._merge(name, mean.cpu().numpy(), deviation.cpu().numpy(), float(rows.shape[2]))

        return collect

    def _merge(self, name: str, means: Float64, deviations: Float64, size: float) -> None:
        layer = self._layers.setdefault(name, {})
        for well, mean, deviation in zip(self._now, means, deviations, strict=True):
            count, known, summed = layer.get(well, (0.0, mean, np.zeros_like(mean)))
            total = count + size
            shift = mean - known
            merged = summed + deviation + shift**2 * count * size / total
            layer[well] = total, known + shift * size / total, merged

    def finish(self) -> WellMoments:
        layers = {
            name: LayerMoments(*(np.array(part) for part in zip(*by_well.values(), strict=True)))
            for name, by_well in self._layers.items()
        }
        return WellMoments(tuple(self._n_images), np.array(list(self._n_images.values()), dtype=np.int64), layers)
