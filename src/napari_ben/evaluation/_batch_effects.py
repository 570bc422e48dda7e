"""How much of an embedding is the plate: three figures, before and after whatever was done about it."""

from collections.abc import Sequence
from importlib.util import find_spec
from math import nan

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from napari_ben.errors import ArgumentError
from napari_ben.evaluation._heads import fit_head
from napari_ben.evaluation._metrics import Estimate, wilson_interval

__all__ = ["control_distance", "plate_predictability", "replicate_precision", "replicate_refusal"]

_FOLDS = 5
_NULL_SIZE = 1000


def plate_predictability(embeddings: ArrayLike, plates: Sequence[str], wells: Sequence[str]) -> Estimate:
    """Give how often a linear classifier names the plate of an embedding that it has not seen.

    Parameters
    ----------
    embeddings
        (n, d), one a well; best of negative controls only, which differ in nothing but their plates.
    plates, wells
        (n,) where each is from. A well position is in one of five folds on all plates, so that the classifier cannot
        recognise positions.

    Returns
    -------
    Estimate
        0–1 with Wilson's interval; chance is one over the number of plates. NaN where there is one plate, or too few
        positions for folds.
    """
    values, names = np.asarray(embeddings, dtype=np.float64), np.asarray(plates, dtype=object)
    positions = {well: number for number, well in enumerate(sorted(set(wells)))}
    folds = np.array([positions[well] for well in wells]) % _FOLDS
    if len(set(names)) < 2 or len(positions) < 2:
        return Estimate(nan, nan, nan, 0)
    hits = n_judged = 0
    for fold in np.unique(folds):
        is_tested = folds == fold
        if len(set(names[~is_tested])) < 2:
            continue
        head = fit_head(values[~is_tested], list(names[~is_tested]))
        found = np.asarray(head.classes, dtype=object)[head.logits(values[is_tested]).argmax(axis=1)]
        hits += int((found == names[is_tested]).sum())
        n_judged += int(is_tested.sum())
    return wilson_interval(hits, n_judged)


def control_distance(embeddings: ArrayLike, plates: Sequence[str]) -> float:
    """Give how far controls of different plates lie apart, in units of the distance on one plate.

    Parameters
    ----------
    embeddings
        (n, d), one a control well.
    plates
        (n,) the plate of each.

    Returns
    -------
    float
        Root mean square distance between plates over that within plates; 1 where plates do not matter, NaN where there
        is one plate or no two controls on any.
    """
    values, names = np.asarray(embeddings, dtype=np.float64), np.asarray(plates, dtype=object)
    squares = (values**2).sum(axis=1)
    distances = np.maximum(squares[:, None] + squares[None, :] - 2 * values @ values.T, 0)
    is_same = names[:, None] == names[None, :]
    is_pair = ~np.eye(len(names), dtype=bool)
    within, between = distances[is_same & is_pair], distances[~is_same]
    if not within.size or not between.size or not within.mean() > 0:
        return nan
    return float(np.sqrt(between.mean() / within.mean()))


def replicate_refusal() -> str | None:
    """Say why replicates cannot be judged here, or None."""
    return None if find_spec("copairs") else "copairs is not installed (pip install 'napari-ben[copairs]')"


def replicate_precision(
    embeddings: ArrayLike, plates: Sequence[str], treatments: Sequence[str], *, seed: int = 0
) -> pd.DataFrame:
    """Give how well a treatment's wells on other plates are found among all wells of other treatments.

    Mean average precision of copairs (Kalinin et al., Nat. Commun. 2025): replicates are wells of one treatment on
    different plates, ranked by cosine similarity against wells of other treatments on the same plate.

    Parameters
    ----------
    embeddings
        (n, d), one a well.
    plates, treatments
        (n,) of each well.
    seed
        Of the null distribution.

    Returns
    -------
    pandas.DataFrame
        One row a treatment: ``treatment``, ``mean_average_precision`` (0–1), ``p_value`` corrected for the number of
        treatments. Empty where no treatment is on two plates.

    Raises
    ------
    ArgumentError
        When copairs is not installed.
    """
    if reason := replicate_refusal():
        raise ArgumentError(f"Replicates cannot be judged: {reason}.", "Install it, or leave this figure out.")
    from copairs.map import average_precision, mean_average_precision

    table = pd.DataFrame({"plate": list(map(str, plates)), "treatment": list(map(str, treatments))})
    columns = ["treatment", "mean_average_precision", "p_value"]
    n_plates = table.groupby("treatment")["plate"].nunique()
    if table["treatment"].nunique() < 2 or not (n_plates > 1).any():
        return pd.DataFrame(columns=columns)
    features: NDArray[np.float32] = np.asarray(embeddings, dtype=np.float32)
    scores = average_precision(table, features, ["treatment"], ["plate"], ["plate"], ["treatment"], progress_bar=False)
    means = mean_average_precision(
        scores, ["treatment"], null_size=_NULL_SIZE, threshold=0.05, seed=seed, progress_bar=False
    )
    named: pd.DataFrame = means.rename(columns={"corrected_p_value": "p_value"})[columns]
    return named.sort_values("treatment", ignore_index=True)
