"""Which networks there are. Each one is loaded when it is built, so the list costs no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from napari_ben.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from napari_ben.models._classifier import Classifier

__all__ = ["ARCHITECTURES", "TIMM", "Architecture", "build_network", "find_architecture"]


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
        Private module of this package that holds a builder of this name.
    options
        What its builder takes besides channels and classes: the values allowed for each.
    """

    name: str
    title: str
    module: str
    options: Mapping[str, Sequence[int | str]] = field(default_factory=dict)


WIDTH = {"width": range(1, 1025)}
_ALL = (
    Architecture("resnet10", "ResNet-10", "_resnet", WIDTH),
    Architecture("resnet18", "ResNet-18", "_resnet", WIDTH),
    Architecture("resnet50", "ResNet-50", "_resnet", WIDTH),
    Architecture("resnet50_avgstride", "ResNet-50 with average-pool strides (CS-ARM-BN)", "_resnet", WIDTH),
    Architecture("densenet121", "DenseNet-121", "_densenet"),
    Architecture("densenet161", "DenseNet-161", "_densenet"),
    Architecture("xception", "Xception", "_xception", {"stem": (3, 7), "rectify_last": (False, True)}),
)
TIMM = "timm:"
EVERY = {"head": ("linear", "cosine", "unit"), "context": range(65), "context_width": range(1, 257)}
ARCHITECTURES: dict[str, Architecture] = {architecture.name: architecture for architecture in _ALL}


def find_architecture(name: str) -> Architecture:
    """Look an architecture up; ``timm:<name>`` is taken at its word until it is built.

    Raises
    ------
    ArgumentError
        There is none of this name.
    """
    if name.startswith(TIMM):
        return Architecture(name, f"{name.removeprefix(TIMM)} (timm)", "_timm")
    if name not in ARCHITECTURES:
        raise ArgumentError(
            f"There is no architecture {name!r}.", f"Choose one of: {', '.join(ARCHITECTURES)}; or {TIMM}<name>."
        )
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
        Of the architecture, e.g. ``width=24``; and of every architecture ``head`` (``linear``, ``cosine`` or ``unit``),
        ``context`` (channels of a context network, 0 without one) and ``context_width``.

    Raises
    ------
    ArgumentError
        An unknown architecture or option, or timm is needed and absent.
    """
    import torch

    builder = _find_builder(find_architecture(architecture), options)
    own = {name: value for name, value in options.items() if name not in EVERY}
    context, head = options.get("context", 0), options.get("head", "linear")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        body = builder(n_channels + context, n_classes if head == "linear" else 1, **own)
        return _under_head(_with_context(body, context, options.get("context_width", 64)), head, n_classes)


def _with_context(body: Classifier, context: int, width: int) -> Classifier:
    from napari_ben.models._context_network import ContextNetwork

    return ContextNetwork(body, context, width) if context else body


def _under_head(body: Classifier, head: str, n_classes: int) -> Classifier:
    from napari_ben.models._heads import CosineNetwork, UnitNetwork

    if head == "linear":
        return body
    return CosineNetwork(body, n_classes) if head == "cosine" else UnitNetwork(body, n_classes)


def _find_builder(found: Architecture, options: dict[str, Any]) -> Callable[..., Classifier]:
    known = {**found.options, **EVERY}
    for option, value in options.items():
        if option not in known:
            raise ArgumentError(f"{found.name} has no option {option!r}.", f"It takes: {', '.join(known)}.")
        allowed = known[option]
        if value not in allowed:
            raise ArgumentError(
                f"{found.name} cannot be built with {option}={value!r}.",
                f"Choose {_in_words(allowed)}.",
            )
    module = import_module(f"napari_ben.models.{found.module}")
    if found.name.startswith(TIMM):
        return partial(module.timm_network, found.name.removeprefix(TIMM))
    builder: Callable[..., Classifier] = getattr(module, found.name)
    return builder


def _in_words(allowed: Sequence[int | str]) -> str:
    if isinstance(allowed, range):
        return f"a whole number from {allowed.start} to {allowed.stop - 1}"
    return " or ".join(map(str, allowed))
