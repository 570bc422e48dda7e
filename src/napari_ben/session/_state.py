"""What is known and wanted at one moment: one frozen value.

The *wish* (which context, which method, which channels) and the *facts* (the plate, the model, what was predicted) lie
side by side; everything that follows from them (is the context large enough? do the channels fit?) is derived by
`resolve`, so there is no flag that could go stale.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from napari_ben.errors import NapariBenError

if TYPE_CHECKING:
    import pandas as pd

    from napari_ben.methods import ControlWeight
    from napari_ben.models import Model
    from napari_ben.plates import Plate, Screen, View
    from napari_ben.readers import PatternPreview
    from napari_ben.results import Predictions
    from napari_ben.session._picture import Picture
    from napari_ben.session._runs import RunPair
    from napari_ben.training import Epoch, Split, TrainingConfig
    from napari_ben.workflow import Taught

StepName = Literal["plate", "context", "model", "method", "results", "teach", "train"]
ContextKind = Literal["plate", "controls", "wells"]
RunPhase = Literal["idle", "running", "cancelling"]


@dataclass(frozen=True)
class Notice:
    """An error or an advice in words, and the step of the dock that it concerns.

    Parameters
    ----------
    step
        Where it is shown.
    problem
        What went wrong, whole sentences.
    remedy
        What to do about it; empty when nothing needs to be done.
    """

    step: StepName
    problem: str
    remedy: str = ""

    @classmethod
    def of(cls, step: StepName, error: BaseException) -> "Notice":
        """Put an error into words; one that nobody foresaw is named with its type, for a bug report."""
        if isinstance(error, NapariBenError):
            return cls(step, error.problem, error.remedy)
        return cls(
            step,
            f"Something unexpected happened: {type(error).__name__}: {error}.",
            "Your plate and results are untouched. Try again; if it comes back, report it with this text.",
        )


@dataclass(frozen=True)
class ContextChoice:
    """Which wells stand for the plate's normal.

    Parameters
    ----------
    kind
        The whole plate, its controls, or wells picked by hand.
    wells
        The wells picked by hand; empty for the other kinds.
    controls
        Which controls are meant, as `napari_ben.plates.resolve_context` takes them.
    is_following
        Whether the picked wells follow the selection. They do until a run starts: afterwards a click inspects a well
        and must not change the context.
    """

    kind: ContextKind = "controls"
    wells: tuple[str, ...] = ()
    is_following: bool = False
    controls: str = "controls"


@dataclass(frozen=True)
class RunState:
    """How far a run is.

    Parameters
    ----------
    phase
        ``idle`` before and after a run.
    stage
        As `Progress.stage` of the workflow.
    done, total
        Counted in `unit`.
    stage_started
        Seconds of a monotonic clock at which the stage began.
    """

    phase: RunPhase = "idle"
    stage: str = ""
    done: int = 0
    total: int = 0
    unit: str = "wells"
    stage_started: float = 0.0

    @property
    def is_busy(self) -> bool:
        """Whether a run is in flight, cancelled or not."""
        return self.phase != "idle"


@dataclass(frozen=True)
class RunOptions:
    """What the person's preferences say about running; None leaves a choice to the workflow.

    Parameters
    ----------
    device
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    memory_budget
        Bytes that the statistics of the context may hold.
    threads
        Processor threads of the network.
    """

    device: str = "auto"
    memory_budget: int | None = None
    threads: int | None = None


@dataclass(frozen=True)
class Training:
    """How far a training is.

    Parameters
    ----------
    phase
        ``idle`` before and after a training.
    out, config
        The model file that is written, and how it is made; kept when the training was stopped, to go on with.
    epoch
        The latest report.
    split
        What trains and what validates.
    curve
        (epoch, loss, accuracy on what validates or None) of each whole epoch.
    """

    phase: RunPhase = "idle"
    out: Path | None = None
    config: "TrainingConfig | None" = None
    epoch: "Epoch | None" = None
    split: "Split | None" = None
    curve: tuple[tuple[int, float, float | None], ...] = ()


@dataclass(frozen=True, kw_only=True)
class SessionState:
    """Everything that the dock shows, at one moment.

    Parameters
    ----------
    screen, plate
        What is open; a plate opened alone is a screen of one.
    picture
        How the plate first appears on the canvas.
    source
        The folder that was opened; the plate's own, or the screen's.
    opening
        The folder being read, or None.
    opening_note
        What opening is busy with, when that takes long.
    choice
        The context asked for.
    model
        The network; None until one is loaded.
    loading
        Name of the model being loaded, or empty.
    overrides
        Model channel → plate channel, where the person corrected the guess.
    wished_method
        The method that the person chose; a plate without controls may have to be met with another one.
    method, weight, options
        How the run is to be made; a `weight` of None is the model's own, or the method's default.
    run
        How far the run is.
    results
        Plate path and view → their latest predictions, complete or not.
    quality
        What a look at the plate's images found, one row a field; None before it.
    quality_note
        How far that look is, or empty.
    runs
        Plate path and view → finished runs that can be compared, the latest last.
    pair
        The two runs that are being compared.
    selected
        The selected wells, sorted by position.
    colour_by
        The column that fills the wells of the grid.
    points_by
        The column that colours the points of the embedding.
    layout
        The layout asked for in the embedding.
    layout_note
        What the layout being computed is doing, or empty.
    device
        The device in words, or empty while unknown.
    labels
        Well → class, as the person says; they belong to the plate.
    taught
        What came of the labels.
    training
        How far a training on the screen is.
    preview
        What the pattern being typed makes of a folder's names.
    notices
        At most one for each step.
    """

    screen: "Screen | None" = None
    plate: "Plate | None" = None
    picture: "Picture | None" = None
    source: Path | None = None
    opening: Path | None = None
    opening_note: str = ""
    choice: ContextChoice = ContextChoice()
    model: "Model | None" = None
    loading: str = ""
    overrides: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    method: str = "cs-arm-bn"
    wished_method: str = "cs-arm-bn"
    weight: "ControlWeight | None" = None
    options: RunOptions = RunOptions()
    run: RunState = RunState()
    results: Mapping[tuple[Path, "View"], "Predictions"] = field(default_factory=lambda: MappingProxyType({}))
    quality: "pd.DataFrame | None" = None
    quality_note: str = ""
    runs: Mapping[tuple[Path, "View"], tuple["Predictions", ...]] = field(default_factory=lambda: MappingProxyType({}))
    pair: "RunPair | None" = None
    selected: tuple[str, ...] = ()
    colour_by: str = "role"
    points_by: str = "predicted class"
    layout: str = "UMAP"
    layout_note: str = ""
    device: str = ""
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    taught: "Taught | None" = None
    training: Training = Training()
    preview: "PatternPreview | None" = None
    notices: Mapping[StepName, Notice] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def predictions(self) -> "Predictions | None":
        """The latest predictions of the plate that is shown."""
        return None if self.plate is None else self.results.get((self.plate.path, self.plate.view))

    @property
    def flagged_wells(self) -> tuple[str, ...]:
        """Wells of the plate whose images were flagged."""
        if self.plate is None or "quality_flags" not in self.plate.wells:
            return ()
        flags = self.plate.wells["quality_flags"]
        return tuple(map(str, flags.index[flags != ""]))

    @property
    def shown_runs(self) -> "tuple[Predictions, ...]":
        """The finished runs of the plate that is shown, the latest last."""
        return () if self.plate is None else self.runs.get((self.plate.path, self.plate.view), ())
