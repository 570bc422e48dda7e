"""All runs of a comparison, planned before the first of them; each kept as it ends, so that a stopped one goes on."""

import json
from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

from napari_ben.errors import FileError
from napari_ben.evaluation import Run
from napari_ben.methods import ContextStatistics
from napari_ben.results import (
    ARCHIVE_FILE,
    RUN_FILE,
    STATISTICS_FILE,
    Predictions,
    restore_predictions,
    run_text,
    store_predictions,
    write_folder,
)
from napari_ben.workflow._compare_config import Sweep
from napari_ben.workflow._contenders import Contender, Entrant
from napari_ben.workflow._inputs import InputCache
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._progress import Progress
from napari_ben.workflow._record import record_plate
from napari_ben.workflow._run import run_prediction

__all__ = ["RUNS_FOLDER", "Trial", "run_trial"]

RUNS_FOLDER = "runs"


@dataclass(frozen=True, eq=False)
class Trial:
    """One run of a comparison.

    Parameters
    ----------
    plan
        What will be done.
    contender, entrant
        The model and the plate; the plan's plate may hold fewer wells.
    method
        As it was asked for, such as ``cs-arm-bn@count``.
    is_shown
        Whether it has a row of its own; the base of aligned embeddings may not.
    sweep
        What is varied; None in the main comparison.
    setting
        Of the sweep: wells, or the Dirichlet parameter.
    draw
        Number of the draw.
    """

    plan: Plan
    contender: Contender
    entrant: Entrant
    method: str
    is_shown: bool = True
    sweep: Sweep | None = None
    setting: float = 0.0
    draw: int = 0

    @property
    def key(self) -> str:
        """Content of the wish: plate as recorded, weights and config; the pixels are trusted to be the same."""
        wish = {
            "plate": record_plate(self.plan.plate).model_dump(mode="json"),
            "model": self.plan.model.sha256,
            "config": self.plan.config.model_dump(mode="json", exclude={"device", "threads", "cache_bytes"}),
        }
        return sha256(json.dumps(wish, sort_keys=True).encode()).hexdigest()[:20]

    def to_run(self, predictions: Predictions) -> Run:
        """Give the run as the evaluation takes it."""
        return Run(
            self.contender.label,
            self.method,
            predictions,
            self.contender.seed,
            self.entrant.group,
            self.entrant.experiment,
        )


def run_trial(trial: Trial, cache: InputCache, folder: Path | None) -> Generator[Progress, None, Predictions]:
    """Carry a trial out, or give what it gave before.

    Parameters
    ----------
    trial
        From the plan of a comparison.
    cache
        Decoded images of the plate.
    folder
        Where the comparison is kept; None keeps nothing.

    Yields
    ------
    Progress
        Of the run; nothing when it is known already.
    """
    own = None if folder is None else folder / RUNS_FOLDER / trial.key
    known = None if own is None else _recall(own)
    if known is not None:
        return known
    predictions = yield from run_prediction(trial.plan, cache)
    if own is not None:
        _keep(predictions, own)
    return predictions


def _keep(predictions: Predictions, folder: Path) -> None:
    def write(target: Path) -> None:
        store_predictions(predictions, target / ARCHIVE_FILE)
        if predictions.statistics is not None:
            predictions.statistics.save(target / STATISTICS_FILE)

    write_folder(folder, write)
    write_folder(folder, partial(_write_run, predictions))


def _write_run(predictions: Predictions, folder: Path) -> None:
    (folder / RUN_FILE).write_text(run_text(predictions), encoding="utf-8")


def _recall(folder: Path) -> Predictions | None:
    """Give a finished run; the run file is written last, so what has it is whole."""
    if not (folder / RUN_FILE).is_file():
        return None
    try:
        known = restore_predictions(folder / ARCHIVE_FILE)
        path = folder / STATISTICS_FILE
        return replace(known, statistics=ContextStatistics.load(path)) if path.is_file() else known
    except FileError:  # done again
        return None
