"""What a run over a screen leaves in its folder: a table of plates, and one of the wells of all plates."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from napari_ben.results import write_folder
from napari_ben.workflow._plate_task import WELLS_FILE, PlateOutcome

PLATES_FILE = "plates.csv"
_COLUMNS = ("plate", "experiment", "status", "n_wells", "n_fields", "context", "problems")


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
    """

    folder: Path
    outcomes: tuple[PlateOutcome, ...]
    experiments: dict[str, str]

    @property
    def table(self) -> pd.DataFrame:
        """One row a plate, index ``plate``: experiment, status, counts, context, problems."""
        rows = [
            {
                "plate": outcome.plate,
                "experiment": self.experiments.get(outcome.plate, ""),
                "status": outcome.status,
                "n_wells": outcome.n_wells,
                "n_fields": outcome.n_fields,
                "context": outcome.context,
                "problems": " ".join(outcome.problems),
            }
            for outcome in self.outcomes
        ]
        return pd.DataFrame(rows, columns=list(_COLUMNS)).set_index("plate")

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
        """Write ``plates.csv`` and ``wells.csv`` of the whole screen; both or none.

        Raises
        ------
        SaveError
            When they cannot be written.
        """

        def write(target: Path) -> None:
            self.table.reset_index().to_csv(target / PLATES_FILE, index=False, lineterminator="\n", encoding="utf-8")
            self.wells.to_csv(target / WELLS_FILE, index=False, lineterminator="\n", encoding="utf-8")

        return write_folder(self.folder, write)
