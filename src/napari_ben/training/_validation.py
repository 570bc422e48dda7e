"""Accuracy of wells on held-out plates or wells, with the statistics that the method uses at inference."""

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from napari_ben.errors import ArgumentError
from napari_ben.methods import apply_statistics, measure_statistics
from napari_ben.training._config import TrainingConfig
from napari_ben.training._data import TrainingData
from napari_ben.training._recipes import RECIPES

__all__ = ["hold_out", "well_accuracy"]

_CHUNK = 64


def hold_out(data: TrainingData, config: TrainingConfig) -> NDArray[np.bool_]:
    """(N,) bool: rows that validate and never train. Wells are held out whole, controls stay as context.

    Raises
    ------
    ArgumentError
        A plate to validate on is not among the data.
    """
    unknown = sorted(set(config.validation_plates) - set(data.plate_names))
    if unknown:
        raise ArgumentError(
            f"There is no plate {unknown[0]!r} to validate on.", f"Choose among: {', '.join(data.plate_names)}."
        )
    if config.validation_plates:
        numbers = [data.plate_names.index(name) for name in config.validation_plates]
        return np.isin(data.plates, numbers)
    return _hold_out_wells(data, config)


def _hold_out_wells(data: TrainingData, config: TrainingConfig) -> NDArray[np.bool_]:
    """Hold out a share of the wells of every class on every plate, never all of them."""
    rng = np.random.default_rng([config.seed, 0])
    held = np.zeros(len(data), bool)
    table = pd.DataFrame({"plate": data.plates, "label": data.labels, "well": data.wells})[data.is_labelled]
    for (plate, _), group in table.groupby(["plate", "label"], sort=True):
        wells = np.unique(group["well"])
        count = min(int(config.validation_share * len(wells) + rng.random()), len(wells) - 1)
        held |= (data.plates == plate) & np.isin(data.wells, rng.permutation(wells)[:count])
    return held


def well_accuracy(
    network: nn.Module, data: TrainingData, held: NDArray[np.bool_], config: TrainingConfig, device: torch.device
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
    for plate in np.unique(data.plates[held & data.is_labelled]):
        here = data.plates == plate
        adapted = _adapt(network, data, here, config, device)
        rows = np.flatnonzero(here & held & data.is_labelled)
        with torch.inference_mode():
            logits = torch.cat([adapted(chunk).cpu() for chunk in _chunks(data, rows, device)])
        table = pd.DataFrame(logits.numpy()).assign(well=data.wells[rows], label=data.labels[rows])
        tables.append(table.groupby("well").mean())
    wells = pd.concat(tables)
    right = wells.drop(columns="label").to_numpy().argmax(axis=1) == wells["label"].to_numpy()
    return float(right.mean())


def _adapt(
    network: nn.Module, data: TrainingData, here: NDArray[np.bool_], config: TrainingConfig, device: torch.device
) -> nn.Module:
    recipe = RECIPES[config.method]
    if not recipe.adapts:
        return network.eval()
    rows = np.flatnonzero(here)
    weights = np.ones(len(rows))
    if recipe.uses_controls:
        is_control = data.is_control[rows]
        weights[is_control] = config.control_weight / is_control.sum()
        weights[~is_control] = (1 - config.control_weight) / max(1, (~is_control).sum())
    used = weights > 0
    statistics = measure_statistics(network, _chunks(data, rows[used], device), weights=torch.from_numpy(weights[used]))
    return apply_statistics(network, statistics)


def _chunks(data: TrainingData, rows: NDArray[np.int64], device: torch.device) -> "list[torch.Tensor]":
    return [torch.from_numpy(data.images[rows[i : i + _CHUNK]]).to(device) for i in range(0, len(rows), _CHUNK)]
