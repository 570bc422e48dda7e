"""Weights in and out of a bundle: the part of it that needs torch."""

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from napari_ben.errors import ArgumentError, ModelFileError, SaveError
from napari_ben.models._bundle import Model
from napari_ben.models._card import ModelCard
from napari_ben.models._classifier import Classifier
from napari_ben.models._header import METADATA_KEY
from napari_ben.models._registry import build_network

__all__ = ["pack_network", "save_model", "to_model", "unpack_network"]

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
    _write_whole(path, content)
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
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    try:
        copy = _fill(card, state)
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
    metadata = {"format": 1, "card": card.model_dump(mode="json"), "probe": _probe(copy)}
    return save_tensors(state, metadata={METADATA_KEY: json.dumps(metadata, sort_keys=True)})


def unpack_network(content: bytes, card: ModelCard) -> Classifier:
    """Network of a bundle, in inference mode.

    Raises
    ------
    ModelFileError
        The weights do not fit the architecture, or answer the probe differently than when they were saved.
    """
    try:
        network = _fill(card, load_tensors(content))
    except (RuntimeError, SafetensorError) as error:
        raise ModelFileError(
            f"The weights of {card.name!r} do not fit {card.architecture!r}: {str(error).splitlines()[-1].strip()}",
            "Copy or download the model again.",
        ) from error
    length = int.from_bytes(content[:8], "little")
    text = json.loads(content[8 : 8 + length])["__metadata__"][METADATA_KEY]
    expected = json.loads(text).get("probe")
    if expected is not None and not _agree(_probe(network), expected):
        raise ModelFileError(
            f"The weights of {card.name!r} fit {card.architecture!r}, but give other logits than when they were saved.",
            "The file was changed, or names the wrong architecture: import or download it again.",
        )
    return network


def _fill(card: ModelCard, state: dict[str, Tensor]) -> Classifier:
    with torch.device("meta"):  # no memory and no random numbers for weights that are about to be replaced
        network = build_network(card.architecture, len(card.channels), len(card.classes), **card.options)
    network.load_state_dict({name: tensor.clone() for name, tensor in state.items()}, assign=True)
    return network.eval()


def _probe(network: Classifier) -> list[float]:
    """Logits of a fixed pattern, in inference mode; integers only, so that it is the same everywhere."""
    n_values = network.n_channels * PROBE_SIZE * PROBE_SIZE
    pattern = (np.arange(n_values, dtype=np.int64) * 7919 % 1009).astype(np.float32) / np.float32(504) - np.float32(1)
    with torch.inference_mode():
        images = torch.from_numpy(pattern).reshape(1, network.n_channels, PROBE_SIZE, PROBE_SIZE)
        return [float(f"{logit:.6g}") for logit in network(images)[0].tolist()]


def _agree(found: list[float], expected: list[float]) -> bool:
    if len(found) != len(expected):
        return False
    scale = max(1e-6, *(abs(logit) for logit in expected))
    return bool(np.allclose(found, expected, rtol=0, atol=PROBE_TOLERANCE * scale, equal_nan=True))


def _write_whole(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            try:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                with contextlib.suppress(OSError):
                    temporary.unlink()
                raise
        temporary.replace(path)
    except OSError as error:
        raise SaveError(
            f"The model could not be saved as {path.name!r}: {error.strerror}.",
            "Free some space or choose another folder; nothing was left behind.",
        ) from error
