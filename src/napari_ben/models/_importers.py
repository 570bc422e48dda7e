"""Published checkpoints into models of this project.

A checkpoint is opened with torch's weights-only reader, which builds tensors and refuses everything else. What its
keys cannot tell (which of two architectures, what the channels and classes are called) is asked for and never guessed.
"""

import pickle
import struct
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from napari_ben.errors import ArgumentError, ModelFileError
from napari_ben.models._bundle import Model
from napari_ben.models._card import ModelCard, explain
from napari_ben.models._published import LAYOUTS, Layout, recognize_layout
from napari_ben.models._registry import ARCHITECTURES, build_network, find_architecture
from napari_ben.models._weights import fill_network, save_model, to_model

__all__ = ["import_model"]

ENTRIES = ("algorithm", "state_dict", "model_state_dict", "model")  # where training programs keep the weights
HEADS = ("fc", "classifier")
State = dict[str, Tensor]


def import_model(
    path: Path | str,
    *,
    architecture: str | None = None,
    channels: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    out: Path | str | None = None,
    **card: Any,
) -> Model:
    """Turn a published checkpoint into a model.

    Parameters
    ----------
    path
        A ``.pt``/``.pth`` state dict of a known family, or a safetensors file of weights.
    architecture
        A key of `ARCHITECTURES`; needed where the keys do not tell (ResNet-50 and its average-pool-strided variant).
    channels, classes
        In the network's order; needed where nothing published tells.
    out
        File to save it as; None keeps it in memory.
    **card
        Further fields of the model card, e.g. ``name``, ``licence``, ``scaling``, ``tiling``, ``options``.

    Raises
    ------
    ModelFileError
        The file is damaged, holds more than weights, or is of no known family.
    ArgumentError
        Something must be said that the file does not tell, or what was said does not fit it.
    """
    path = Path(path)
    state, entry = _read_state(path)
    layout = recognize_layout(frozenset(state), entry)
    if layout is None:
        raise ModelFileError(
            f"{path.name!r} holds {len(state)} tensors (first: {min(state, default='none')!r}), which is no layout "
            f"known here: {'; '.join(known.title for known in LAYOUTS.values())}.",
            "Load it in the program that wrote it and save the backbone's own state dict.",
        )
    state = {name: tensor for key, tensor in state.items() if (name := layout.key(key))}
    fields = {
        "name": path.stem,
        "provenance": f"Imported from {path.name}, layout: {layout.title}.",
        **layout.facts,
        **_identify(state, layout, architecture, dict(card.pop("options", {}))),
        **_name_ends(state, layout, channels, classes),
        **card,
    }
    return _finish(path, state, fields, out)


def _finish(path: Path, state: State, fields: dict[str, Any], out: Path | str | None) -> Model:
    card = _write_card(fields)
    try:
        network = fill_network(card, state)
    except RuntimeError as error:
        raise ArgumentError(
            f"{path.name!r} does not fit {card.architecture!r}: {str(error).splitlines()[-1].strip()}",
            f"Say which architecture it is: {', '.join(ARCHITECTURES)}.",
        ) from error
    return to_model(network, card) if out is None else save_model(out, network, card)


def _write_card(fields: dict[str, Any]) -> ModelCard:
    ends = len(fields["channels"]), len(fields["classes"])
    with torch.device("meta"):
        size = build_network(fields["architecture"], *ends, **fields["options"]).embedding_size
    try:
        return ModelCard(embedding_size=size, **fields)
    except ValidationError as error:
        raise ArgumentError(
            f"The model card cannot be written: {explain(error)}.", "Correct what you passed beside the checkpoint."
        ) from error


def _read_state(path: Path) -> tuple[State, str]:
    """Tensors of a checkpoint by key, and the entry that they lay in ("" for none)."""
    content = _open(path)
    entry = ""
    for name in ENTRIES:
        if isinstance(content, Mapping) and isinstance(content.get(name), Mapping):
            content, entry = content[name], name
    if not isinstance(content, Mapping):
        raise ModelFileError(
            f"{path.name!r} holds a {type(content).__name__}, not tensors by name.", "Save the network's state_dict()."
        )
    state = {str(name): tensor for name, tensor in content.items() if isinstance(tensor, Tensor)}
    if all(name.startswith("module.") for name in state):  # as torch's DataParallel writes them
        state = {name.removeprefix("module."): tensor for name, tensor in state.items()}
    return state, entry


# What torch's weights-only reader lets through from a damaged file besides its own refusal.
DAMAGE = (
    *(SafetensorError, RuntimeError, OSError, EOFError, struct.error),
    *(ValueError, LookupError, TypeError, AttributeError, AssertionError),
)


