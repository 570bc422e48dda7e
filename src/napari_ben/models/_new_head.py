"""The same network with another classifier on its embedding."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from napari_ben.errors import ArgumentError
from napari_ben.models._bundle import Model
from napari_ben.models._classifier import Classifier
from napari_ben.models._registry import build_network
from napari_ben.models._weights import to_model

__all__ = ["with_head"]


def with_head(
    model: Model, classes: tuple[str, ...], weights: NDArray[np.float64], bias: NDArray[np.float64], **card: Any
) -> Model:
    """Give a model other classes.

    Parameters
    ----------
    model
        Whose embeddings the classifier was fitted on.
    classes
        (K,) names, in the order of the logits.
    weights, bias
        (d, K) and (K,), finite: logits = embedding · weights + bias.
    **card
        Fields of the model card that change, such as ``name``.

    Raises
    ------
    ArgumentError
        When the network ends in something other than one linear layer, or the weights have another size.
    """
    options: dict[str, Any] = dict(model.card.options)
    network = build_network(model.card.architecture, len(model.card.channels), len(classes), **options)
    name, head = _head_of(network, model.card.name)
    if weights.shape != (head.in_features, len(classes)) or bias.shape != (len(classes),):
        raise ArgumentError(
            f"The classifier has weights of shape {weights.shape}, but {model.card.name!r} has embeddings of "
            f"{head.in_features} numbers, and {len(classes)} classes are named.",
            "Fit it on this model's embeddings.",
        )
    state = {key: value for key, value in model.network().state_dict().items() if not key.startswith(f"{name}.")}
    state[f"{name}.weight"] = torch.tensor(weights.T, dtype=torch.float32)
    state[f"{name}.bias"] = torch.tensor(bias, dtype=torch.float32)
    network.load_state_dict(state)
    return to_model(network.eval(), model.card.model_copy(update={"classes": classes, **card}))


def _head_of(network: Classifier, title: str) -> tuple[str, nn.Linear]:
    heads = [
        (name, module)
        for name, module in network.named_modules()
        if isinstance(module, nn.Linear)
        and (module.in_features, module.out_features) == (network.embedding_size, network.n_classes)
    ]
    if not heads or heads[-1][1].bias is None:
        raise ArgumentError(
            f"The network of {title!r} does not end in one linear layer, so it cannot take another classifier.",
            "Choose a model with an ordinary classifier.",
        )
    return heads[-1]
