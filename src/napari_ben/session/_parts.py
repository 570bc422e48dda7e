"""The parts of the state: what a person chose, how far work is, what is said about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from napari_ben.errors import NapariBenError

if TYPE_CHECKING:
    from napari_ben.training import Epoch, Split, TrainingConfig

StepName = Literal["plate", "context", "model", "method", "results", "teach", "train", "trust", "compare", "screen"]
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


SPLIT = "training split"
"""Name under which the grid shows what trains and what is held out."""


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
        What trains and what validates; known before a training is begun.
    curve
        (epoch, loss, accuracy on what validates or None) of each whole epoch.
    """

    phase: RunPhase = "idle"
    out: Path | None = None
    config: "TrainingConfig | None" = None
    epoch: "Epoch | None" = None
    split: "Split | None" = None
    curve: tuple[tuple[int, float, float | None], ...] = ()


@dataclass(frozen=True)
class ChannelLook:
    """How a channel is shown on the canvas.

    Parameters
    ----------
    is_visible
        Whether it is.
    limits
        Darkest and brightest value shown, camera counts.
    colour
        Name of napari's colour map.
    """

    is_visible: bool
    limits: tuple[float, float]
    colour: str


@dataclass(frozen=True)
class Look:
    """What a person sees of a plate on the canvas.

    Parameters
    ----------
    centre
        y, x of the camera in the world, µm where the size of a pixel is known.
    zoom
        Pixels of the screen for a unit of the world.
    channels
        Name → how it is shown.
    has_overlay
        Whether frames and names lie over the mosaic.
    """

    centre: tuple[float, float]
    zoom: float
    channels: Mapping[str, ChannelLook]
    has_overlay: bool


@dataclass(frozen=True)
class Moved:
    """A session whose plate is not where it was; the person may say where it lies now.

    Parameters
    ----------
    file
        The session file.
    source
        Where the plate was.
    """

    file: Path
    source: Path


@dataclass(frozen=True)
class Kept:
    """Runs of a plate that were never saved, and outlived the program that made them.

    Parameters
    ----------
    file
        Where they are.
    words
        What they are and from when.
    """

    file: Path
    words: str
