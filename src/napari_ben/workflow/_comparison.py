"""What a comparison found: tables, and one page with all of them, the figures, and how it was measured."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

import pandas as pd

from napari_ben.evaluation import (
    Run,
    batch_effects,
    class_accuracy,
    class_counts,
    compare_runs,
    judge_runs,
    match_runs,
    over_plates,
    summarise,
    to_markdown,
)
from napari_ben.results import (
    Page,
    write_figure,
    write_folder,
    write_page,
)
from napari_ben.workflow._compare_config import CompareConfig
from napari_ben.workflow._drift import plate_distances
from napari_ben.workflow._trials import Trial

__all__ = ["Comparison", "Costs"]

_CONFIG_FILE = "comparison.json"


@dataclass(frozen=True)
class Costs:
    """What a comparison took.

    Parameters
    ----------
    n_runs
        Runs of a network over a plate.
    forward_passes
        Network inputs that went through a network, those of runs that were known already included.
    """

    n_runs: int = 0
    forward_passes: int = 0

    @classmethod
    def of(cls, trials: Sequence[Trial]) -> Self:
        """Count what runs will take."""
        return cls(len(trials), sum(trial.plan.forward_passes for trial in trials))

    def describe(self) -> str:
        """Give one line for a person.

        >>> Costs(2, 1536).describe()
        '2 runs, 1,536 network inputs'
        """
        return f"{self.n_runs} runs, {self.forward_passes:,} network inputs"


@dataclass(frozen=True, eq=False)
class Comparison:
    """Runs of several methods and models, judged.

    Parameters
    ----------
    runs
        One for each plate, model, seed and method.
    config
        What was asked for.
    sweeps
        From `summarise_sweeps`.
    notes
        What should be known about the runs, in whole sentences.
    costs
        What they took.
    drift
        From `drift_of_runs`.
    """

    runs: tuple[Run, ...]
    config: CompareConfig = field(default_factory=CompareConfig)
    sweeps: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: tuple[str, ...] = ()
    costs: Costs = Costs()
    drift: pd.DataFrame = field(default_factory=pd.DataFrame)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a run: accuracies with intervals, confidence; see `compare_runs`."""
        return compare_runs(self.runs, self.config.labels)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row a group, model and method, with intervals over plates and seeds; see `summarise`."""
        return summarise(self.judged, judge_runs(self.runs, self.config.labels, "field"))

    @cached_property
    def judged(self) -> pd.DataFrame:
        """One row a well with a known class and run; see `judge_runs`."""
        return judge_runs(self.runs, self.config.labels)

    @cached_property
    def classes(self) -> pd.DataFrame:
        """One row a class, group, model and method; see `class_accuracy`."""
        return class_accuracy(self.judged)

    @cached_property
    def effects(self) -> pd.DataFrame:
        """One row a model and method: how much of its embeddings is the plate; see `batch_effects`."""
        return batch_effects(self.runs)

    @cached_property
    def matches(self) -> pd.DataFrame:
        """One row a model and method: how often treatments find their like; empty unless asked for."""
        match = self.config.match
        return pd.DataFrame() if match is None else match_runs(self.runs, match, self.config.compound)

    @property
    def overall(self) -> pd.DataFrame:
        """One row a model and method: means over all plates; see `over_plates`."""
        return over_plates(self.table)

    @property
    def counts(self) -> pd.DataFrame:
        """Wells of each predicted class, one column a run."""
        return class_counts(self.runs)

    def to_markdown(self) -> str:
        """Give the tables in Markdown: run by run, then group by group where a group has several, then of matches."""
        are_several = not self.judged.empty and len(self.summary) < len(self.table)
        tables = [self.table, *([self.summary] if are_several else []), *([] if self.matches.empty else [self.matches])]
        return "\n".join(map(to_markdown, tables))

    def to_page(self) -> Page:
        """Give the whole comparison as a page; its figures are written by `save`."""
        from napari_ben.workflow._comparison_page import comparison_blocks

        plates = dict.fromkeys(run.predictions.plate_name for run in self.runs)
        title = f"Comparison on {len(plates)} plate{'s' if len(plates) > 1 else ''}"
        return Page(title, tuple(comparison_blocks(self)))

    def save(self, folder: str | Path) -> tuple[Path, ...]:
        """Write tables as CSV, figures as PNG and SVG, and the page as Markdown and HTML; all of them or none.

        Raises
        ------
        SaveError
            When they cannot be written.
        """
        from napari_ben.workflow._comparison_page import comparison_figures

        def write(target: Path) -> None:
            for name, table in self._tables().items():
                table.to_csv(target / f"{name}.csv", index=name == "class_counts", lineterminator="\n")
            (target / "comparison.md").write_text(self.to_markdown(), encoding="utf-8")
            (target / _CONFIG_FILE).write_text(self.config.model_dump_json(indent=2), encoding="utf-8")
            for name, figure in comparison_figures(self):
                for ending in ("png", "svg"):
                    write_figure(figure, target / f"{name}.{ending}")
            write_page(self.to_page(), target, "report")

        return write_folder(Path(folder), write, _CONFIG_FILE)

    def _tables(self) -> dict[str, pd.DataFrame]:
        tables = {"comparison": self.table, "class_counts": self.counts, "summary": self.overall}
        judged = {"groups": self.summary, "classes": self.classes, "judged_wells": self.judged}
        tables |= {} if self.judged.empty else judged
        tables |= {} if self.matches.empty else {"matches": self.matches}
        tables |= {} if self.effects.empty else {"batch_effects": self.effects}
        tables |= {} if self.drift.empty else {"drift": self.drift, "plate_distances": plate_distances(self.runs)}
        return tables | ({} if self.sweeps.empty else {"sweeps": self.sweeps})
