"""The screen as rows of words and numbers, for whoever shows it."""

from dataclasses import dataclass
from math import nan
from time import monotonic
from typing import Literal

from napari_ben.plates import Plate
from napari_ben.session._screen_state import ScreenRun
from napari_ben.session._state import SessionState
from napari_ben.session._words import STAGES, count_words, seconds_words
from napari_ben.workflow import PlateOutcome, Progress, Scores, ScreenResults, ScreenStep

Standing = Literal["idle", "running", "done", "failed"]


@dataclass(frozen=True)
class ScreenRow:
    """One plate of the screen.

    Parameters
    ----------
    plate, experiment
        Their names.
    n_wells
        With images.
    standing
        How far the plate is.
    words
        The same in words, with the progress or the reason.
    share
        Of the running stage that is done, 0–1.
    scores
        Of its finished run.
    problems
        Of the plate and of its run.
    """

    plate: str
    experiment: str
    n_wells: int
    standing: Standing
    words: str
    share: float
    scores: Scores
    problems: tuple[str, ...]


def screen_rows(state: SessionState) -> tuple[ScreenRow, ...]:
    """Give a row for each plate of the screen, in its order."""
    if state.screen is None:
        return ()
    experiments, steps = state.screen.table["experiment"], state.screen_run.steps
    return tuple(_row(plate, str(experiments[plate.name]), steps.get(plate.name)) for plate in state.screen)


def screen_line(run: ScreenRun, n_plates: int, now: float | None = None) -> str:
    """Say how many plates have ended, and how long the others will take.

    Examples
    --------
    >>> screen_line(ScreenRun("running"), 24, now=9.0)
    '0 of 24 plates'
    """
    outcomes = run.outcomes.values()
    words = f"{len(outcomes)} of {count_words(n_plates, 'plate')}"
    if run.phase == "cancelling":
        return f"Cancelling… {words} done"
    made = sum(outcome.status == "predicted" for outcome in outcomes)
    if run.phase == "idle" or not made or len(outcomes) == n_plates:
        return words
    elapsed = (monotonic() if now is None else now) - run.started
    return f"{words} · {seconds_words(elapsed / made * (n_plates - len(outcomes)))} left"


def screen_end_words(state: SessionState, results: ScreenResults | None) -> str:
    """Say how a run over the screen ended; without results it was stopped."""
    counts: dict[str, int] = {}
    for outcome in state.screen_run.outcomes.values():
        counts[outcome.status] = counts.get(outcome.status, 0) + 1
    words = ", ".join(f"{number} {_STATUS[status]}" for status, number in counts.items()) or "no plate finished"
    if results is None:
        return f"Stopped: {words}. What is finished is kept; Run all goes on with the others."
    return f"{words.capitalize()}. Tables and figure of the screen: {results.folder}."


_STATUS = {"predicted": "predicted", "skipped": "finished before", "failed": "failed"}


def _row(plate: Plate, experiment: str, step: ScreenStep | None) -> ScreenRow:
    outcome = None if step is None else step.outcome
    progress = None if step is None else step.progress
    standing, words = _standing(outcome, progress)
    share = progress.done / progress.total if progress is not None and progress.total else 0.0
    problems = plate.problems if outcome is None else outcome.problems
    scores = Scores() if outcome is None else outcome.scores
    return ScreenRow(plate.name, experiment, len(plate.imaged), standing, words, share, scores, tuple(problems))


def _standing(outcome: PlateOutcome | None, progress: Progress | None) -> tuple[Standing, str]:
    if outcome is not None:
        if outcome.status == "failed":
            return "failed", f"failed: {' '.join(outcome.problems)}"
        return "done", "done" if outcome.status == "predicted" else "done before"
    if progress is None:
        return "idle", "not run"
    if progress.stage == "waiting":
        return "running", "waiting for a worker"
    return "running", f"{STAGES.get(progress.stage, '')}{progress.done} of {progress.total} {progress.unit}"


def accuracy_words(scores: Scores) -> str:
    """Write an accuracy with its interval.

    Examples
    --------
    >>> accuracy_words(Scores(accuracy=0.9, accuracy_low=0.6, accuracy_high=0.98))
    '90 % (60–98)'
    """
    if scores.accuracy is None:
        return ""
    low, high = (100 * (value if value is not None else nan) for value in (scores.accuracy_low, scores.accuracy_high))
    return f"{100 * scores.accuracy:.0f} % ({low:.0f}–{high:.0f})"
