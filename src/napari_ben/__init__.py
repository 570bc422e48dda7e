"""Plate-aware deep learning for high-content screening.

Importing this package is light: no torch, no Qt, no napari. Each public name loads its part on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_ben.models import load_model
    from napari_ben.readers import open_plate, open_screen
    from napari_ben.workflow import compare, predict, train

__version__ = "0.1.0"

_HOMES = {
    "open_plate": "readers",
    "open_screen": "readers",
    "load_model": "models",
    "predict": "workflow",
    "train": "workflow",
    "compare": "workflow",
}

__all__ = ["__version__", "compare", "load_model", "open_plate", "open_screen", "predict", "train"]


def __getattr__(name: str) -> Any:
    """Load a public name from the part of the package that defines it."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return __all__
