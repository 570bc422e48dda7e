"""One plate of a screen, from plan to files: the piece of work that may run anywhere.

A task holds all that it needs and gives back a small value, so that a scheduler can send it to another process. What
goes wrong with one plate is its outcome, not an error: the others go on.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import pandas as pd

from napari_ben.embedding import umap_refusal
from napari_ben.errors import FileError, NapariBenError
from napari_ben.results import ARCHIVE_FILE, RUN_FILE, Predictions
from napari_ben.workflow._inputs import InputCache
from napari_ben.workflow._layout import UMAP, run_umap
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._progress import Progress
from napari_ben.workflow._record import RunRecord, record_plate
from napari_ben.workflow._rerun import read_run
from napari_ben.workflow._run import run_prediction
from napari_ben.workflow._scores import Scores, score_run
from napari_ben.workflow._stability import run_stability

Status = Literal["predicted", "skipped", "failed"]
WELLS_FILE = "wells.csv"
_NOT_OF_THE_RESULT = {"device", "chunk_size", "memory_budget", "cache_bytes", "threads"}


@dataclass(frozen=True)
class Extras:
    """What is made of each plate beside its predictions.

    Parameters
    ----------
    formats
        As in `Predictions.save`; ``csv`` and ``archive`` are written in any case: the table of the screen is made of
        the one, the other shows the run again.
    umap
        Whether to lay the embedding out with UMAP too.
    n_resamples
        How often the context's wells are drawn anew to see how stable the classes are; each draw is one more run.
    """

    formats: tuple[str, ...] = ("csv", "png", "svg")
    umap: bool = False
    n_resamples: int = 0


@dataclass(frozen=True, eq=False)
class PlateTask:
    """A plan, and where its results go; a `PlateWork` whose outcome is a `PlateOutcome`.

    Parameters
    ----------
    plan
        What to do.
    folder
        For tables, figures and the run file; absolute.
    extras
        What is made beside the predictions.
    """

    plan: Plan
    folder: Path
    extras: Extras = Extras()

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The plan alone."""
        return (self.plan,)

    def with_plans(self, plans: Sequence[Plan]) -> "PlateTask":
        """Give the task with a changed plan."""
        (plan,) = plans
        return replace(self, plan=plan)

    def carry_out(self) -> "Generator[Progress, None, PlateOutcome]":
        """Predict the plate; see `run_plate`."""
        return run_plate(self)

    def failed(self, error: NapariBenError) -> "PlateOutcome":
        """Say why the plate was not predicted."""
        return failed_plate(self.plan.plate.name, self.folder, error)

    @property
    def resamples(self) -> bool:
        """Whether contexts are drawn anew: where that is asked for, and the method has one context for the plate."""
        return self.extras.n_resamples > 0 and self.plan.context is not None and not self.plan.method.in_sets


@dataclass(frozen=True)
class PlateOutcome:
    """What became of a plate.

    Parameters
    ----------
    plate
        Its name.
    status
        ``skipped`` where an earlier run had finished it in the same way.
    folder
        Where its results lie.
    n_wells, n_fields
        That were predicted; 0 where it failed.
    context
        In words; blank where the method has none.
    problems
        What was left out, or why it failed.
    scores
        How good the plate's run is.
    """

    plate: str
    status: Status
    folder: Path
    n_wells: int = 0
    n_fields: int = 0
    context: str = ""
    problems: tuple[str, ...] = ()
    scores: Scores = field(default_factory=Scores)


def run_plate(task: PlateTask) -> Generator[Progress, None, PlateOutcome]:
    """Predict a plate and write its results, unless they are there already.

    Yields
    ------
    Progress
        As `run_prediction`; nothing for a plate that is skipped.
    """
    plan = task.plan
    if (earlier := known_outcome(task)) is not None:
        return earlier
    cache = InputCache(plan.config.cache_bytes)
    try:
        predictions = yield from run_prediction(plan, cache)
        resampled = (yield from _resample(task, predictions, cache)) if task.resamples else None
        predictions = score_run(predictions, plan.model, resampled)
        if task.extras.umap and umap_refusal(len(predictions)) is None:
            predictions = yield from run_umap(predictions)
        predictions.save(task.folder, tuple(dict.fromkeys(("csv", "archive", *task.extras.formats))))
    except NapariBenError as error:
        return task.failed(error)
    return _outcome(task, "predicted", _record_of(predictions))


def _resample(task: PlateTask, predictions: Predictions, cache: InputCache) -> Generator[Progress, None, pd.DataFrame]:
    """Measure how firm the classes are; the tables that come on the way are for somebody who watches one plate."""
    steps = run_stability(task.plan, task.extras.n_resamples, cache=cache, reference=predictions)
    try:
        while True:
            step = next(steps)
            if isinstance(step, Progress):
                yield step
    except StopIteration as finished:
        table: pd.DataFrame = finished.value
        return table
    finally:
        steps.close()


def failed_plate(name: str, folder: Path, error: NapariBenError) -> PlateOutcome:
    """Say why a plate was not predicted."""
    return PlateOutcome(name, "failed", folder, problems=(str(error),))


def known_outcome(task: PlateTask) -> PlateOutcome | None:
    """Give the outcome of a plate that an earlier run finished; None where there is something to do."""
    earlier = finished_run(task)
    return None if earlier is None else _outcome(task, "skipped", earlier)


def finished_run(task: PlateTask) -> RunRecord | None:
    """Run file of an earlier run, if it finished this very task: same images, roles, model and options."""
    path = task.folder / RUN_FILE
    if not all((task.folder / name).is_file() for name in (RUN_FILE, WELLS_FILE, ARCHIVE_FILE)):
        return None
    try:
        record = read_run(path)
    except FileError:
        return None
    plan = task.plan
    moved = record.plate.model_copy(update={"path": ""}) == record_plate(plan.plate).model_copy(update={"path": ""})
    same_options = record.config.model_dump(exclude=_NOT_OF_THE_RESULT) == plan.config.model_dump(
        exclude=_NOT_OF_THE_RESULT
    )
    is_laid_out = not task.extras.umap or UMAP in record.layouts
    recorded = [record.model.sha256, *(other.sha256 for other in record.ensemble)]
    same_models = recorded == [plan.model.sha256, *(other.model.sha256 for other in plan.others)]
    is_same = moved and same_options and is_laid_out and same_models
    is_scored = record.scores is not None and not (task.resamples and record.scores.stability is None)
    return record if record.complete and is_same and is_scored else None


def _record_of(predictions: Predictions) -> RunRecord:
    return RunRecord.model_validate(dict(predictions.run))


def _outcome(task: PlateTask, status: Status, record: RunRecord) -> PlateOutcome:
    return PlateOutcome(
        plate=task.plan.plate.name,
        status=status,
        folder=task.folder,
        n_wells=record.n_wells,
        n_fields=record.n_fields,
        context=record.context.description if record.context else "",
        problems=record.problems,
        scores=record.scores or Scores(),
    )
