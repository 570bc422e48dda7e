"""What a context looks like to a network: one mean and variance per channel of every BatchNorm layer.

The value knows no torch, so that drift can be looked at, saved and compared without loading a network.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from napari_ben._whole import whole_file
from napari_ben.errors import FileError, MethodError, SaveError

if TYPE_CHECKING:
    from torch import nn

__all__ = ["ContextStatistics", "LayerStatistics", "Variance"]

Float64 = NDArray[np.float64]
Variance = Literal["biased", "unbiased"]

_FORMAT = "napari-ben context statistics 1"


@dataclass(frozen=True, eq=False)
class LayerStatistics:
    """Statistics of one BatchNorm layer's input.

    Parameters
    ----------
    mean
        (C,) float64.
    variance
        (C,) float64, biased: what a training-mode batch is divided by.
    count
        Effective number of values per channel: images × height × width, less when images differ in weight (Kish).
    """

    mean: Float64
    variance: Float64
    count: float

    def variance_as(self, kind: Variance) -> Float64:
        """(C,) float64, as normalised by a training-mode batch or as kept in a running variance.

        The unbiased one multiplies by n/(n-1); n is the effective count, which is the usual estimator for
        reliability weights.
        """
        return self.variance if kind == "biased" else self.variance * (self.count / (self.count - 1))


@dataclass(frozen=True, eq=False)
class ContextStatistics:
    """Statistics of one context, for every BatchNorm layer of one network.

    Parameters
    ----------
    layers
        Layer name (as in ``network.named_modules()``) to statistics, in the order of the forward pass.
    n_images
        Images that went in (those of weight zero did not).
    peak_bytes
        Most bytes of live activations held on the device at once while measuring; not saved.
    """

    layers: Mapping[str, LayerStatistics]
    n_images: int
    peak_bytes: int = field(default=0, repr=False)

    @classmethod
    def from_network(cls, network: "nn.Module") -> "ContextStatistics":
        """Read the statistics that a network carries (its running means and variances)."""
        layers = {
            name: LayerStatistics(_float64(module.running_mean), _float64(module.running_var), float("inf"))
            for name, module in network.named_modules()
            if getattr(module, "running_mean", None) is not None
        }
        return cls(layers, n_images=0)

    def save(self, path: str | Path) -> None:
        """Write as one safetensors file, whole or not at all.

        Raises
        ------
        SaveError
            When the file cannot be written.
        """
        path = Path(path)
        tensors = {f"{name}.mean": layer.mean for name, layer in self.layers.items()}
        tensors |= {f"{name}.variance": layer.variance for name, layer in self.layers.items()}
        counts = json.dumps({name: layer.count for name, layer in self.layers.items()})
        content = save(tensors, {"format": _FORMAT, "n_images": str(self.n_images), "counts": counts})
        try:
            with whole_file(path) as unfinished:
                unfinished.write_bytes(content)
        except OSError as error:
            raise SaveError(
                f"Context statistics cannot be written to '{path}' ({error.strerror}).",
                "Choose a folder that is writable and has space left.",
            ) from error

    @classmethod
    def load(cls, path: str | Path) -> "ContextStatistics":
        """Read what :meth:`save` wrote.

        Raises
        ------
        FileError
            When the file is absent, damaged, or something else.
        """
        try:
            with safe_open(path, framework="numpy") as file:
                header = file.metadata() or {}
                _check_format(path, header)
                layers = {
                    name: LayerStatistics(file.get_tensor(f"{name}.mean"), file.get_tensor(f"{name}.variance"), count)
                    for name, count in json.loads(header["counts"]).items()
                }
        except (OSError, SafetensorError) as error:
            raise FileError(
                f"'{path}' cannot be read as context statistics ({error}).",
                "Give a .safetensors file that was written by ContextStatistics.save.",
            ) from error
        return cls(layers, n_images=int(header["n_images"]))

    def distance(self, other: "ContextStatistics | nn.Module") -> pd.DataFrame:
        """How far another context, or the statistics inside a network, lies from this one.

        Per channel the two normal distributions are compared by their Wasserstein-2 distance, in units of their
        pooled standard deviation; a layer's figure is the root mean square over its channels. Symmetric, and zero
        for equal statistics.

        Returns
        -------
        pandas.DataFrame
            Index ``layer`` in the order of the forward pass; columns ``mean_shift``, ``scale_shift``, ``distance``
            (all in pooled standard deviations) and ``n_channels``.

        Raises
        ------
        MethodError
            When the layers differ: the statistics belong to different networks.
        """
        theirs = other if isinstance(other, ContextStatistics) else ContextStatistics.from_network(other)
        unknown = [name for name, layer in self.layers.items() if _shape_in(theirs, name) != layer.mean.shape]
        if unknown:
            raise MethodError(
                f"Statistics of layer '{unknown[0]}' have no counterpart ({len(unknown)} of {len(self.layers)} such).",
                "Compare statistics of the same network only.",
            )
        rows = [_layer_distance(layer, theirs.layers[name]) for name, layer in self.layers.items()]
        return pd.DataFrame(rows, index=pd.Index(list(self.layers), name="layer"))


def _shape_in(statistics: ContextStatistics, name: str) -> tuple[int, ...] | None:
    return statistics.layers[name].mean.shape if name in statistics.layers else None


def _layer_distance(one: LayerStatistics, other: LayerStatistics) -> dict[str, float]:
    scale = np.sqrt((one.variance + other.variance) / 2)
    scale = np.where(scale > 0, scale, 1)
    mean_shift = (one.mean - other.mean) / scale
    scale_shift = (np.sqrt(one.variance) - np.sqrt(other.variance)) / scale
    return {
        "mean_shift": float(np.sqrt(np.mean(mean_shift**2))),
        "scale_shift": float(np.sqrt(np.mean(scale_shift**2))),
        "distance": float(np.sqrt(np.mean(mean_shift**2 + scale_shift**2))),
        "n_channels": scale.size,
    }


def _check_format(path: str | Path, header: Mapping[str, str]) -> None:
    if header.get("format") != _FORMAT:
        raise FileError(
            f"'{path}' is a safetensors file, but holds no context statistics (its format is "
            f"{header.get('format')!r}, expected {_FORMAT!r}).",
            "Give a file that was written by ContextStatistics.save.",
        )


def _float64(buffer: object) -> Float64:
    array: Float64 = np.asarray(buffer.detach().cpu().double())  # type: ignore[attr-defined] # a torch buffer
    return array
