"""The alignments that can be chosen, each as a short list of steps.

Four programs call four different computations "TVN"; on the same embeddings their results have little in common. So
each is here under a name of its own, and a figure that says TVN says which.

All of them are two affine maps, fitted on negative controls: one for all batches together, then one for each batch.

    z = ((x - mean) / deviation) · rotation / scale        y = ((z - mean_b) / deviation_b) · C_b^(-1/2) · C_t^(1/2)
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from napari_ben.errors import MethodError

__all__ = ["ALIGNMENTS", "DEFAULT_TVN", "Recipe", "find_alignment"]


@dataclass(frozen=True)
class Recipe:
    """The steps of one alignment.

    Parameters
    ----------
    name
        As in tables and on the command line.
    title
        As shown to people.
    source
        Where it is from.
    is_standardised
        Whether each dimension is first divided by the deviation of all controls.
    rotation
        Onto the principal components of all controls (``pca``), there and back after whitening (``zca``), or none.
    whitening
        Whether components get unit variance over all controls together, or over the controls of each batch.
    is_batch_centred
        Whether the mean of each batch's controls is taken away.
    ridge
        What is added to the diagonal of the batches' covariances before they are aligned; None leaves them alone.
    has_target
        Whether batches get the covariance of all controls; otherwise they are whitened.
    """

    name: str
    title: str
    source: str
    is_standardised: bool = False
    rotation: Literal["pca", "zca"] | None = None
    whitening: Literal["pooled", "batch"] | None = None
    is_batch_centred: bool = False
    ridge: float | None = None
    has_target: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Give the steps in JSON types."""
        return asdict(self)


_RECIPES = (
    Recipe(
        "tvn-efaar",
        "TVN (EFAAR)",
        "EFAAR_benchmarking 2024, tvn_on_controls: standardise, PCA, standardise, then whiten each batch",
        is_standardised=True,
        rotation="pca",
        whitening="pooled",
        ridge=0.5,
    ),
    Recipe(
        "tvn-csarmbn",
        "TVN (CS-ARM-BN)",
        "arXiv 2604.20824, baseline: standardise, PCA, standardise each batch, then CORAL onto all controls",
        is_standardised=True,
        rotation="pca",
        whitening="batch",
        is_batch_centred=True,
        ridge=0.5,
        has_target=True,
    ),
    Recipe(
        "tvn-ando2017",
        "TVN (Ando 2017)",
        "Ando, McLean and Berndl, bioRxiv 161422: PCA whitening on controls, then CORAL",
        rotation="pca",
        whitening="pooled",
        ridge=0.5,
        has_target=True,
    ),
    Recipe(
        "coral",
        "CORAL",
        "Sun, Feng and Saenko, AAAI 2016: each batch centred and brought to the covariance of all controls",
        is_standardised=True,
        is_batch_centred=True,
        ridge=1.0,
        has_target=True,
    ),
    Recipe(
        "sphering",
        "Sphering",
        "ZCA-cor whitening on controls (Kessy, Lewin and Strimmer, Am. Stat. 2018), the same for all batches",
        is_standardised=True,
        rotation="zca",
        whitening="pooled",
    ),
)

#: What ``tvn`` stands for: of the three, the one that takes each batch's own mean away, without which a classifier
#: that was made on one batch is off on the next.
DEFAULT_TVN = "tvn-csarmbn"

ALIGNMENTS: dict[str, Recipe] = {recipe.name: recipe for recipe in _RECIPES}


def find_alignment(name: str) -> Recipe:
    """Find an alignment by its name; ``tvn`` is `DEFAULT_TVN`.

    Raises
    ------
    MethodError
        When there is none of this name.
    """
    known = DEFAULT_TVN if name == "tvn" else name
    if known not in ALIGNMENTS:
        raise MethodError(f"There is no alignment {name!r}; there are {', '.join(ALIGNMENTS)}.", "Choose one of these.")
    return ALIGNMENTS[known]
