"""What the network is, and its file: backbones, the bundle, importers, and raw images to network input.

Cards, scaling, tiling and channel mapping know no torch; networks load it when they are built.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from napari_ben.models._bundle import Model, read_card
from napari_ben.models._card import ModelCard, TrainingRecord
from napari_ben.models._channels import guess_channels, map_channels
from napari_ben.models._input import prepare_image, prepare_unscaled
from napari_ben.models._library import MODEL_FILES, available_models, load_model, model_folder
from napari_ben.models._pixel_moments import PixelMoments
from napari_ben.models._registry import ARCHITECTURES, Architecture, build_network
from napari_ben.models._scaling import ChannelStatistics, Scaling, Unscaled, scale_image
from napari_ben.models._tiling import Tiling, n_tiles, tile_image

if TYPE_CHECKING:
    from napari_ben.models._classifier import Classifier
    from napari_ben.models._context_network import ContextMean
    from napari_ben.models._importers import import_model
    from napari_ben.models._new_head import with_head
    from napari_ben.models._timm import import_timm
    from napari_ben.models._weights import save_model, to_model

__all__ = [
    "ARCHITECTURES",
    "MODEL_FILES",
    "Architecture",
    "ChannelStatistics",
    "Classifier",
    "ContextMean",
    "Model",
    "ModelCard",
    "PixelMoments",
    "Scaling",
    "Tiling",
    "TrainingRecord",
    "Unscaled",
    "available_models",
    "build_network",
    "guess_channels",
    "import_model",
    "import_timm",
    "load_model",
    "map_channels",
    "model_folder",
    "n_tiles",
    "prepare_image",
    "prepare_unscaled",
    "read_card",
    "save_model",
    "scale_image",
    "tile_image",
    "to_model",
    "with_head",
]

_NEED_TORCH = {
    "Classifier": "_classifier",
    "ContextMean": "_context_network",
    "import_model": "_importers",
    "import_timm": "_timm",
    "save_model": "_weights",
    "to_model": "_weights",
    "with_head": "_new_head",
}


def __getattr__(name: str) -> Any:
    """Load a name that needs torch from its module."""
    if name not in _NEED_TORCH:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_NEED_TORCH[name]}"), name)
