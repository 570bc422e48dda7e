"""Several methods and models on the same plates, side by side."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from napari_ben.evaluation import Run, class_counts, compare_runs, over_plates, to_markdown
from napari_ben.models import Model, load_model
from napari_ben.results import write_folder
from napari_ben.workflow._config import CompareConfig, make_config
from napari_ben.workflow._inputs import InputCache
from napari_ben.workflow._open import Plates, open_plates
from napari_ben.workflow._plan import Plan, plan_prediction
from napari_ben.workflow._progress import Progress
from napari_ben.workflow._run import run_prediction


@dataclass(frozen=True, eq=False)
class Comparison:
    """Runs of several methods and models, and the column that holds the true class.

    Parameters
    ----------
    runs
        One for each plate, model and method.
    labels
        Platemap column with the true class; found by itself when None.
    """

    runs: tuple[Run, ...]
    labels: str | None = None

    @property
    def table(self) -> pd.DataFrame:
        """One row a run: accuracies with intervals, confidence; see `compare_runs`."""
        return compare_runs(self.runs, self.labels)

    @property
    def summary(self) -> pd.DataFrame:
        """One row a model and method: means over plates with a bootstrap interval; see `over_plates`."""
        return over_plates(self.table)

    @property
    def counts(self) -> pd.DataFrame:
        """Wells of each predicted class, one column a run."""
        return class_counts(self.runs)

    def to_markdown(self) -> str:
        """Give the table of runs in Markdown."""
        return to_markdown(self.table)

    def save(self, folder: str | Path) -> tuple[Path, ...]:
        """Write the tables as CSV and Markdown; all of them or none.

        Raises
        ------
        SaveError
            When they cannot be written.
        """

        def write(target: Path) -> None:
            self.table.to_csv(target / "comparison.csv", index=False, lineterminator="\n")
            self.summary.to_csv(target / "summary.csv", index=False, lineterminator="\n")
            self.counts.to_csv(target / "class_counts.csv", lineterminator="\n")
            (target / "comparison.md").write_text(self.to_markdown(), encoding="utf-8")

        return write_folder(Path(folder), write)


def compare(plates: Plates, models: Sequence[str | Path | Model], **options: object) -> Comparison:
    """Run several methods and models on the same plates.

    Parameters
    ----------
    plates
        A plate, a screen, or the path of either.
    models
        Models, names or files.
    **options
        Fields of `CompareConfig`: ``methods``, ``labels``, ``context``, ``device`` and so on.

    Raises
    ------
    NapariBenError
        When any of the runs is refused; then nothing is run.
    """
    config = make_config(CompareConfig, **options)
    run = run_comparison(plan_comparison(plates, models, config), config)
    while True:
        try:
            next(run)
        except StopIteration as finished:
            comparison: Comparison = finished.value
            return comparison


def plan_comparison(plates: Plates, models: Sequence[str | Path | Model], config: CompareConfig) -> tuple[Plan, ...]:
    """Plan all runs, plate by plate, so that a refusal comes before the first of them."""
    loaded = [model if isinstance(model, Model) else load_model(model) for model in models]
    return tuple(
        plan_prediction(plate, model, config.of_method(method))
        for plate in open_plates(plates)
        for model in loaded
        for method in config.methods
    )


def run_comparison(plans: Sequence[Plan], config: CompareConfig) -> Generator[Progress, None, Comparison]:
    """Carry plans out one after the other; images of a plate are decoded once.

    Yields
    ------
    Progress
        Of each run in turn.
    """
    runs = []
    cache = InputCache(config.cache_bytes)
    for number, plan in enumerate(plans):
        if number and plan.plate is not plans[number - 1].plate:
            cache = InputCache(config.cache_bytes)
        predictions = yield from run_prediction(plan, cache)
        runs.append(Run(plan.model.card.name, plan.method.name, predictions))
    return Comparison(tuple(runs), config.labels)