def _open(path: Path) -> Any:
    if not path.is_file():
        raise ModelFileError(f"There is no file {path.name!r}.", "Check the path.")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        with warnings.catch_warnings(action="ignore"):  # about pickle protocols: it reads them or refuses
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelFileError(
            f"{path.name!r} holds more than weights, or is not a checkpoint; opening it could run code, so it was not.",
            "Ask for a file that holds only the state dict, or load it where you trust it and save model.state_dict().",
        ) from error
    except DAMAGE as error:
        raise ModelFileError(
            f"{path.name!r} cannot be read as a checkpoint: {(str(error) or type(error).__name__).splitlines()[0]}",
            "Copy or download it again.",
        ) from error


def _identify(state: State, layout: Layout, architecture: str | None, options: dict[str, Any]) -> dict[str, Any]:
    """Architecture and options: the caller's word, the layout's if it fits, or the only one that does."""
    shown = _shown_options(state)
    if architecture is None:
        architecture = _choose(layout, [name for name in ARCHITECTURES if _fits(state, name, {**shown, **options})])
    options = {**_known(architecture, shown), **options}
    if options.get("stem") == 7 and "rectify_last" not in options:
        raise ArgumentError(
            "The checkpoint is an Xception with a 7×7 stem, and its keys do not tell whether it rectifies its last "
            "features; DeepNoise's does not.",
            "Pass options={'rectify_last': False} for DeepNoise's, or True.",
        )
    return {"architecture": architecture, "options": options}


def _choose(layout: Layout, fitting: list[str]) -> str:
    if layout.architecture in fitting:
        return layout.architecture
    if len(fitting) == 1:
        return fitting[0]
    found = f"fits {' and '.join(fitting)} alike" if fitting else f"fits none of {', '.join(ARCHITECTURES)}"
    raise ArgumentError(
        f"The checkpoint's keys alone do not tell its architecture: it {found}.",
        "Pass architecture=; with the wrong one its answers would be noise.",
    )


def _shown_options(state: State) -> dict[str, Any]:
    """Options as the first convolution shows them; defaults are left unsaid."""
    stem = state.get("conv1.weight")
    if stem is None or stem.ndim != 4:
        return {}
    shown = {"width": stem.shape[0], "stem": stem.shape[-1]}
    return {key: value for key, value in shown.items() if value != {"width": 64, "stem": 3}[key]}


def _known(architecture: str, options: Mapping[str, Any]) -> dict[str, Any]:
    allowed = find_architecture(architecture).options
    return {key: value for key, value in options.items() if key in allowed}


def _fits(state: State, architecture: str, options: Mapping[str, Any]) -> bool:
    known = _known(architecture, options)
    if any(value not in ARCHITECTURES[architecture].options[key] for key, value in known.items()):
        return False
    with torch.device("meta"):
        wanted = build_network(architecture, *_ends(state), **known).state_dict()
    return _shapes(wanted) == _shapes(state)


def _shapes(state: State) -> dict[str, torch.Size]:
    """Shapes by key, without the step counters that checkpoints before torch 0.4.1 lack."""
    return {key: tensor.shape for key, tensor in state.items() if not key.endswith("num_batches_tracked")}


def _ends(state: State) -> tuple[int, int]:
    """Channels of the input and classes of the output, from the first convolution and the classifier."""
    stem = next((state[key] for key in ("conv1.weight", "features.conv0.weight") if key in state), None)
    head = next((state[f"{key}.weight"] for key in HEADS if f"{key}.weight" in state), None)
    if stem is None or head is None or stem.ndim != 4 or head.ndim != 2:
        raise ModelFileError(
            "The checkpoint has no first convolution or no linear classifier, so it is not a classifier.",
            "Import a checkpoint with both.",
        )
    return stem.shape[1], head.shape[0]


def _name_ends(
    state: State, layout: Layout, channels: Sequence[str] | None, classes: Sequence[str] | None
) -> dict[str, tuple[str, ...]]:
    n_channels, n_classes = _ends(state)
    published = {len(names): names for names in layout.channels}
    return {
        "channels": _names("channels", n_channels, channels, published),
        "classes": _names("classes", n_classes, classes, {len(layout.classes): layout.classes}),
    }


def _names(
    kind: str, count: int, given: Sequence[str] | None, published: Mapping[int, tuple[str, ...]]
) -> tuple[str, ...]:
    if given is not None and len(given) != count:
        raise ArgumentError(f"{len(given)} {kind} were named, but the checkpoint has {count}.", f"Name {count} {kind}.")
    if given is None and count not in published:
        raise ArgumentError(
            f"The checkpoint has {count} {kind}, and nothing published says what they are called.",
            f"Pass {kind}= with {count} names, in the network's order.",
        )
    return tuple(given) if given is not None else published[count]
