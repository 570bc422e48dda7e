"""What a run over a screen leaves in its folder: a table and a figure of its plates, and a table of all wells."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from napari_ben.results import screen_figure, write_figure, write_folder
from napari_ben.workflow._plate_task import WELLS_FILE, PlateOutcome

PLATES_FILE = "plates.csv"
_COUNTS = ("n_wells", "n_fields")
_SCORES = (
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "n_labelled",
    "separation",
    "separation_between",
    "drift",
    "stability",
)
_COLUMNS = ("plate", "experiment", "status", *_COUNTS, *_SCORES, "context", "n_problems", "problems")
_SHOWN = ("plate", "experiment", "status", "n_wells", "accuracy", "separation", "drift", "stability", "n_problems")


@dataclass(frozen=True, eq=False)
class ScreenResults:
    """What a run over a screen left in a folder.

    Parameters
    ----------
    folder
        Of all results.
    outcomes
        One a plate, in the order of the screen.
    experiments
        Plate → experiment.
    formats
        As in `Predictions.save`; ``png`` and ``svg`` draw the table of plates too.
    """

    folder: Path
    outcomes: tuple[PlateOutcome, ...]
    experiments: dict[str, str]
    formats: tuple[str, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """One row a plate; see `plates_table`."""
        return plates_table(self.outcomes, self.experiments)

    @property
    def overview(self) -> pd.DataFrame:
        """The columns of `table` that fit a screen, accuracies with their intervals as text, blanks for the unknown."""
        table = self.table.reset_index()
        table["accuracy"] = [_with_interval(*row) for row in table[list(_SCORES[:3])].itertuples(index=False)]
        for name in ("separation", "drift", "stability"):
            table[name] = ["" if pd.isna(value) else f"{value:.3f}" for value in table[name]]
        return table[list(_SHOWN)]

    @property
    def wells(self) -> pd.DataFrame:
        """The wells of all plates that were predicted, one row each, as exported, with their experiment."""
        tables = [
            pd.read_csv(outcome.folder / WELLS_FILE, keep_default_na=False).assign(
                Metadata_Experiment=self.experiments.get(outcome.plate, "")
            )
            for outcome in self.outcomes
            if outcome.status != "failed"
        ]
        return pd.concat(tables, ignore_index=True).fillna("") if tables else pd.DataFrame()

    def save(self) -> tuple[Path, ...]:
        """Write ``plates.csv`` and ``wells.csv`` of the whole screen, and draw ``plates``; all of them or none.

        Raises
        ------
        SaveError
            When they cannot be written.
        """

        def write(target: Path) -> None:
            self.table.reset_index().to_csv(target / PLATES_FILE, index=False, lineterminator="\n", encoding="utf-8")
            self.wells.to_csv(target / WELLS_FILE, index=False, lineterminator="\n", encoding="utf-8")
            endings = [ending for ending in ("png", "svg") if ending in self.formats]
            if endings and (figure := screen_figure(self.table)) is not None:
                for ending in endings:
                    write_figure(figure, (target / PLATES_FILE).with_suffix(f".{ending}"))

        return write_folder(self.folder, write, PLATES_FILE)


def plates_table(outcomes: Sequence[PlateOutcome], experiments: dict[str, str]) -> pd.DataFrame:
    """Put what became of plates into a table.

    Returns
    -------
    pandas.DataFrame
        Index ``plate``: ``experiment``, ``status``, ``n_wells``, ``n_fields``, the `Scores` (NaN where unknown),
        ``context``, ``n_problems`` and ``problems``.
    """
    rows = [
        {
            "plate": outcome.plate,
            "experiment": experiments.get(outcome.plate, ""),
            "status": outcome.status,
            "n_wells": outcome.n_wells,
            "n_fields": outcome.n_fields,
            **outcome.scores.model_dump(),
            "context": outcome.context,
            "n_problems": len(outcome.problems),
            "problems": " ".join(outcome.problems),
        }
        for outcome in outcomes
    ]
    numbers = dict.fromkeys((*_SCORES[:3], "separation", "drift", "stability"), float)
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(numbers).set_index("plate")


def _with_interval(value: float, low: float, high: float) -> str:
    return "" if pd.isna(value) else f"{value:.3f} ({low:.3f}–{high:.3f})"
