"""Which networks there are. Each one is loaded when it is built, so the list costs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from napari_ben.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_ben.models._classifier import Classifier

__all__ = ["ARCHITECTURES", "Architecture", "build_network", "find_architecture"]


@dataclass(frozen=True)
class Architecture:
    """Where a network is built, and with which options.

    Parameters
    ----------
    name
        As model cards write it.
    title
        For people.
    module
        Private module of this package that holds a builder called ``name`` (for timm, ``timm_network``).
    options
        Names of the options that its builder takes besides channels and classes.
    """

    name: str
    title: str
    module: str
    options: tuple[str, ...] = ()


_ALL = (
    Architecture("resnet10", "ResNet-10", "_resnet", ("width",)),
    Architecture("resnet18", "ResNet-18", "_resnet", ("width",)),
    Architecture("resnet50", "ResNet-50", "_resnet", ("width",)),
    Architecture("resnet50_avgstride", "ResNet-50 with average-pool strides (CS-ARM-BN)", "_resnet", ("width",)),
)
ARCHITECTURES: dict[str, Architecture] = {architecture.name: architecture for architecture in _ALL}


def find_architecture(name: str) -> Architecture:
    """Look an architecture up, a timm one included.

    Raises
    ------
    ArgumentError
        There is none of this name.
    """
    if name not in ARCHITECTURES:
        raise ArgumentError(f"There is no architecture {name!r}.", f"Choose one of: {', '.join(ARCHITECTURES)}.")
    return ARCHITECTURES[name]


def build_network(architecture: str, n_channels: int, n_classes: int, *, seed: int = 0, **options: Any) -> Classifier:
    """Build an untrained network, in training mode, with seeded weights.

    Parameters
    ----------
    architecture
        A key of `ARCHITECTURES`, or ``timm:<name>``.
    n_channels, n_classes
        Of its input and its logits.
    seed
        Of its weights; torch's own random state is left as it was.
    **options
        Of the architecture, e.g. ``width=24``.

    Raises
    ------
    ArgumentError
        An unknown architecture or option.
    """
    import torch

    found = find_architecture(architecture)
    unknown = sorted(set(options) - set(found.options))
    if unknown:
        raise ArgumentError(
            f"{architecture} has no option {', '.join(map(repr, unknown))}.",
            f"It takes: {', '.join(found.options) or 'none'}.",
        )
    builder: Callable[..., Classifier] = getattr(import_module(f"napari_ben.models.{found.module}"), found.name)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return builder(n_channels, n_classes, **options)
