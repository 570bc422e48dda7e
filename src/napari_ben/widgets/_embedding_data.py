"""What the embedding panel shows: one frozen value, set with one call."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from qtpy.QtGui import QImage

from napari_ben.errors import ArgumentError
from napari_ben.widgets._embedding_geometry import Box, box_around
from napari_ben.widgets._legend_data import ColourScale, LegendEntry

Mask = NDArray[np.bool_]
LabelSource = Callable[[int], str]  # from a point's index
PictureSource = Callable[[int], QImage | None]


@dataclass(frozen=True, eq=False)
class EmbeddingData:
    """Points in the plane; each list has one entry a point.

    Parameters
    ----------
    xy
        (n, 2) float32; a point that is not finite is not drawn.
    colours
        n × ``#rrggbb``.
    groups
        n labels of the legend, or none where the colours are a scale.
    in_context
        (n,) whether a point stands for the plate's normal: it gets a dot; or none.
    legend
        What the colours mean.
    title
        How the points were laid out: "PCA", "UMAP".
    unit
        What a point is, in the plural.
    frame
        (2, 2) corners of what is seen when all is seen; those of the points when None.
    subject
        Of what the points are; those of one subject move to their new places.

    Raises
    ------
    ArgumentError
        When the lists differ in length.
    """

    xy: NDArray[np.float32]
    colours: tuple[str, ...]
    groups: tuple[str, ...] = ()
    in_context: Mask | None = None
    legend: tuple[LegendEntry, ...] | ColourScale = ()
    title: str = ""
    unit: str = "fields"
    frame: NDArray[np.float32] | None = None
    subject: str = ""

    def __post_init__(self) -> None:
        lengths = {len(self.xy), len(self.colours), len(self.groups or self.colours)}
        if self.in_context is not None:
            lengths.add(len(self.in_context))
        if len(lengths) > 1 or self.xy.shape[1:] != (2,):
            raise ArgumentError(
                f"{len(self.colours)} colours, {len(self.groups)} groups: not one for each point of {self.xy.shape}.",
                "Give one (x, y), one colour and one group a point.",
            )

    @cached_property
    def palette(self) -> tuple[list[str], NDArray[np.intp]]:
        """Different colours, and the place of each point's colour among them, (n,)."""
        colours, place = np.unique(np.array(self.colours, dtype="<U7"), return_inverse=True)
        return colours.tolist(), place

    @cached_property
    def box(self) -> Box:
        """What is seen when all is seen."""
        return box_around(self.xy if self.frame is None else self.frame)

    def __len__(self) -> int:
        return len(self.colours)

    def matching(self, entries: Collection[LegendEntry]) -> Mask:
        """Return which of the points a legend's filter leaves, (n,)."""
        if not entries:
            return np.ones(len(self), dtype=bool)
        labels = {entry.label for entry in entries if entry.mark != "hatch"}
        shown = np.isin(np.array(self.groups or [""] * len(self)), list(labels)) if labels else np.ones(len(self), bool)
        if any(entry.mark == "hatch" for entry in entries) and self.in_context is not None:
            shown &= self.in_context
        return shown


NOTHING = EmbeddingData(np.empty((0, 2), dtype=np.float32), ())
