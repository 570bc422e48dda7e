"""How is a network made? Samplers that respect plates and controls, one loop, one page a method.

Configs know no torch; everything else loads it on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from napari_ben.training._config import TRAINING_METHODS, TrainingConfig, TrainingMethod
from napari_ben.training._data import TrainingData, collect_data, outline_data
from napari_ben.training._options import Contrast, Schedule, Teacher
from napari_ben.training._split import Split, describe_split, hold_out

if TYPE_CHECKING:
    from napari_ben.training._loop import Epoch, check_run, fit
    from napari_ben.training._trained import TrainedNetwork

__all__ = [
    "TRAINING_METHODS",
    "Contrast",
    "Epoch",
    "Schedule",
    "Split",
    "Teacher",
    "TrainedNetwork",
    "TrainingConfig",
    "TrainingData",
    "TrainingMethod",
    "check_run",
    "collect_data",
    "describe_split",
    "fit",
    "hold_out",
    "outline_data",
]

_NEED_TORCH = {"Epoch": "_loop", "check_run": "_loop", "fit": "_loop", "TrainedNetwork": "_trained"}


def __getattr__(name: str) -> Any:
    """Load a name that needs torch from its module."""
    if name not in _NEED_TORCH:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_NEED_TORCH[name]}"), name)
