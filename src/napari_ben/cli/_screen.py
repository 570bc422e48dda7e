"""A screen that is predicted, as a person sees it: plate after plate, what failed, and where the tables lie."""

from collections.abc import Generator
from typing import TYPE_CHECKING

import typer

from napari_ben.cli._progress import STOPPED, Reporter, warn

if TYPE_CHECKING:
    from distributed import Client

    from napari_ben.workflow import PlateOutcome, ScreenPlan, ScreenResults, ScreenStep

FAILED = 1  # the exit code when plates are missing from the tables


def watch_screen(plan: "ScreenPlan", scheduler: str | None = None, workers: int | None = None) -> None:
    """Carry out a screen, here or on workers; a plate that fails is told, and the others go on.

    Raises
    ------
    typer.Exit
        With `FAILED` when a plate failed, with `STOPPED` when the person stopped the run.
    """
    from napari_ben.workflow import open_client

    with open_client(scheduler, workers) as client:
        _watch(plan, client)


def _watch(plan: "ScreenPlan", client: "Client | None") -> None:
    from napari_ben.evaluation import to_markdown
    from napari_ben.workflow import run_screen

    run = run_screen(plan, client)
    try:
        results = _follow(run, plan)
    except KeyboardInterrupt:
        run.close()  # writes the tables of what is finished
        warn(f"Stopped. Finished plates lie in {plan.folder}; run the same command again to go on with the others.")
        raise typer.Exit(STOPPED) from None
    typer.echo(to_markdown(results.overview), nl=False)
    counts = results.table["status"].value_counts()
    words = ", ".join(f"{count} {status}" for status, count in counts.items())
    typer.echo(f"{plan.screen.name}: {words} → {plan.folder / 'wells.csv'}, {plan.folder / 'plates.csv'}")
    if counts.get("failed", 0):
        raise typer.Exit(FAILED)


def _follow(run: "Generator[ScreenStep, None, ScreenResults]", plan: "ScreenPlan") -> "ScreenResults":
    reporter = Reporter("")
    for task in plan.tasks:
        warn(*(f"{task.plan.plate.name}: {sentence}" for sentence in task.plan.warnings))
    try:
        while True:
            step = next(run)
            if step.progress is not None:
                reporter.title = f"{step.plate} ({step.number} of {step.total})"
                progress = step.progress
                reporter.show(progress.stage, progress.done, progress.total, progress.unit)
            if step.outcome is not None:
                reporter.finish()
                _tell(step.outcome)
    except StopIteration as finished:
        results: ScreenResults = finished.value
        return results
    finally:
        reporter.finish()


def _tell(outcome: "PlateOutcome") -> None:
    if outcome.status == "failed":
        warn(f"{outcome.plate} failed. {' '.join(outcome.problems)}")
        return
    warn(*(f"{outcome.plate}: {problem}" for problem in outcome.problems))
    done = (
        "was finished before" if outcome.status == "skipped" else f"{outcome.n_wells} wells, {outcome.n_fields} fields"
    )
    typer.echo(f"{outcome.plate}: {done} → {outcome.folder}")
