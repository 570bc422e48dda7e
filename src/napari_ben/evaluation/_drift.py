"""How far statistics moved: from the training, between plates, from the edge to the middle, and by single wells.

All distances are those of `ContextStatistics.distance`: Wasserstein-2 between normal distributions, in pooled standard
deviations, root mean square over channels. Over layers the root mean square is taken once more, every layer alike.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ben.errors import ContextError
from napari_ben.methods import ContextStatistics, LayerMoments, WellMoments

if TYPE_CHECKING:
    from torch import nn

__all__ = ["chance_drift", "drift_between", "drift_from", "overall_drift", "region_drift", "well_influence"]


def drift_from(reference: "ContextStatistics | nn.Module", by_plate: Mapping[str, ContextStatistics]) -> pd.DataFrame:
    """Say how far each plate's statistics lie from the training's, layer by layer.

    Returns
    -------
    pandas.DataFrame
        One row a plate and layer: ``plate``, ``layer``, ``depth`` (from 0, in the order of the forward pass),
        ``mean_shift``, ``scale_shift``, ``distance``.
    """
    parts = []
    for name, statistics in by_plate.items():
        layers = statistics.distance(reference).reset_index()
        layers.insert(0, "plate", name)
        layers.insert(2, "depth", np.arange(len(layers)))
        parts.append(layers.drop(columns="n_channels"))
    return pd.concat(parts, ignore_index=True)


def overall_drift(reference: "ContextStatistics | nn.Module", statistics: ContextStatistics) -> float:
    """Say how far statistics lie from the training's, over all layers: pooled standard deviations."""
    return _over_layers(statistics.distance(reference)["distance"])


def drift_between(by_plate: Mapping[str, ContextStatistics]) -> pd.DataFrame:
    """Say how far plates lie from each other, over all layers: a square table, zero on its diagonal."""
    names = list(by_plate)
    table = pd.DataFrame(0.0, index=pd.Index(names, name="plate"), columns=names)
    for number, one in enumerate(names):
        for other in names[:number]:
            distance = _over_layers(by_plate[one].distance(by_plate[other])["distance"])
            table.loc[one, other] = table.loc[other, one] = distance
    return table


def region_drift(moments: WellMoments, region: Sequence[str]) -> pd.DataFrame:
    """Say how far the wells of a region, such as the edge, lie from all others, layer by layer.

    Returns
    -------
    pandas.DataFrame
        As `ContextStatistics.distance`.

    Raises
    ------
    ContextError
        When the region holds all wells that were measured, or none.
    """
    inside = [well for well in moments.wells if well in set(region)]
    outside = [well for well in moments.wells if well not in set(region)]
    if not inside or not outside:
        raise ContextError(
            f"The region holds {len(inside)} of the {len(moments.wells)} wells measured; both sides need wells.",
            "Measure wells inside and outside of it.",
        )
    return moments.pool(inside).distance(moments.pool(outside))


def chance_drift(moments: WellMoments, n_wells: int, n_draws: int = 20, seed: int = 0) -> NDArray[np.float64]:
    """Say how far as many wells as a region has, drawn at random, lie from all others: what chance alone gives.

    Returns
    -------
    numpy.ndarray
        (n_draws,) float64, over all layers.
    """
    random = np.random.default_rng(seed)
    regions = (random.choice(moments.wells, n_wells, replace=False) for _ in range(n_draws))
    return np.array([_over_layers(region_drift(moments, list(region))["distance"]) for region in regions])


def well_influence(moments: WellMoments) -> pd.DataFrame:
    """Say how far each well moves the statistics: with all wells against all but this one.

    Returns
    -------
    pandas.DataFrame
        Index ``well``: ``influence`` (pooled standard deviations, over all layers), ``times_typical`` (over the median
        of the wells), ``layer`` (where it is largest). Sorted, the most influential first.

    Raises
    ------
    ContextError
        When there are fewer than 2 wells.
    """
    if len(moments.wells) < 2:
        raise ContextError("One well cannot be left out: nothing would remain.", "Measure 2 or more wells.")
    distances = pd.DataFrame(
        {name: _leave_one_out_distance(layer) for name, layer in moments.layers.items()},
        index=pd.Index(moments.wells, name="well"),
    )
    influence = np.sqrt((distances**2).mean(axis=1))
    typical = float(np.median(influence))
    table = pd.DataFrame(
        {
            "influence": influence,
            "times_typical": influence / typical if typical > 0 else np.ones(len(influence)),
            "layer": distances.idxmax(axis=1),
        }
    )
    return table.sort_values("influence", ascending=False, kind="stable")


def _leave_one_out_distance(layer: LayerMoments) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    everything = layer.pool(np.ones(len(layer.count), dtype=bool))
    mean, variance = layer.leave_one_out()
    scale = np.sqrt((everything.variance + variance) / 2)
    scale = np.where(scale > 0, scale, 1)
    mean_shift = (everything.mean - mean) / scale
    scale_shift = (np.sqrt(everything.variance) - np.sqrt(variance)) / scale
    distance: np.ndarray[tuple[int], np.dtype[np.float64]] = np.sqrt((mean_shift**2 + scale_shift**2).mean(axis=1))
    return distance


def _over_layers(distances: "pd.Series[float]") -> float:
    return float(np.sqrt((distances**2).mean()))
