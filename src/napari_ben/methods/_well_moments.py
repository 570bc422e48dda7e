"""What each well contributes to the statistics of a context: moments by well, at every normalisation layer.

The network normalises with the statistics of the whole context while the wells are looked at, so the moments of all
wells merged are those statistics again. Taking one well out afterwards answers to first order what the context would be
without it: the layers below would have been normalised a little differently too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import ContextError
from napari_ben.methods._statistics import ContextStatistics, LayerStatistics

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["LayerMoments", "WellMoments", "measure_wells"]

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
    import torch

    collector = _Collector(wells)
    handles = [
        module.register_forward_pre_hook(collector.hook(name))
        for name, module in adapted.named_modules()
        if getattr(module, "running_mean", None) is not None
    ]
    try:
        with torch.inference_mode():
            for chunk in chunks:
                collector.enter(len(chunk))
                adapted(chunk if device is None else chunk.to(device))
    finally:
        for handle in handles:
            handle.remove()
    return collector.finish()


class _Collector:
    """Merges the moments of images into those of their wells."""

    def __init__(self, wells: Sequence[str]) -> None:
        self._names = tuple(dict.fromkeys(wells))
        order = {name: number for number, name in enumerate(self._names)}
        self._codes = np.array([order[name] for name in wells], dtype=np.int64)
        self._layers: dict[str, LayerMoments] = {}
        self._end = 0
        self._now = self._codes[:0]

    def enter(self, n_images: int) -> None:
        self._now = self._codes[self._end : self._end + n_images]
        self._end += n_images
        if len(self._now) != n_images:
            raise ContextError(
                f"There are {self._end} or more images, but wells of {len(self._codes)}.",
                "Name each image's well.",
            )

    def hook(self, name: str) -> Any:
        def collect(_: "nn.Module", inputs: "tuple[torch.Tensor, ...]") -> None:
            values = inputs[0].double()
            rows = values.flatten(2) if values.dim() > 2 else values.unsqueeze(-1)
            mean = rows.mean(dim=2)
            deviation = (rows - mean.unsqueeze(-1)).square().sum(dim=2)
            self._merge(name, mean.cpu().numpy(), deviation.cpu().numpy(), int(rows.shape[2]))

        return collect

    def _merge(self, name: str, mean: Float64, deviation: Float64, size: int) -> None:
        if name not in self._layers:
            empty = np.zeros((len(self._names), mean.shape[1]))
            self._layers[name] = LayerMoments(np.zeros(len(self._names)), empty, empty.copy())
        layer = self._layers[name]
        for well, one_mean, one_deviation in zip(self._now, mean, deviation, strict=True):
            total = layer.count[well] + size
            shift = one_mean - layer.mean[well]
            layer.deviation[well] += one_deviation + shift**2 * layer.count[well] * size / total
            layer.mean[well] += shift * size / total
            layer.count[well] = total

    def finish(self) -> WellMoments:
        if self._end != len(self._codes):
            raise ContextError(
                f"There are {self._end} images, but wells of {len(self._codes)}.", "Name each image's well."
            )
        return WellMoments(self._names, np.bincount(self._codes, minlength=len(self._names)), self._layers)
