"""Carrying a plan out: measure, adapt, answer."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_ben.embedding import pca
from napari_ben.errors import PlateError
from napari_ben.results import Predictions
from napari_ben.workflow._adapt import adapt
from napari_ben.workflow._device import device_name, find_device, memory_in_words, processor_threads
from napari_ben.workflow._ensemble import join_predictions
from napari_ben.workflow._gather import gather
from napari_ben.workflow._inputs import FieldReader, InputCache
from napari_ben.workflow._measure import measure
from napari_ben.workflow._pixels import measure_pixels
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._progress import Circumstances, FieldBatch, Progress
from napari_ben.workflow._sets import stream_sets
from napari_ben.workflow._stream import stream

if TYPE_CHECKING:
    import torch

    from napari_ben.methods import ContextStatistics
    from napari_ben.models import Classifier


def run_prediction(
    plan: Plan, cache: InputCache | None = None, multiplicity: NDArray[np.float64] | None = None
) -> Generator[Progress, None, Predictions]:
    """Carry out a plan, handing back control after every chunk; closing the generator stops the work.

    Parameters
    ----------
    plan
        From `plan_prediction`.
    cache
        Decoded images to share with other runs; one of its own, dropped at the end, when None.
    multiplicity
        (m,) how often each image of ``plan.statistics_rows`` counts; once when None.

    Yields
    ------
    Progress
        Stages ``pixels``, ``reading`` and ``statistics`` where needed, then ``prediction`` with the wells that became
        ready.

    Returns
    -------
    Predictions
        Complete, with the layout ``PCA``.

    Raises
    ------
    DeviceError, ContextError, MethodError, ModelFileError, PlateError
        When the device is not there or too small, images or network are not what the plan took them for, or none of
        the images to predict can be read.
    """
    kept = InputCache(plan.config.cache_bytes) if cache is None else cache
    predictions = yield from _run_model(plan, kept, multiplicity)
    if plan.others:
        answers = [predictions]
        for other in plan.others:
            run = _run_model(other, kept, multiplicity)
            answers.append((yield from _silently(run)))
        predictions = join_predictions(plan, answers)
    return predictions.with_layout("PCA", pca(predictions.embeddings))


def _silently(run: Generator[Progress, None, Predictions]) -> Generator[Progress, None, Predictions]:
    """Hand on how far a run is, but not the wells that are finished: those are shown by the ensemble's first model."""
    while True:
        try:
            progress = next(run)
        except StopIteration as finished:
            predictions: Predictions = finished.value
            return predictions
        yield replace(progress, finished=None)


def _run_model(
    plan: Plan, cache: InputCache, multiplicity: NDArray[np.float64] | None
) -> Generator[Progress, None, Predictions]:
    device = find_device(plan.config.device)
    with processor_threads(plan.config.threads), memory_in_words(device):
        pixels = (yield from measure_pixels(plan, cache)) if len(plan.pixel_rows) else None
        reader = FieldReader(plan, cache, pixels)
        network = plan.model.network().to(device)
        statistics = None
        if plan.context is not None and not plan.method.in_sets:
            statistics = yield from measure(plan, reader, network, device, multiplicity)
        finished: list[FieldBatch] = []
        for progress in _answer(plan, reader, network, statistics, device):
            finished += [] if progress.finished is None else [progress.finished]
            yield progress
    return gather(plan, _with_all_problems(plan, finished, reader), is_complete=True)


def _answer(
    plan: Plan,
    reader: FieldReader,
    network: "Classifier",
    statistics: "ContextStatistics | None",
    device: "torch.device",
) -> Generator[Progress]:
    import torch

    circumstances = Circumstances(device_name(device), statistics, torch.__version__)
    if plan.method.in_sets:
        return stream_sets(plan, reader, network, circumstances, device)
    return stream(plan, reader, adapt(plan, network, statistics), circumstances, device)


def partial_predictions(plan: Plan, finished: Sequence[FieldBatch]) -> Predictions:
    """Give the wells that were finished when a run was stopped, as predictions that say so."""
    return gather(plan, finished, is_complete=False)


def drain(run: Generator[Progress, None, Predictions]) -> Predictions:
    """Carry a run through without looking."""
    while True:
        try:
            next(run)
        except StopIteration as finished:
            predictions: Predictions = finished.value
            return predictions


def _with_all_problems(plan: Plan, finished: list[FieldBatch], reader: FieldReader) -> list[FieldBatch]:
    """Let the last batch tell what was met after it too: wells without a readable image make no batch."""
    if not finished:
        raise PlateError(
            f"None of the {len(plan.rows)} images to predict can be read. {reader.problems[0]}",
            "Copy or export the plate again, or choose other wells.",
        )
    return [*finished[:-1], replace(finished[-1], problems=reader.problems)]
