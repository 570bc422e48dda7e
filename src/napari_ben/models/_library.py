"""The models at hand: those that come with the package, and those in the person's own folder."""

import logging
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

import platformdirs

from napari_ben.errors import ArgumentError, ModelFileError
from napari_ben.models._bundle import Model, open_bundle, read_card
from napari_ben.models._card import ModelCard

__all__ = ["available_models", "load_model", "model_folder"]

_logger = logging.getLogger(__name__)
SUFFIX = ".safetensors"
CHECKPOINTS = (".pt", ".pth", ".ckpt", ".bin")
MODEL_FILES = (SUFFIX, *CHECKPOINTS)


def model_folder() -> Path:
    """Folder of the person's own models; data and not cache, since nobody can download them again."""
    return platformdirs.user_data_path("napari-ben", appauthor=False) / "models"


def available_models() -> dict[str, ModelCard]:
    """List the cards of all models at hand by name, shipped ones first; a person's own replaces a shipped namesake."""
    return {name: card for name, (_, card) in _find_models().items()}


def load_model(name_or_path: str | Path) -> Model:
    """Open a model by its name, its file, or a published checkpoint's.

    A model file needs no torch; a checkpoint (``.pt``, ``.pth``, …) is imported into memory by `import_model`.

    Raises
    ------
    ArgumentError
        No model has this name, and no file is there; or a checkpoint does not tell all that must be known.
    ModelFileError
        The file is damaged, unsafe, or not a model.
    """
    path = Path(name_or_path)
    if path.is_file():
        return _open_checkpoint(path) if path.suffix in CHECKPOINTS else open_bundle(path)
    models = _find_models()
    if str(name_or_path) in models:
        return open_bundle(models[str(name_or_path)][0])
    raise ArgumentError(
        f"There is no model {str(name_or_path)!r}, and no file of that name.",
        f"Choose one of: {', '.join(models) or 'none yet'}; or give the path of a {SUFFIX} file.",
    )


def _open_checkpoint(path: Path) -> Model:
    from napari_ben.models._importers import import_model

    return replace(import_model(path), path=path)


def _find_models() -> dict[str, tuple[Path, ModelCard]]:
    found = {}
    for folder in (_shipped_folder(), model_folder()):
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            try:
                card = read_card(path)
            except ModelFileError as error:
                _logger.warning("Left out of the list of models: %s", error)
            else:
                found[card.name] = (path, card)
    return found


def _shipped_folder() -> Path:
    with as_file(files("napari_ben.models") / "shipped") as folder:
        return folder
