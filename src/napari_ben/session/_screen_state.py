"""A run over all plates of the screen, as far as it is known at one moment."""

from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_ben.session._parts import RunPhase
    from napari_ben.workflow import PlateOutcome, ScreenStep


@dataclass(frozen=True)
class Workforce:
    """Who predicts the plates: this process, one after the other, when nothing is named.

    Parameters
    ----------
    workers
        Number of processes on this machine.
    scheduler
        Address of a running dask scheduler.
    """

    workers: int | None = None
    scheduler: str | None = None


@dataclass(frozen=True)
class ScreenRun:
    """How far a run over the screen is.

    Parameters
    ----------
    phase
        ``idle`` before and after a run.
    folder
        Of the results.
    steps
        Plate → the last word about it; plates of which nothing is known are absent.
    started
        Seconds of a monotonic clock at which the run began.
    """

    phase: "RunPhase" = "idle"
    folder: Path | None = None
    steps: "Mapping[str, ScreenStep]" = field(default_factory=lambda: MappingProxyType({}))
    started: float = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether a run is in flight, cancelled or not."""
        return self.phase != "idle"

    @property
    def outcomes(self) -> "Mapping[str, PlateOutcome]":
        """What became of the plates that have ended."""
        return {name: step.outcome for name, step in self.steps.items() if step.outcome is not None}

    def finished_in(self, plate: str) -> Path | None:
        """Give the folder in which a plate's finished results lie, or None."""
        outcome = self.outcomes.get(plate)
        return None if outcome is None or outcome.status == "failed" else outcome.folder
