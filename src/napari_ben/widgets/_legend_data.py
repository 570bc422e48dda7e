"""What a legend says: one entry a meaning, each in the visual channel it speaks through."""

from dataclasses import dataclass
from typing import Literal

Mark = Literal["fill", "disc", "hatch", "outline", "none"]


@dataclass(frozen=True)
class LegendEntry:
    """One line of a legend.

    Parameters
    ----------
    label
        What it means; also the name that wells or points refer to.
    colour
        ``#rrggbb``, or empty where the mark alone speaks (`hatch`, `outline`).
    mark
        The visual channel: `fill` a column of the platemap, `disc` a prediction, `hatch` the context, `outline` the
        selection, `none` is words alone.
    count
        How many wells or points, where that is known.
    """

    label: str
    colour: str = ""
    mark: Mark = "fill"
    count: int | None = None

    @property
    def key(self) -> tuple[str, Mark]:
        """What the entry is, whatever its colour and count."""
        return self.label, self.mark


@dataclass(frozen=True)
class ColourScale:
    """The legend of a number.

    Parameters
    ----------
    label
        What is shown.
    low, high
        Values of the first and the last colour.
    colours
        ``#rrggbb`` from low to high.
    """

    label: str
    low: float
    high: float
    colours: tuple[str, ...]
