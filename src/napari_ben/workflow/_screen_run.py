"""Every plate of a screen with statistics of its own: one task a plate, finished plates skipped, one table of all.

Plates run one after the other, or on the workers of a scheduler; each is written as it is finished, so that a run that
is stopped can be started again. The tasks do not know of each other.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari_ben.errors import NapariBenError
from napari_ben.models import Model
from napari_ben.plates import Screen
from napari_ben.readers import open_screen
from napari_ben.results import check_export
from napari_ben.workflow._config import PredictConfig, make_config
from napari_ben.workflow._ensemble import Models, load_models, plan_ensemble, share_all_pixels
from napari_ben.workflow._plate_task import Extras, PlateOutcome, PlateTask, failed_plate, known_outcome
from napari_ben.workflow._plate_work import one_by_one
from napari_ben.workflow._progress import Progress
from napari_ben.workflow._scheduled import run_on_client
from napari_ben.workflow._screen_results import ScreenResults

if TYPE_CHECKING:
    from distributed import Client

_USUAL = Extras()


@dataclass(frozen=True, eq=False)
class ScreenPlan:
    """What a run over a screen will do.

    Parameters
    ----------
    screen
        Its plates and their experiments.
    folder
        Of all results; each plate has a folder of its name in it.
    tasks
        One a plate that can be predicted.
    refused
        The plates that cannot, with the reason.
    """

    screen: Screen
    folder: Path
    tasks: tuple[PlateTask, ...]
    refused: tuple[PlateOutcome, ...] = ()


@dataclass(frozen=True, eq=False)
class ScreenStep:
    """How far a screen is.

    Parameters
    ----------
    number, total
        Of the plate that is worked on, from 1, and of all plates.
    plate
        Its name.
    progress
        Of its run; None when it has ended.
    outcome
        What became of it; None while it runs.
    """

    number: int
    total: int
    plate: str
    progress: Progress | None = None
    outcome: PlateOutcome | None = None


def plan_screen(
    screen: Screen,
    models: Sequence[Model],
    config: PredictConfig,
    folder: Path,
    extras: Extras = _USUAL,
) -> ScreenPlan:
    """Plan every plate, for models that answer together; a plate that is refused does not stop the others.

    Raises
    ------
    NapariBenError
        When every plate is refused; the first one's reason.
    """
    check_export(folder, extras.formats)
    place = folder.absolute()
    plans, refused = [], []
    first: NapariBenError | None = None
    for plate in screen.ready_for(config.context):
        try:
            plans.append(plan_ensemble(plate, models, config))
        except NapariBenError as error:
            first = first or error
            refused.append(failed_plate(plate.name, place / plate.name, error))
    if first is not None and not plans:
        raise first
    tasks = [
        PlateTask(plan, place / plan.plate.name, extras)
        for plan in share_all_pixels(plans, dict(screen.table["experiment"]))
    ]
    return ScreenPlan(screen, folder, tuple(tasks), tuple(refused))


def known_outcomes(plan: ScreenPlan) -> tuple[PlateOutcome, ...]:
    """Give what is known before a run: the plates that are refused, and those that an earlier run finished."""
    known = [known_outcome(task) for task in plan.tasks]
    return (*plan.refused, *(outcome for outcome in known if outcome is not None))


def run_screen(plan: ScreenPlan, client: "Client | None" = None) -> Generator[ScreenStep, None, ScreenResults]:
    """Carry out the tasks of a screen, and write the tables of all.

    Parameters
    ----------
    plan
        From `plan_screen`.
    client
        Of `open_client`, whose workers take a plate each; without it one plate runs after the other, here.

    Yields
    ------
    ScreenStep
        With each step of each plate. The tables are written at the end, and when the run is closed before.

    Raises
    ------
    SaveError
        When the tables of the screen cannot be written.
    """
    outcomes = {outcome.plate: outcome for outcome in plan.refused}
    total = len(plan.tasks) + len(plan.refused)
    for number, outcome in enumerate(plan.refused, start=1):
        yield ScreenStep(number, total, outcome.plate, outcome=outcome)
    work = one_by_one(plan.tasks) if client is None else run_on_client(plan.tasks, client)
    try:
        for position, found in work:
            name, number = plan.tasks[position].plan.plate.name, len(plan.refused) + position + 1
            if isinstance(found, Progress):
                yield ScreenStep(number, total, name, progress=found)
            else:
                outcomes[name] = found
                yield ScreenStep(number, total, name, outcome=found)
    finally:  # what was finished before somebody stopped the run counts too
        work.close()
        results = _results(plan, outcomes)
        results.save()
    return results


def predict_screen(
    screen: Screen | str | Path,
    model: Models,
    out: str | Path,
    *,
    extras: Extras = _USUAL,
    client: "Client | None" = None,
    **options: object,
) -> ScreenResults:
    """Predict every plate of a screen into a folder; run again, it goes on where it was stopped.

    Parameters
    ----------
    screen
        A screen, or its path.
    model
        A model, its name, or its file; or several, which then answer together.
    out
        Folder of the results: one folder a plate, ``wells.csv`` of all plates and ``plates.csv``.
    extras
        What is made of each plate beside its predictions.
    client
        As in `run_screen`.
    **options
        Fields of `PredictConfig`: ``method``, ``context`` and so on; ``controls:shared`` is the controls that all
        plates have.

    Raises
    ------
    NapariBenError
        When no plate can be predicted.
    """
    opened = screen if isinstance(screen, Screen) else open_screen(screen)
    plan = plan_screen(opened, load_models(model), make_config(PredictConfig, **options), Path(out), extras)
    run = run_screen(plan, client)
    while True:
        try:
            next(run)
        except StopIteration as finished:
            results: ScreenResults = finished.value
            return results


def _results(plan: ScreenPlan, outcomes: dict[str, PlateOutcome]) -> ScreenResults:
    in_order = tuple(outcomes[plate.name] for plate in plan.screen if plate.name in outcomes)
    experiments = {str(name): str(of) for name, of in plan.screen.table["experiment"].items()}
    formats = plan.tasks[0].extras.formats if plan.tasks else ()
    return ScreenResults(plan.folder, in_order, experiments, formats)
