"""Runs that are kept in a folder as they end, and found again."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from napari_ben.errors import FileError, NapariBenError
from napari_ben.methods import ContextStatistics
from napari_ben.results import ARCHIVE_FILE, RUN_FILE, STATISTICS_FILE, Predictions, restore_predictions
from napari_ben.workflow._inputs import InputCache
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._progress import Progress
from napari_ben.workflow._run import run_prediction

__all__ = ["KeptRuns", "recall_run", "run_kept"]


def recall_run(folder: Path) -> Predictions | None:
    """Give the run that was kept in a folder; None where there is none, or its files are damaged."""
    if not (folder / RUN_FILE).is_file():
        return None
    try:
        known = restore_predictions(folder / ARCHIVE_FILE)
        path = folder / STATISTICS_FILE
        return replace(known, statistics=ContextStatistics.load(path)) if path.is_file() else known
    except FileError:
        return None


def run_kept(plan: Plan, cache: InputCache, folder: Path | None) -> Generator[Progress, None, Predictions]:
    """Carry a plan out, or give what it gave before.

    Parameters
    ----------
    plan
        What to do.
    cache
        Decoded images of the plate.
    folder
        Where this very run is kept; None keeps nothing.

    Yields
    ------
    Progress
        Of the run; nothing when it is known already.
    """
    known = None if folder is None else recall_run(folder)
    if known is not None:
        return known
    predictions = yield from run_prediction(plan, cache)
    if folder is not None:
        predictions.save(folder, ("archive",))
    return predictions


@dataclass(frozen=True, eq=False)
class KeptRuns:
    """Several runs on one plate, its images decoded once; a `PlateWork` whose outcome is what went wrong.

    Parameters
    ----------
    plans
        The runs.
    folders
        Where each is kept, absolute.
    """

    plans: tuple[Plan, ...]
    folders: tuple[Path, ...]

    def with_plans(self, plans: Sequence[Plan]) -> "KeptRuns":
        """Give the same work with changed plans."""
        return replace(self, plans=tuple(plans))

    def carry_out(self) -> Generator[Progress, None, NapariBenError | None]:
        """Make the runs that are not kept yet."""
        cache = InputCache(self.plans[0].config.cache_bytes)
        try:
            for plan, folder in zip(self.plans, self.folders, strict=True):
                yield from run_kept(plan, cache, folder)
        except NapariBenError as error:
            return error
        return None

    def failed(self, error: NapariBenError) -> NapariBenError:
        """Say why the runs are not all there."""
        return error
