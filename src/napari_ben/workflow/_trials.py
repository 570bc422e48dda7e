"""All runs of a comparison, planned before the first of them; each kept as it ends, so that a stopped one goes on."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from napari_ben.evaluation import Run
from napari_ben.results import Predictions
from napari_ben.workflow._compare_config import Sweep
from napari_ben.workflow._contenders import Contender, Entrant
from napari_ben.workflow._plan import Plan
from napari_ben.workflow._record import record_plate

__all__ = ["RUNS_FOLDER", "Trial"]

RUNS_FOLDER = "runs"


@dataclass(frozen=True, eq=False)
class Trial:
    """One run of a comparison.

    Parameters
    ----------
    plan
        What will be done.
    contender, entrant
        The model and the plate; the plan's plate may hold fewer wells.
    method
        As it was asked for, such as ``cs-arm-bn@count``.
    is_shown
        Whether it has a row of its own; the base of aligned embeddings may not.
    sweep
        What is varied; None in the main comparison.
    setting
        Of the sweep: wells, or the Dirichlet parameter.
    draw
        Number of the draw.
    """

    plan: Plan
    contender: Contender
    entrant: Entrant
    method: str
    is_shown: bool = True
    sweep: Sweep | None = None
    setting: float = 0.0
    draw: int = 0

    @property
    def key(self) -> str:
        """Content of the wish: plate as recorded, weights and config; the pixels are trusted to be the same."""
        wish = {
            "plate": record_plate(self.plan.plate).model_dump(mode="json"),
            "model": self.plan.model.sha256,
            "config": self.plan.config.model_dump(mode="json", exclude={"device", "threads", "cache_bytes"}),
        }
        return sha256(json.dumps(wish, sort_keys=True).encode()).hexdigest()[:20]

    def place(self, folder: Path) -> Path:
        """Give the folder of the run in that of the comparison."""
        return folder / RUNS_FOLDER / self.key

    def to_run(self, predictions: Predictions) -> Run:
        """Give the run as the evaluation takes it."""
        return Run(
            self.contender.label,
            self.method,
            predictions,
            self.contender.seed,
            self.entrant.group,
            self.entrant.experiment,
        )
