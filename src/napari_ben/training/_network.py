"""The network of a run, and what goes with it in training only."""

from typing import Any

import torch
from torch import nn

from napari_ben.errors import ArgumentError, MethodError
from napari_ben.methods import batch_norms
from napari_ben.models import Classifier, build_network, load_model
from napari_ben.training._arm_cml import with_context
from napari_ben.training._config import TrainingConfig
from napari_ben.training._data import TrainingData
from napari_ben.training._losses import CosineHead
from napari_ben.training._recipes import RECIPES

__all__ = [
    "build_classifier",
    "build_heads",
    "check_network",
    "fill_start",
    "layout_of",
    "make_optimizer",
    "network_options",
]


def network_options(config: TrainingConfig) -> dict[str, Any]:
    """Options of the architecture, with those that the method and the loss ask for."""
    options = with_context(config) if config.method == "arm-cml" else dict(config.options)
    if config.loss == "arcface":
        options = {**options, "head": "cosine"}
    if RECIPES[config.method].is_contrastive:
        options = {**options, "head": "unit"}
    return options


def build_classifier(data: TrainingData, config: TrainingConfig, device: torch.device) -> Classifier:
    """Build the network that will be saved, with seeded weights."""
    sizes = len(data.channels), len(data.classes)
    network = build_network(config.architecture, *sizes, seed=config.seed, **network_options(config)).to(device)
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=layout_of(network))
    return network


def fill_start(network: Classifier, config: TrainingConfig) -> None:
    """Fill a fresh network with the weights that it starts from; layers of another size stay as they are.

    Raises
    ------
    ArgumentError
        When these are of another architecture, or none of its layers has their size.
    """
    if config.start_from is None:
        return
    model = load_model(config.start_from)
    if model.card.architecture != config.architecture:
        raise ArgumentError(
            f"The network cannot start from {model.card.name!r}: it is a {model.card.architecture!r}, and a "
            f"{config.architecture!r} is trained.",
            f"Train a {model.card.architecture!r}, or start from another model.",
        )
    own = network.state_dict()
    found = model.network().state_dict()
    fitting = {name: tensor for name, tensor in found.items() if name in own and own[name].shape == tensor.shape}
    if not any(tensor.ndim > 1 for tensor in fitting.values()):
        raise ArgumentError(
            f"The network cannot start from {model.card.name!r}: none of its layers has the size of one of that model, "
            f"whose options are {model.card.options}.",
            "Give these options, or start from another model.",
        )
    network.load_state_dict({**own, **fitting})


def check_network(network: Classifier, data: TrainingData, config: TrainingConfig) -> None:
    """Refuse a network that cannot do what is asked of it; shows it one empty image of each size that it is to meet.

    Raises
    ------
    MethodError
        It has no layers for statistics of a context.
    ArgumentError
        It does not take images of that size.
    """
    if RECIPES[config.method].context != "none":
        try:
            batch_norms(network)
        except MethodError as error:
            raise MethodError(
                error.problem, "Train with 'erm', or a network with BatchNorm such as resnet18."
            ) from error
    device = next(network.parameters()).device
    windows = {data.tiling.size, *([] if config.crop is None else [(config.crop, config.crop)])}
    for height, width in windows:
        try:
            with torch.inference_mode():
                network.eval()(torch.zeros(1, len(data.channels), height, width, device=device))
        except torch.cuda.OutOfMemoryError:  # a RuntimeError too, but not about the size
            raise
        except (RuntimeError, AssertionError) as error:  # AssertionError: of timm, where sizes are fixed
            raise ArgumentError(
                f"The network {config.architecture!r} does not take images of {height} × {width} pixels: "
                f"{str(error).splitlines()[0]}",
                "Choose another size with tiling and crop, or another network.",
            ) from error


def layout_of(network: nn.Module) -> torch.memory_format:
    """How images and weights lie in memory: channels last is a third faster on a CPU, and suits tensor cores.

    Not where a strided 1×1 convolution has fewer than 8 input channels: oneDNN's gradient of it writes beyond its
    memory then (seen with torch 2.13 on a processor with AVX2, no AVX-512).
    """
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    risky = (c for c in convolutions if c.kernel_size == (1, 1) and max(c.stride) > 1 and c.in_channels < 8)
    return torch.contiguous_format if any(risky) else torch.channels_last


def build_heads(network: Classifier, config: TrainingConfig, device: torch.device) -> nn.ModuleDict:
    """Build heads that training needs beside the classifier, and that are not saved with it."""
    heads = nn.ModuleDict()
    size = network.embedding_size
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        if config.loss == "both":
            heads["arcface"] = CosineHead(size, network.n_classes)
        if RECIPES[config.method].is_contrastive:
            heads["projection"] = nn.Sequential(
                nn.Linear(size, size), nn.ReLU(inplace=True), nn.Linear(size, config.contrast.projection)
            )
    return heads.to(device)


def make_optimizer(parameters: list[nn.Parameter], config: TrainingConfig) -> torch.optim.Optimizer:
    """Make the optimiser that the config names."""
    rate, decay = config.learning_rate, config.weight_decay
    match config.optimizer:
        case "adamw":
            return torch.optim.AdamW(parameters, lr=rate, weight_decay=decay)
        case "adam":
            return torch.optim.Adam(parameters, lr=rate, weight_decay=decay)
        case "sgd":
            return torch.optim.SGD(parameters, lr=rate, weight_decay=decay, momentum=0.9)
