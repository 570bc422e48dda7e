"""The runs of a comparison on the workers of a scheduler: a plate's runs each, kept as they end."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari_ben.errors import ArgumentError, NapariBenError
from napari_ben.workflow._kept import KeptRuns
from napari_ben.workflow._progress import Progress
from napari_ben.workflow._scheduled import run_on_client
from napari_ben.workflow._trials import Trial

if TYPE_CHECKING:
    from distributed import Client

    from napari_ben.workflow._contenders import Entrant

__all__ = ["spread_trials"]


def spread_trials(trials: Sequence[Trial], folder: Path | None, client: "Client") -> Generator[Progress]:
    """Let a client's workers make the runs of a comparison, a plate's runs each; `run_comparison` then finds them.

    Parameters
    ----------
    trials
        From `plan_comparison`.
    folder
        Where finished runs are kept, and found again; workers must see it too.
    client
        Of `open_client`.

    Yields
    ------
    Progress
        In plates; the stage is that of the plate of which something was heard.

    Raises
    ------
    NapariBenError
        When there is no folder; or when runs of a plate could not be made, after those of all other plates, with the
        first plate's reason.
    """
    if folder is None:
        raise ArgumentError(
            "Workers leave the runs of a comparison in a folder, and none was named.", "Name one with --out."
        )
    by_entrant: dict[Entrant, list[Trial]] = {}
    for trial in trials:
        by_entrant.setdefault(trial.entrant, []).append(trial)
    works = [
        KeptRuns(tuple(trial.plan for trial in own), tuple(trial.place(folder.absolute()) for trial in own))
        for own in by_entrant.values()
    ]
    ended: dict[int, NapariBenError | None] = {}
    for position, found in run_on_client(works, client):
        if isinstance(found, Progress):
            yield Progress(len(ended), len(works), "plates", found.stage)
        else:
            ended[position] = found
    if errors := [error for _, error in sorted(ended.items()) if error is not None]:
        raise errors[0]
