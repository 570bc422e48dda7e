"""Weights in and out of a bundle: the part of it that needs torch."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from napari_ben._whole import saved_file
from napari_ben.errors import ArgumentError, ModelFileError
from napari_ben.models._bundle import Metadata, Model
from napari_ben.models._card import ModelCard
from napari_ben.models._classifier import Classifier
from napari_ben.models._header import METADATA_KEY
from napari_ben.models._registry import TIMM, build_network

__all__ = ["fill_network", "pack_network", "save_model", "to_model", "unpack_network", "write_whole"]

PROBE_SIZE = 64  # pixels: a few milliseconds for the largest network here
PROBE_TOLERANCE = (
    1e-3  # of the largest logit: ten times what processors differ by, a thousandth of what architectures do
)


def save_model(path: Path | str, network: nn.Module, card: ModelCard) -> Model:
    """Save a network with its card as one file, whole or not at all.

    Parameters
    ----------
    path
        Of the new file; an existing one is replaced once the new one is complete.
    network
        Of the card's architecture, on any device; it is left as it is.
    card
        What the file will say about itself.

    Raises
    ------
    ArgumentError
        The network is not what the card says.
    SaveError
        The file cannot be written, e.g. the disk is full.
    """
    path = Path(path)
    content = pack_network(network, card)
    write_whole(path, content)
    return Model(card, path, hashlib.sha256(content).hexdigest())


def to_model(network: nn.Module, card: ModelCard) -> Model:
    """Model of a network that has no file yet.

    Raises
    ------
    ArgumentError
        The network is not what the card says.
    """
    content = pack_network(network, card)
    return Model(card, None, hashlib.sha256(content).hexdigest(), content)


def pack_network(network: nn.Module, card: ModelCard) -> bytes:
    """Bytes of the bundle of a network; the same network and card give the same bytes.

    Raises
    ------
    ArgumentError
        The network is not what the card says.
    """
    try:
        copy = fill_network(card, network.state_dict())
    except RuntimeError as error:
        raise ArgumentError(
            f"The network does not fit the card's architecture {card.architecture!r} with {len(card.channels)} "
            f"channels and {len(card.classes)} classes: {str(error).splitlines()[-1].strip()}",
            "Correct the card's architecture, options, channels or classes.",
        ) from error
    if copy.embedding_size != card.embedding_size:
        raise ArgumentError(
            f"The card says embedding_size={card.embedding_size}, but the network has {copy.embedding_size}.",
            "Correct the card.",
        )
    probe = _probe(copy)
    if not np.isfinite(probe).all():
        raise ArgumentError("The network's logits are NaN or infinite.", "Save an earlier state: this one diverged.")
    state = copy.state_dict()
    metadata = Metadata(card=card, probe=probe, weights_sha256=_weights_digest(save_tensors(state)))
    return save_tensors(state, metadata={METADATA_KEY: metadata.model_dump_json()})


def unpack_network(content: bytes, card: ModelCard) -> Classifier:
    """Network of a bundle, in inference mode.

    Raises
    ------
    ModelFileError
        The weights do not fit the architecture, were changed, or answer the probe otherwise than when they were saved.
    """
    try:
        network = fill_network(card, load_tensors(content))
    except (RuntimeError, SafetensorError) as error:
        raise ModelFileError(
            f"The weights of {card.name!r} do not fit {card.architecture!r}: "
            f"{shorten(str(error).splitlines()[-1], 200, placeholder=' …')}",
            "Copy or download the model again.",
        ) from error
    saved = _saved_metadata(content)
    if _weights_digest(content) != saved.weights_sha256:
        raise ModelFileError(
            f"The weights of {card.name!r} are not those that were saved: some of their bytes were changed.",
            "Copy or download the model again.",
        )
    if not _agree(_probe(network), saved.probe):
        raise ModelFileError(
            f"The weights of {card.name!r} fit {card.architecture!r}, but give other logits than when they were saved.",
            "The file was changed, or names the wrong architecture: import or download it again.",
        )
    return network


def fill_network(card: ModelCard, state: Mapping[str, Tensor]) -> Classifier:
    """Network of a card with these weights as float32, on the CPU, in inference mode; shares no memory with them.

    Raises
    ------
    RuntimeError
        Keys or shapes differ; torch says which.
    """
    # Without memory and random numbers for weights that are about to be replaced; timm's networks keep constants too.
    with torch.device("cpu" if card.architecture.startswith(TIMM) else "meta"):
        options: dict[str, Any] = card.options
        network = build_network(card.architecture, len(card.channels), len(card.classes), **options)
    copies = {name: _copy(tensor) for name, tensor in state.items()}
    network.load_state_dict(copies, assign=True)
    return network.eval()


def _copy(tensor: Tensor) -> Tensor:
    dtype = torch.float32 if tensor.is_floating_point() else tensor.dtype
    return tensor.detach().to("cpu", dtype, copy=True, memory_format=torch.contiguous_format)


def _weights_digest(content: bytes) -> str:
    """SHA-256 of what follows the header of a safetensors file."""
    return hashlib.sha256(memoryview(content)[8 + int.from_bytes(content[:8], "little") :]).hexdigest()


def _saved_metadata(content: bytes) -> Metadata:
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    return Metadata.model_validate_json(header["__metadata__"][METADATA_KEY])


def _probe(network: Classifier) -> tuple[float, ...]:
    """Logits of a fixed pattern; made of integers, so that it is the same everywhere."""
    n_values = network.n_channels * PROBE_SIZE * PROBE_SIZE
    pattern = (np.arange(n_values, dtype=np.int64) * 7919 % 1009).astype(np.float32) / np.float32(504) - np.float32(1)
    images = torch.from_numpy(pattern).reshape(1, network.n_channels, PROBE_SIZE, PROBE_SIZE)
    with torch.inference_mode():
        return tuple(float(f"{logit:.6g}") for logit in network(images)[0].tolist())


def _agree(found: Sequence[float], expected: Sequence[float]) -> bool:
    if len(found) != len(expected):
        return False
    scale = max(1e-6, *(abs(logit) for logit in expected))
    return bool(np.allclose(found, expected, rtol=0, atol=PROBE_TOLERANCE * scale))


def write_whole(path: Path, content: bytes) -> None:
    """Write a model's bytes, whole or not at all.

    Raises
    ------
    SaveError
        The file cannot be written, e.g. the disk is full.
    """
    with saved_file(path, "The model") as unfinished:
        unfinished.write_bytes(content)
