"""How far the answers of a run are to be trusted: the run repeated with other contexts, as tables beside its own."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from napari_ben.cli._progress import follow

if TYPE_CHECKING:
    import pandas as pd

    from napari_ben.results import Predictions
    from napari_ben.workflow import InputCache, Plan, Progress


@dataclass(frozen=True)
class Studies:
    """What is studied of a plate beside its predictions.

    Parameters
    ----------
    n_resamples
        How often the context's wells are drawn anew, with replacement; 0 leaves it out.
    n_groups
        Into how many groups the context's wells are dealt, of which each is left out in turn; 0 leaves it out.
    """

    n_resamples: int = 0
    n_groups: int = 0

    def check(self, plan: "Plan") -> None:
        """Refuse before the run what needs a context where there is none.

        Raises
        ------
        MethodError
            When the method has no context, or one for each of many sets.
        """
        if self.n_resamples or self.n_groups:
            plan.require_context()

    def carry_out(self, plan: "Plan", predictions: "Predictions", cache: "InputCache", folder: Path) -> None:
        """Make ``stability.csv`` and ``jackknife.csv``, and say what they come to."""
        from napari_ben.workflow import run_jackknife, run_stability

        name = plan.plate.name
        if self.n_resamples:
            steps = run_stability(plan, self.n_resamples, cache=cache, reference=predictions)
            table = follow(_progress_of(steps), name)
            _save(table, folder / "stability.csv")
            kept = (table["stability"] == 1).sum()
            typer.echo(f"stability: {kept} of {len(table)} wells keep their class in all {self.n_resamples} draws")
        if self.n_groups:
            table = follow(run_jackknife(plan, self.n_groups, cache=cache, reference=predictions), name)
            _save(table, folder / "jackknife.csv")
            typer.echo(f"jackknife: the error of a probability is {table['error'].median():.3f} (median over wells)")


def _progress_of(steps: "Generator[Progress | pd.DataFrame, None, pd.DataFrame]") -> "Generator[Progress, None, Any]":
    """Leave out the tables that come on the way; they are for somebody who watches."""
    import pandas as pd

    while True:
        try:
            step = next(steps)
        except StopIteration as finished:
            return finished.value
        if not isinstance(step, pd.DataFrame):
            yield step


def _save(table: "pd.DataFrame", path: Path) -> None:
    from napari_ben._whole import saved_file

    with saved_file(path, "The table") as unfinished:
        table.to_csv(unfinished, lineterminator="\n")
