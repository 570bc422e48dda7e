"""What is known and wanted at one moment: one frozen value.

The *wish* (which context, which method, which channels) and the *facts* (the plate, the model, what was predicted) lie
side by side; everything that follows from them (is the context large enough? do the channels fit?) is derived by
`resolve`, so there is no flag that could go stale.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from napari_ben.plates import Opening
from napari_ben.session._parts import (
    ContextChoice,
    Kept,
    Look,
    Moved,
    Notice,
    RunOptions,
    RunState,
    StepName,
    Training,
)
from napari_ben.session._screen_state import ScreenRun
from napari_ben.session._trust import Trusting

if TYPE_CHECKING:
    import pandas as pd

    from napari_ben.methods import ControlWeight
    from napari_ben.models import Model
    from napari_ben.plates import Plate, Screen, View
    from napari_ben.readers import PatternPreview
    from napari_ben.results import Predictions
    from napari_ben.session._picture import Picture
    from napari_ben.session._runs import RunPair
    from napari_ben.session._trust import RunKey, Trust
    from napari_ben.workflow import Taught


@dataclass(frozen=True, kw_only=True)
class SessionState:
    """Everything that the dock shows, at one moment.

    Parameters
    ----------
    screen, plate
        What is open; a plate opened alone is a screen of one.
    picture
        How the plate first appears on the canvas.
    source, asked
        The folder that was opened, the plate's own or the screen's; and with which layout or pattern, where the person
        gave one.
    file
        The session file that was opened or saved last; None while there is none.
    look
        What was seen on the canvas when the session was saved that was just opened; None for a plate opened alone.
    moved
        A session whose plate could not be found, to be pointed to.
    kept
        Unsaved runs of the plate from an earlier time.
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
    places
        Plate path and view → the predictions that were laid out last; the points of the next run start there.
    quality
        What a look at the plate's images found, one row a field; None before it.
    quality_note
        How far that look is, or empty.
    runs
        Plate path and view → finished runs that can be compared, the latest last.
    pair
        The two runs that are being compared.
    aligning
        What an alignment of embeddings is busy with, or empty.
    trust
        What is known about how far runs can be trusted.
    trusting
        How far a study of that is.
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
    screen_run
        How far a run over the whole screen is.
    preview
        What the pattern being typed makes of a folder's names.
    notices
        At most one for each step.
    """

    screen: "Screen | None" = None
    plate: "Plate | None" = None
    picture: "Picture | None" = None
    source: Path | None = None
    asked: Opening = field(default_factory=Opening)
    file: Path | None = None
    look: Look | None = None
    moved: Moved | None = None
    kept: Kept | None = None
    opening: Path | None = None
    opening_note: str = ""
    choice: ContextChoice = field(default_factory=ContextChoice)
    model: "Model | None" = None
    loading: str = ""
    overrides: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    method: str = "cs-arm-bn"
    wished_method: str = "cs-arm-bn"
    weight: "ControlWeight | None" = None
    options: RunOptions = field(default_factory=RunOptions)
    run: RunState = field(default_factory=RunState)
    results: Mapping[tuple[Path, "View"], "Predictions"] = field(default_factory=lambda: MappingProxyType({}))
    places: Mapping[tuple[Path, "View"], "Predictions"] = field(default_factory=lambda: MappingProxyType({}))
    quality: "pd.DataFrame | None" = None
    quality_note: str = ""
    runs: Mapping[tuple[Path, "View"], tuple["Predictions", ...]] = field(default_factory=lambda: MappingProxyType({}))
    pair: "RunPair | None" = None
    aligning: str = ""
    trust: Mapping["RunKey", "Trust"] = field(default_factory=lambda: MappingProxyType({}))
    trusting: Trusting = field(default_factory=Trusting)
    selected: tuple[str, ...] = ()
    colour_by: str = "role"
    points_by: str = "predicted class"
    layout: str = "UMAP"
    layout_note: str = ""
    device: str = ""
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    taught: "Taught | None" = None
    training: Training = field(default_factory=Training)
    screen_run: ScreenRun = field(default_factory=ScreenRun)
    preview: "PatternPreview | None" = None
    notices: Mapping[StepName, Notice] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def predictions(self) -> "Predictions | None":
        """The latest predictions of the plate that is shown."""
        return None if self.plate is None else self.results.get((self.plate.path, self.plate.view))

    @property
    def placed(self) -> "Predictions | None":
        """The predictions of the plate that is shown whose points were laid out last."""
        return None if self.plate is None else self.places.get((self.plate.path, self.plate.view))

    @property
    def flagged_wells(self) -> tuple[str, ...]:
        """Wells of the plate whose images were flagged."""
        if self.plate is None or "quality_flags" not in self.plate.wells:
            return ()
        flags = self.plate.wells["quality_flags"]
        return tuple(map(str, flags.index[flags != ""]))

    @property
    def sides(self) -> Mapping[str, str]:
        """Which wells of the plate that is shown a training learns from, and which it holds out."""
        split = self.training.split
        return {} if self.plate is None or split is None else split.sides.get(self.plate.name, {})

    @property
    def shown_runs(self) -> "tuple[Predictions, ...]":
        """The finished runs of the plate that is shown, the latest last."""
        return () if self.plate is None else self.runs.get((self.plate.path, self.plate.view), ())
