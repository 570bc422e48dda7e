"""A model file: one safetensors file with the model card in its header.

Nothing in it can run, the card is read without torch, and the file's SHA-256 is the model's identity in every result.
The weights' own digest travels along, so that a damaged copy is noticed; and a small probe (a fixed input and the
logits it gave when saved), because two architectures can share every key and shape and still be different functions.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from napari_ben.errors import ModelFileError
from napari_ben.models._card import ModelCard, explain
from napari_ben.models._header import METADATA_KEY, read_header

if TYPE_CHECKING:
    from pathlib import Path

    from napari_ben.models._classifier import Classifier

__all__ = ["Metadata", "Model", "open_bundle", "read_card"]


class Metadata(BaseModel):
    """What lies in a bundle's header.

    Parameters
    ----------
    format
        Version of this layout.
    card
        The model card.
    probe
        Logits of the fixed input when the model was saved.
    weights_sha256
        Of the bytes that follow the header.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    card: ModelCard
    probe: tuple[float, ...]
    weights_sha256: str


@dataclass(frozen=True)
class Model:
    """A network that can be built, and what is known about it.

    Parameters
    ----------
    card
        What the model says about itself.
    path
        The file it came from; None for a model that lives in memory only.
    sha256
        Of the bundle's bytes: the model's identity.
    content
        The bundle itself, when the file is none.
    """

    card: ModelCard
    path: Path | None
    sha256: str
    content: bytes | None = field(default=None, repr=False)

    def network(self) -> Classifier:
        """Build a fresh copy in inference mode with the weights loaded and the probe checked.

        Raises
        ------
        ModelFileError
            The file is gone, was changed since it was loaded, or does not fit its architecture.
        """
        from napari_ben.models._weights import unpack_network

        return unpack_network(self._bytes(), self.card)

    def save(self, path: Path) -> Model:
        """Write the bundle to a file, whole or not at all, and give the model of that file.

        Raises
        ------
        SaveError
            The file cannot be written, e.g. the disk is full.
        """
        from napari_ben.models._weights import write_whole

        content = self._bytes()
        write_whole(path, content)
        return Model(self.card, path, self.sha256)

    def held(self) -> Model:
        """Give the same model with its bundle in memory, so that it can be sent to where its file is not.

        Raises
        ------
        ModelFileError
            The file is gone, or was changed since it was loaded.
        """
        return self if self.content is not None else Model(self.card, self.path, self.sha256, self._bytes())

    def _bytes(self) -> bytes:
        if self.path is None or self.content is not None:
            return self.content or b""
        content = _read(self.path)
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ModelFileError(f"{self.path.name!r} was changed since it was loaded.", "Load the model again.")
        return content


def open_bundle(path: Path) -> Model:
    """Open a model file: its card and identity, no weights.

    Raises
    ------
    ModelFileError
        The file is damaged, unsafe, or not a model of this project.
    """
    card = read_card(path)
    return Model(card, path, hashlib.sha256(_read(path)).hexdigest())


def read_card(path: Path) -> ModelCard:
    """Card of a model file, from its header alone.

    Raises
    ------
    ModelFileError
        The file is damaged, unsafe, or not a model of this project.
    """
    text = read_header(path).get("__metadata__", {}).get(METADATA_KEY)
    if text is None:
        raise ModelFileError(
            f"{path.name!r} holds weights but no model card.",
            "Turn it into a model with `napari-ben models import`, which asks for what is missing.",
        )
    try:
        return Metadata.model_validate_json(text).card
    except ValidationError as error:
        raise ModelFileError(
            f"{path.name!r} holds a model card that cannot be read: {explain(error)}.",
            "Copy or download it again, or update napari-ben if a newer version wrote it.",
        ) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path.name!r} cannot be read: {error.strerror}.", "Check the path.") from error
