"""What the network says about images with the statistics that the method uses at inference."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from napari_ben.methods import apply_statistics, cut_into_sets, measure_statistics
from napari_ben.models import Classifier
from napari_ben.training._config import TrainingConfig
from napari_ben.training._data import TrainingData
from napari_ben.training._pixels import chunks_of
from napari_ben.training._recipes import RECIPES

__all__ = ["follow_plates", "well_accuracy"]

Rows = NDArray[np.int64]


def well_accuracy(
    network: Classifier, data: TrainingData, held: NDArray[np.bool_], config: TrainingConfig, device: torch.device
) -> float:
    """Share of the held-out wells whose mean logits name the right class.

    Parameters
    ----------
    network
        With plain normalisation layers; it is left as it is.
    data
        All images; those of a plate that are not held out may serve as context.
    held
        From ``hold_out``.
    config, device
        Of the run.
    """
    tables = []
    for adapted, rows in follow_plates(network, data, np.flatnonzero(held & data.is_labelled), config, device):
        with torch.inference_mode():
            logits = torch.cat([adapted(chunk).float().cpu() for chunk in chunks_of(data, rows, device)])
        known = {"plate": data.plates[rows], "well": data.wells[rows], "label": data.labels[rows]}
        tables.append(pd.DataFrame(logits.numpy()).assign(**known))
    wells = pd.concat(tables).groupby(["plate", "well"]).mean()
    right = wells.drop(columns="label").to_numpy().argmax(axis=1) == wells["label"].to_numpy()
    return float(right.mean())


def follow_plates(
    network: Classifier, data: TrainingData, rows: Rows, config: TrainingConfig, device: torch.device
) -> Iterator[tuple[Classifier, Rows]]:
    """Give the network with the statistics of each plate, or set of images, and the rows that it is to answer."""
    for plate in np.unique(data.plates[rows]):
        asked = rows[data.plates[rows] == plate]
        for context, weights in _contexts(data, np.flatnonzero(data.plates == plate), config):
            answered = asked if RECIPES[config.method].context != "sets" else np.intersect1d(asked, context)
            if len(answered):
                yield _adapt(network, data, context, weights, device), answered


def _contexts(
    data: TrainingData, here: Rows, config: TrainingConfig
) -> Iterator[tuple[Rows, NDArray[np.float64] | None]]:
    """Rows that form statistics together, and how much each counts; None leaves the network its own."""
    recipe = RECIPES[config.method]
    weight = recipe.control_weight(config)
    if recipe.context == "none":
        yield here, None
    elif recipe.context == "sets":
        for members in cut_into_sets(data.wells[here].astype(object), config.batch_size, config.seed):
            yield here[members], np.ones(len(members))
    elif weight is None:
        yield here, np.ones(len(here))
    else:
        is_control = data.is_control[here]
        shares = (weight / max(1, is_control.sum()), (1 - weight) / max(1, (~is_control).sum()))
        yield here, np.where(is_control, *shares)


def _adapt(
    network: Classifier, data: TrainingData, rows: Rows, weights: NDArray[np.float64] | None, device: torch.device
) -> Classifier:
    if weights is None:
        return network.eval()
    used = weights > 0
    images = chunks_of(data, rows[used], device)
    return apply_statistics(network, measure_statistics(network, images, weights=torch.from_numpy(weights[used])))
