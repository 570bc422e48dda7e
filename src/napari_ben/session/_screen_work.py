"""A run over the screen as work: each plate is written as it ends, and what is finished is found again."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from napari_ben.models import Model
from napari_ben.plates import Screen
from napari_ben.results import Predictions
from napari_ben.session._screen_state import Workforce
from napari_ben.session._torch import load_torch_library

if TYPE_CHECKING:
    from napari_ben.workflow import Extras, PlateOutcome, PredictConfig, Progress, ScreenResults, ScreenStep

_BETWEEN_STEPS = 0.2
"""Seconds between two words about plates that have not ended."""


@dataclass(frozen=True, eq=False)
class ScreenWish:
    """What is asked of a screen.

    Parameters
    ----------
    screen, model, config
        What is predicted, by what, and how: the same for all plates.
    folder
        Of the results.
    extras
        What is made of each plate beside its predictions.
    """

    screen: Screen
    model: Model
    config: "PredictConfig"
    folder: Path
    extras: "Extras"


@dataclass(frozen=True)
class ScreenNews:
    """A word about one plate, and how many plates have ended."""

    step: "ScreenStep"
    progress: "Progress"


def screen_work(
    wish: ScreenWish, workforce: Workforce
) -> Generator["ScreenNews | None", "bool | None", "ScreenResults | None"]:
    """Predict all plates; when asked to stop, those that are finished stay, and None is returned."""
    from napari_ben.workflow import open_client, plan_screen, run_screen

    yield None
    load_torch_library()
    plan = plan_screen(wish.screen.ready_for(wish.config.context), [wish.model], wish.config, wish.folder, wish.extras)
    with open_client(workforce.scheduler, workforce.workers) as client:
        run = run_screen(plan, client)
        try:
            return (yield from _told(run))
        finally:
            run.close()


def _told(
    run: "Generator[ScreenStep, None, ScreenResults]",
) -> Generator[ScreenNews, "bool | None", "ScreenResults | None"]:
    """Hand on every end of a plate, and other words about a plate no more often than can be seen."""
    from napari_ben.workflow import Progress

    ended: set[str] = set()
    due: dict[str, float] = {}
    while True:
        try:
            step = next(run)
        except StopIteration as finished:
            results: ScreenResults = finished.value
            return results
        ended |= {step.plate} if step.outcome else set()
        if step.outcome is None and monotonic() < due.get(step.plate, 0.0):
            continue
        due[step.plate] = monotonic() + _BETWEEN_STEPS
        if (yield ScreenNews(step, Progress(len(ended), step.total, "plates", "prediction"))):
            return None


def survey_work(wish: ScreenWish) -> Generator[None, "bool | None", "tuple[PlateOutcome, ...]"]:
    """Find the plates that are finished already, and those that would be refused."""
    from napari_ben.workflow import known_outcomes, plan_screen

    yield
    screen = wish.screen.ready_for(wish.config.context)
    return known_outcomes(plan_screen(screen, [wish.model], wish.config, wish.folder, wish.extras))


def recall_work(folder: Path) -> Generator[None, "bool | None", Predictions | None]:
    """Read the results of a plate that was predicted with its screen."""
    from napari_ben.workflow import recall_run

    yield
    return recall_run(folder)
