"""How firmly an answer stands when other control wells might have been there.

The context is drawn again with replacement, well by well.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def resample_wells(wells: Sequence[str], n_resamples: int, seed: int = 0) -> tuple[dict[str, int], ...]:
    """Draw wells with replacement, as often as there are wells.

    The well is the unit: its fields are no independent images.

    Returns
    -------
    tuple of dict
        For each resample, well → how often it was drawn (absent when never).
    """
    random = np.random.default_rng(seed)
    names = np.asarray(wells, dtype=object)
    draws = (names[random.integers(0, len(names), size=len(names))] for _ in range(n_resamples))
    return tuple({str(well): int((draw == well).sum()) for well in wells if (draw == well).any()} for draw in draws)


def stability(reference: pd.DataFrame, resampled: Sequence[NDArray[np.object_]]) -> pd.DataFrame:
    """Say how firmly each well holds its class when the context is resampled.

    Parameters
    ----------
    reference
        The wells table of the full context.
    resampled
        For each resample the (n_wells,) classes in the same order.

    Returns
    -------
    pandas.DataFrame
        Index ``well``; ``pred_class``; ``stability`` (0–1, share of resamples that keep the class);
        ``alternative``, the class most often given instead, empty when none.
    """
    classes = reference["pred_class"].to_numpy(dtype=object)
    votes = np.stack(resampled)
    kept = votes == classes
    return pd.DataFrame(
        {
            "pred_class": classes,
            "stability": kept.mean(axis=0),
            "alternative": [_alternative(column[~same]) for column, same in zip(votes.T, kept.T, strict=True)],
        },
        index=reference.index,
    )


def _alternative(others: NDArray[np.object_]) -> str:
    return str(pd.Series(others).mode().iloc[0]) if len(others) else ""
