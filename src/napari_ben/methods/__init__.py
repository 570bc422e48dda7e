"""How a network's statistics follow the plate: exact context statistics, and the methods built on them.

Which methods there are, and how a context's images are weighed, is known without torch; the engine loads with its
first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from napari_ben.methods._method import ControlWeight, Method
from napari_ben.methods._registry import DEFAULT_CONTROL_WEIGHT, METHODS
from napari_ben.methods.arm_bn import PUBLISHED_SET, cut_into_sets

if TYPE_CHECKING:
    from napari_ben.methods._apply import apply_statistics, fold_statistics
    from napari_ben.methods._engine import iter_statistics, measure_statistics
    from napari_ben.methods._layers import batch_norms, is_batch_norm
    from napari_ben.methods._ledger import MemoryBudget
    from napari_ben.methods._precision import exact_arithmetic
    from napari_ben.methods._shrinkage import (
        PriorStatistics,
        empirical_bayes_shares,
        group_statistics,
        pseudo_count_share,
        shrink_statistics,
    )
    from napari_ben.methods._statistics import ContextStatistics, LayerStatistics
    from napari_ben.methods._well_moments import LayerMoments, WellMoments, iter_well_moments, measure_wells

_HOMES = {
    "ContextStatistics": "_statistics",
    "LayerMoments": "_well_moments",
    "LayerStatistics": "_statistics",
    "MemoryBudget": "_ledger",
    "PriorStatistics": "_shrinkage",
    "WellMoments": "_well_moments",
    "apply_statistics": "_apply",
    "batch_norms": "_layers",
    "empirical_bayes_shares": "_shrinkage",
    "exact_arithmetic": "_precision",
    "fold_statistics": "_apply",
    "group_statistics": "_shrinkage",
    "is_batch_norm": "_layers",
    "iter_statistics": "_engine",
    "iter_well_moments": "_well_moments",
    "measure_statistics": "_engine",
    "measure_wells": "_well_moments",
    "pseudo_count_share": "_shrinkage",
    "shrink_statistics": "_shrinkage",
}

__all__ = [
    "DEFAULT_CONTROL_WEIGHT",
    "METHODS",
    "PUBLISHED_SET",
    "ContextStatistics",
    "ControlWeight",
    "LayerMoments",
    "LayerStatistics",
    "MemoryBudget",
    "Method",
    "PriorStatistics",
    "WellMoments",
    "apply_statistics",
    "batch_norms",
    "cut_into_sets",
    "empirical_bayes_shares",
    "exact_arithmetic",
    "fold_statistics",
    "group_statistics",
    "is_batch_norm",
    "iter_statistics",
    "iter_well_moments",
    "measure_statistics",
    "measure_wells",
    "pseudo_count_share",
    "shrink_statistics",
]


def __getattr__(name: str) -> Any:
    """Load a public name from the module that defines it."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return __all__
