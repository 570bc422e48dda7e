"""What single wells do to a run: how far each moves the statistics, and how far the answers would move without some."""

from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from napari_ben.errors import MethodError
from napari_ben.evaluation import deal_wells, jackknife_error
from napari_ben.methods import ContextStatistics, WellMoments
from napari_ben.workflow._device import find_device, memory_in_words, processor_threads
from napari_ben.workflow._inputs import FieldReader, InputCache
from napari_ben.workflow._measure import measure
from napari_ben.workflow._pixels import measure_pixels
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._progress import Progress
from napari_ben.workflow._run import run_prediction

if TYPE_CHECKING:
    import torch
    from torch import nn

    from napari_ben.results import Predictions

__all__ = ["run_jackknife", "run_well_moments"]

_AT_ONCE = 16


def run_well_moments(plan: Plan, cache: InputCache | None = None) -> Generator[Progress, None, WellMoments]:
    """Measure what each well of the statistics contributes to them; two forward passes an image, the first often known.

    Every image counts once, also where the method gives controls another weight.

    Parameters
    ----------
    plan
        From `plan_prediction`; of a method with one context for the plate.
    cache
        Decoded images to share with other runs.

    Yields
    ------
    Progress
        Stages ``pixels``, ``reading`` and ``statistics``.

    Returns
    -------
    WellMoments
        For `napari_ben.evaluation.well_influence` and `region_drift`.

    Raises
    ------
    MethodError
        When the method has no context, or one for each of many sets.
    """
    from napari_ben.methods import apply_statistics

    plan.require_context()
    device = find_device(plan.config.device)
    kept = InputCache(plan.config.cache_bytes) if cache is None else cache
    with processor_threads(plan.config.threads), memory_in_words(device):
        pixels = (yield from measure_pixels(plan, kept)) if len(plan.pixel_rows) else None
        reader = FieldReader(plan, kept, pixels)
        network = plan.model.network().to(device)
        statistics: ContextStatistics = yield from measure(plan, reader, network, device)
        adapted = apply_statistics(network, statistics, plan.config.variance)
        return (yield from _well_by_well(plan, reader, adapted, device))


def _well_by_well(
    plan: Plan, reader: FieldReader, adapted: "nn.Module", device: "torch.device"
) -> Generator[Progress, None, WellMoments]:
    from napari_ben.methods import exact_arithmetic, iter_well_moments

    n_images = len(plan.statistics_rows)
    steps = iter_well_moments(adapted, _chunks(plan, reader), device)
    try:
        while True:
            with exact_arithmetic(device):
                done = next(steps)
            yield Progress(min(done * _AT_ONCE, n_images), n_images, "images", "statistics")
    except StopIteration as finished:
        moments: WellMoments = finished.value
        return moments
    finally:
        steps.close()


def _chunks(plan: Plan, reader: FieldReader) -> "Iterator[tuple[torch.Tensor, Sequence[str]]]":
    """Give the images of the statistics, some fields at a time, with the well of each."""
    import torch

    names = plan.plate.fields["well"].to_numpy(dtype=object)
    for start in range(0, len(plan.statistics_rows), _AT_ONCE):
        rows = plan.statistics_rows[start : start + _AT_ONCE]
        read = [(row, inputs.images) for row, inputs in zip(rows, reader.read(rows), strict=True) if inputs is not None]
        if read:
            wells = [str(names[row]) for row, images in read for _ in range(len(images))]
            yield torch.from_numpy(np.concatenate([images for _, images in read])), wells


def run_jackknife(
    plan: Plan,
    n_groups: int = 10,
    seed: int = 0,
    cache: InputCache | None = None,
    reference: "Predictions | None" = None,
) -> Generator[Progress, None, pd.DataFrame]:
    """Say how far each well's probabilities would move with another context: groups of its wells are left out in turn.

    Parameters
    ----------
    plan
        From `plan_prediction`; of a method with one context for the plate.
    n_groups
        Into which the context's wells are dealt; the run is repeated as often.
    seed
        Of the dealing.
    cache
        Decoded images to share with other runs.
    reference
        What the plan predicts, where that is known; predicted first when None.

    Yields
    ------
    Progress
        Of each run in turn.

    Returns
    -------
    pandas.DataFrame
        Index ``well``; ``pred_class``, its ``probability`` and the ``error`` of that (standard error of the
        delete-a-group jackknife).

    Raises
    ------
    MethodError
        When the method has no context, one for each of many sets, or a context of one well.
    """
    groups = deal_wells(plan.require_context(), n_groups, seed)
    if len(groups) < 2:
        raise MethodError("A context of one well has nothing to leave out.", "Choose more wells.")
    kept = InputCache(plan.config.cache_bytes) if cache is None else cache
    known = reference if reference is not None else (yield from run_prediction(plan, kept))
    wells = plan.plate.fields["well"].iloc[plan.statistics_rows].to_numpy(dtype=object)
    best = known.well_probabilities().argmax(axis=1)
    chosen = []
    for group in groups:
        left = np.where(plan.in_context & np.isin(wells, list(group)), 0.0, 1.0)
        without = yield from run_prediction(plan, kept, left)
        chosen.append(without.well_probabilities()[np.arange(len(best)), best])
    table = known.wells[["pred_class"]].copy()
    table["probability"] = known.well_probabilities()[np.arange(len(best)), best]
    table["error"] = jackknife_error(chosen)
    return table
