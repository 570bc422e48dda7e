"""Statistics of a small context, shrunk towards what is known from elsewhere.

A plate with two control wells gives a noisy normal. Its statistics are mixed with those of the training, or of the
plates of its group:

    μ = k μ_prior + (1−k) μ_own          σ² = k σ²_prior + (1−k) σ²_own

with k = N/(N+n) for a pseudo-count of N images beside n own ones (Schneider et al., NeurIPS 2020), or channel by
channel from how much plates differ, by empirical Bayes: k = (s²/n) / (τ² + s²/n), where s² is the variance between
wells of a plate, n their number, and τ² the variance between plates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import ArgumentError, MethodError
from napari_ben.methods._statistics import ContextStatistics, LayerStatistics
from napari_ben.methods._well_moments import WellMoments

__all__ = ["PriorStatistics", "empirical_bayes_shares", "group_statistics", "pseudo_count_share", "shrink_statistics"]

Float64 = NDArray[np.float64]
Share = float | Mapping[str, Float64]


@dataclass(frozen=True, eq=False)
class PriorStatistics:
    """Statistics that are known beforehand, and how much they count.

    Parameters
    ----------
    statistics
        Of the training (`ContextStatistics.from_network`), or of a group of plates (`group_statistics`).
    share
        0–1: from `pseudo_count_share`, or layer → (C,) from `empirical_bayes_shares`.
    """

    statistics: ContextStatistics
    share: Share

    def mix(self, name: str, own: LayerStatistics) -> LayerStatistics:
        """Mix one layer's own statistics with these.

        Raises
        ------
        MethodError
            When the prior belongs to another network.
        ArgumentError
            When a share is outside of 0–1.
        """
        known = self.statistics.layers.get(name)
        if known is None or known.mean.shape != own.mean.shape:
            raise MethodError(
                f"The prior has no statistics that fit layer '{name}'.", "Take a prior of the same network."
            )
        k = np.asarray(self.share[name] if isinstance(self.share, Mapping) else self.share, dtype=np.float64)
        if not (np.isfinite(k).all() and (k >= 0).all() and (k <= 1).all()):
            raise ArgumentError(
                f"The share of the prior is {self.share!r}; 0 to 1 is allowed.", "Give a share from 0 to 1."
            )
        return LayerStatistics(
            k * known.mean + (1 - k) * own.mean, k * known.variance + (1 - k) * own.variance, own.count
        )


def shrink_statistics(own: ContextStatistics, prior: PriorStatistics) -> ContextStatistics:
    """Mix statistics that were measured already with a prior.

    Below, the network was normalised without it. To have it in every layer while measuring, as a network does that
    mixes as it goes, pass the prior to `measure_statistics`.

    Raises
    ------
    MethodError
        When the statistics belong to different networks.
    ArgumentError
        When a share is outside of 0–1.
    """
    return ContextStatistics(
        {name: prior.mix(name, layer) for name, layer in own.layers.items()}, n_images=own.n_images
    )


def pseudo_count_share(n_images: int, pseudo_images: float) -> float:
    """Give the share of a prior that counts as `pseudo_images` beside `n_images` own ones.

    >>> pseudo_count_share(16, 16)
    0.5
    """
    if n_images < 1 or not pseudo_images >= 0:
        raise ArgumentError(
            f"{pseudo_images} pseudo-images beside {n_images} images are no mixture.",
            "Give 1 or more images, and a pseudo-count from 0.",
        )
    return pseudo_images / (pseudo_images + n_images)


def group_statistics(plates: Sequence[ContextStatistics]) -> tuple[ContextStatistics, dict[str, Float64]]:
    """Give the statistics of a typical plate of a group, and how much the plates' means vary.

    Parameters
    ----------
    plates
        Two or more, of one network.

    Returns
    -------
    typical, between
        The mean of the plates' means and variances; and layer → (C,) variance of their means.

    Raises
    ------
    ArgumentError
        When there are fewer than two plates.
    """
    if len(plates) < 2:
        raise ArgumentError(
            f"{len(plates)} plate is no group: how much plates differ cannot be known from it.",
            "Give 2 or more plates.",
        )
    typical, between = {}, {}
    for name, first in plates[0].layers.items():
        members = [plate.layers[name] for plate in plates]
        means = np.stack([member.mean for member in members])
        variance: Float64 = np.mean([member.variance for member in members], axis=0)
        typical[name] = LayerStatistics(means.mean(axis=0), variance, first.count)
        between[name] = means.var(axis=0, ddof=1)
    return ContextStatistics(typical, n_images=sum(plate.n_images for plate in plates)), between


def empirical_bayes_shares(own: WellMoments, between: Mapping[str, Float64]) -> dict[str, Float64]:
    """Give each channel the share of the prior that its own noise deserves.

    Parameters
    ----------
    own
        Of the context's wells: the wells are the unit, since images of a well are no independent witnesses.
    between
        Layer → (C,) variance between plates, from `group_statistics`.

    Returns
    -------
    dict
        Layer → (C,) shares; 1 in every channel where there is a single well.
    """
    shares = {}
    for name, layer in own.layers.items():
        n = len(layer.count)
        if n < 2:
            shares[name] = np.ones(layer.mean.shape[1])
            continue
        noise = layer.mean.var(axis=0, ddof=1) / n
        total = between[name] + noise
        shares[name] = np.where(total > 0, noise / np.where(total > 0, total, 1), 0.0)
    return shares
