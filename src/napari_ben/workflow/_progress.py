"""What a run says while it goes on."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari_ben.methods import ContextStatistics

Stage = Literal["waiting", "pixels", "quality", "reading", "statistics", "prediction", "layout"]


@dataclass(frozen=True, eq=False)
class Circumstances:
    """What is known about a run only once it runs.

    Parameters
    ----------
    device
        What the network ran on.
    statistics
        Of the context; None when the method has none.
    torch
        Version of torch.
    """

    device: str
    statistics: "ContextStatistics | None"
    torch: str


@dataclass(frozen=True, eq=False)
class FieldBatch:
    """Wells that are finished, all their fields at once.

    Parameters
    ----------
    rows
        (n,) rows of ``plate.fields``; fields that could not be read are absent.
    logits, embeddings
        (n, K) and (n, d) float32.
    wells
        The wells of `rows`, in order of first appearance.
    well_logits
        (n_wells, K) float32, of each well's mean direction.
    digests
        (n,) one digest of the raw pixels a field.
    problems
        What was met so far while reading.
    circumstances
        Of the run; the same for all its batches.
    """

    rows: NDArray[np.int64]
    logits: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    wells: tuple[str, ...]
    well_logits: NDArray[np.float32]
    digests: tuple[bytes, ...]
    problems: tuple[str, ...]
    circumstances: Circumstances


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a run is.

    Parameters
    ----------
    done, total
        Counted in `unit`.
    unit
        A noun in the plural, such as ``wells``.
    stage
        ``waiting`` for a worker; ``pixels``, ``quality`` and ``reading`` look at images, ``statistics`` measures the
        context, ``prediction`` answers, ``layout`` is UMAP.
    finished
        Wells that became ready with this step.
    lap, n_laps
        Which of several runs it is, from 0, and how many there are.
    """

    done: int
    total: int
    unit: str
    stage: Stage
    finished: FieldBatch | None = None
    lap: int = 0
    n_laps: int = 1
