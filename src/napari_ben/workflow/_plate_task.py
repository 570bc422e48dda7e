"""One plate of a screen, from plan to files: the piece of work that may run anywhere.

A task holds all that it needs and gives back a small value, so that a scheduler can send it to another process. What
goes wrong with one plate is its outcome, not an error: the others go on.
"""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from napari_ben.embedding import umap_refusal
from napari_ben.errors import FileError, NapariBenError
from napari_ben.results import RUN_FILE, Predictions
from napari_ben.workflow._layout import UMAP, run_umap
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._progress import Progress
from napari_ben.workflow._record import RunRecord, record_plate
from napari_ben.workflow._rerun import read_run
from napari_ben.workflow._run import run_prediction

Status = Literal["predicted", "skipped", "failed"]
WELLS_FILE = "wells.csv"
_NOT_OF_THE_RESULT = {"device", "chunk_size", "memory_budget", "cache_bytes", "threads"}


@dataclass(frozen=True, eq=False)
class PlateTask:
    """A plan, and where its results go.

    Parameters
    ----------
    plan
        What to do.
    folder
        For tables, figures and the run file.
    formats
        As in `Predictions.save`; ``csv`` is written in any case, the table of the screen is made of it.
    umap
        Whether to lay the embedding out with UMAP too.
    """

    plan: Plan
    folder: Path
    formats: tuple[str, ...] = ("csv", "png", "svg")
    umap: bool = False


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
    """

    plate: str
    status: Status
    folder: Path
    n_wells: int = 0
    n_fields: int = 0
    context: str = ""
    problems: tuple[str, ...] = ()


def run_plate(task: PlateTask) -> Generator[Progress, None, PlateOutcome]:
    """Predict a plate and write its results, unless they are there already.

    Yields
    ------
    Progress
        As `run_prediction`; nothing for a plate that is skipped.
    """
    plan = task.plan
    if (earlier := finished_run(task)) is not None:
        return _outcome(task, "skipped", earlier)
    try:
        predictions = yield from run_prediction(plan)
        if task.umap and umap_refusal(len(predictions)) is None:
            predictions = yield from run_umap(predictions)
        predictions.save(task.folder, ("csv", *(name for name in task.formats if name != "csv")))
    except NapariBenError as error:
        return failed_plate(plan.plate.name, task.folder, error)
    return _outcome(task, "predicted", _record_of(predictions))


def failed_plate(name: str, folder: Path, error: NapariBenError) -> PlateOutcome:
    """Say why a plate was not predicted."""
    return PlateOutcome(name, "failed", folder, problems=(str(error),))


def finished_run(task: PlateTask) -> RunRecord | None:
    """Run file of an earlier run, if it finished this very task: same images, roles, model and options."""
    path = task.folder / RUN_FILE
    if not (path.is_file() and (task.folder / WELLS_FILE).is_file()):
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
    is_laid_out = not task.umap or UMAP in record.layouts
    recorded = [record.model.sha256, *(other.sha256 for other in record.ensemble)]
    same_models = recorded == [plan.model.sha256, *(other.model.sha256 for other in plan.others)]
    is_same = moved and same_options and is_laid_out and same_models
    return record if record.complete and is_same else None


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
    )
