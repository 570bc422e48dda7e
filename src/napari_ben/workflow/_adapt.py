"""The network as the queries meet it: with the context's statistics in it, and folded."""

from typing import TYPE_CHECKING

from napari_ben.workflow._plan import Plan

if TYPE_CHECKING:
    from napari_ben.methods import ContextStatistics
    from napari_ben.models import Classifier


def adapt(plan: Plan, network: "Classifier", statistics: "ContextStatistics | None") -> "Classifier":
    """Copy of the network with these statistics; with its own where there are none."""
    import torch

    from napari_ben.methods import apply_statistics, fold_statistics

    adapted = network if statistics is None else apply_statistics(network, statistics, plan.config.variance)
    folded: Classifier = fold_statistics(adapted).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return folded
