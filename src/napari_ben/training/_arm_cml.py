"""Adaptive risk minimisation by contextual meta-learning: a context network (Zhang et al. 2020, arXiv 2007.02931).

Batches are those of ``arm-bn``. The network is another one: the output of a small context network, averaged over the
support set, becomes further input channels (`napari_ben.models._context_network`). As in the authors' variant that
adapts its BatchNorm too, a set also normalises itself.
"""

from typing import Any

from napari_ben.training._arm_bn import draw_arm_bn
from napari_ben.training._config import TrainingConfig

__all__ = ["CONTEXT_CHANNELS", "draw_arm_cml", "with_context"]

CONTEXT_CHANNELS = 12

draw_arm_cml = draw_arm_bn


def with_context(config: TrainingConfig) -> dict[str, Any]:
    """Options of the network, with the context channels of the paper's code where none are named."""
    return {"context": CONTEXT_CHANNELS, **config.options}
