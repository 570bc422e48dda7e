"""How far the statistics of each run lie from the training's, and the plates of one method from each other."""

from collections.abc import Sequence

import pandas as pd

from napari_ben.evaluation import Run, drift_between, drift_from
from napari_ben.methods import ContextStatistics
from napari_ben.workflow._contenders import Contender

__all__ = ["drift_of_runs", "plate_distances"]

_KEYS = ["model", "method", "plate"]


def drift_of_runs(runs: Sequence[Run], contenders: Sequence[Contender]) -> pd.DataFrame:
    """Compare every run's statistics with those that its model carries from training.

    Returns
    -------
    pandas.DataFrame
        One row a plate, model, method, seed and layer: as `drift_from`, with ``model``, ``method`` and ``seed``. Runs
        without statistics of their own are absent.
    """
    parts = []
    for contender in contenders:
        own = [run for run in runs if (run.model, run.seed) == (contender.label, contender.seed)]
        measured = [(run, run.predictions.statistics) for run in own]
        known = [(run, item) for run, item in measured if isinstance(item, ContextStatistics)]
        if not known:
            continue
        trained = ContextStatistics.from_network(contender.model.network())
        for run, statistics in known:
            layers = drift_from(trained, {run.predictions.plate_name: statistics})
            parts.append(layers.assign(model=run.model, method=run.method, seed=run.seed))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def plate_distances(runs: Sequence[Run]) -> pd.DataFrame:
    """Compare the statistics of each two plates of a model and method, over all layers; first seeds only.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``method``, ``plate``, ``other``, ``distance``; each pair once.
    """
    cells: dict[tuple[str, str], dict[str, ContextStatistics]] = {}
    for run in runs:
        statistics = run.predictions.statistics
        if isinstance(statistics, ContextStatistics) and run.seed == 0:
            cells.setdefault((run.model, run.method), {})[run.predictions.plate_name] = statistics
    rows = []
    for (model, method), by_plate in cells.items():
        table = drift_between(by_plate)
        names, distances = list(table.columns), table.to_numpy(dtype=float)
        rows += [
            {"model": model, "method": method, "plate": plate, "other": other, "distance": distances[one, two]}
            for one, plate in enumerate(names)
            for two, other in enumerate(names[:one])
        ]
    return pd.DataFrame(rows)
