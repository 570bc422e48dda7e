"""Is an image fit for use? Focus, saturation, intensity and signal of one plane, and which fields stand out on a plate.

What a figure means depends on the assay, so a field is judged against the other fields of its plate (robust z-scores),
except where no plate is needed: a saturated pixel is saturated, and noise is noise. What is looked at follows Bray et
al., J. Biomol. Screen. 17 (2012) 266; focus is not their slope of the power spectrum, which camera noise flattens.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["MEASURES", "QualityLimits", "flag_fields", "full_scale", "measure_plane", "quality_of_wells"]

Pixels = NDArray[np.number]
MEASURES = {
    "focus": "power of fine over coarse structure, camera noise taken off, log10",
    "saturation": "share of pixels at the camera's limit, 0–1",
    "intensity": "mean, camera counts",
    "signal": "brightest half per cent above the median, in standard deviations of the noise",
}
_CAMERA_LIMITS = (255, 4095, 16383, 65535)
_LARGEST_TILE = 256
_LEAST_RATIO = 1e-6
_MAD_TO_DEVIATION = 1.4826


@dataclass(frozen=True)
class QualityLimits:
    """When a field is flagged.

    Parameters
    ----------
    focus
        Robust z-score below which a field is out of focus.
    least_focus_drop
        How far it must lie below the plate's median besides (log10), so that an even plate has no outliers.
    saturation
        Share of saturated pixels above which a field is saturated.
    intensity
        Robust z-score of the log intensity beyond which a field is dim or bright.
    least_intensity_ratio
        How many times dimmer or brighter than the plate's median it must be besides.
    signal
        Signal below which a plane shows noise only; a field is empty when all its channels do.
    """

    focus: float = -5.0
    least_focus_drop: float = 0.3
    saturation: float = 0.01
    intensity: float = 5.0
    least_intensity_ratio: float = 1.5
    signal: float = 5.0


def full_scale(largest: float) -> float:
    """Give the limit of the camera that the largest pixel of a plate suggests: 8, 12, 14 or 16 bits.

    >>> full_scale(4095), full_scale(5000)
    (4095.0, 16383.0)
    """
    return float(next((limit for limit in _CAMERA_LIMITS if largest <= limit), largest))


def measure_plane(plane: Pixels, limit: float) -> dict[str, float]:
    """Measure one plane.

    Parameters
    ----------
    plane
        (Y, X) camera counts, of any stored resolution.
    limit
        The camera's, such as `full_scale` gives.

    Returns
    -------
    dict
        The keys of `MEASURES`. ``focus`` is NaN for a constant plane, and ``signal`` 0.
    """
    tile = _central_tile(plane).astype(np.float32)
    return {
        "focus": _focus(tile),
        "saturation": float((plane >= limit).mean()),
        "intensity": float(plane.mean(dtype=np.float64)),
        "signal": _signal(tile),
    }


def flag_fields(table: pd.DataFrame, limits: QualityLimits | None = None) -> pd.DataFrame:
    """Say which fields of a plate stand out.

    Parameters
    ----------
    table
        One row a field and channel: ``row`` (of ``plate.fields``), ``well``, ``channel`` and the columns of `MEASURES`.
    limits
        When a field is flagged.

    Returns
    -------
    pandas.DataFrame
        One row a field, index ``row``: ``well``; ``focus_z`` (lowest of its channels), ``saturation`` (highest),
        ``intensity_z`` (farthest from 0), ``signal`` (highest); ``flags``, words such as ``out of focus, dim``, empty
        where nothing stands out.
    """
    known = limits or QualityLimits()
    judged = table.assign(
        focus_z=_robust_z(table["focus"], table["channel"]),
        focus_drop=table["focus"] - table.groupby("channel")["focus"].transform("median"),
        log_intensity=np.log(table["intensity"].clip(lower=1e-9)),
    )
    judged["intensity_z"] = _robust_z(judged["log_intensity"], judged["channel"])
    judged["ratio"] = judged["log_intensity"] - judged.groupby("channel")["log_intensity"].transform("median")
    strong = judged["ratio"].abs() > np.log(known.least_intensity_ratio)
    judged["out of focus"] = (judged["focus_z"] < known.focus) & (judged["focus_drop"] < -known.least_focus_drop)
    judged["saturated"] = judged["saturation"] > known.saturation
    judged["dim"] = strong & (judged["intensity_z"] < -known.intensity)
    judged["bright"] = strong & (judged["intensity_z"] > known.intensity)
    by_field = judged.groupby("row", sort=True)
    flags = by_field[["out of focus", "saturated", "dim", "bright"]].any()
    flags["empty"] = by_field["signal"].max() < known.signal
    flags["out of focus"] &= ~flags["empty"]
    fields = by_field.agg(well=("well", "first"), focus_z=("focus_z", "min"), saturation=("saturation", "max"))
    farthest = judged["intensity_z"].abs().groupby(judged["row"]).idxmax()
    fields["intensity_z"] = judged.loc[farthest.to_numpy(), "intensity_z"].to_numpy()
    fields["signal"] = by_field["signal"].max()
    fields["flags"] = [_words(flags.columns, row) for row in flags.to_numpy()]
    return fields


def quality_of_wells(fields: pd.DataFrame) -> pd.DataFrame:
    """Reduce flagged fields to wells.

    Returns
    -------
    pandas.DataFrame
        Index ``well``: means of the figures of `flag_fields`, ``n_flagged`` fields, and ``quality_flags``, the words
        that at least half of the well's fields have.
    """
    by_well = fields.groupby("well", sort=False)
    table = by_well[["focus_z", "saturation", "intensity_z", "signal"]].mean()
    table["n_flagged"] = fields["flags"].ne("").groupby(fields["well"], sort=False).sum()
    table["quality_flags"] = by_well["flags"].agg(_common_words)
    return table


def _central_tile(plane: Pixels) -> Pixels:
    size = min(*plane.shape, _LARGEST_TILE)
    top, left = ((length - size) // 2 for length in plane.shape)
    return plane[top : top + size, left : left + size]


def _focus(tile: NDArray[np.float32]) -> float:
    """Power between 1/20 and 1/5 cycles a pixel over that below, above the noise floor, which the finest rings show."""
    from scipy.fft import rfft2  # stays in float32, and takes a second to load

    if tile.shape[0] < 16 or tile.min() == tile.max():
        return float("nan")
    window, is_coarse, is_fine, is_noise = _bands(tile.shape[0])
    spectrum = rfft2((tile - tile.mean()) * window)
    power = spectrum.real**2 + spectrum.imag**2
    power[:, 1 : (tile.shape[0] + 1) // 2] *= 2  # the half of the plane that a real transform leaves out
    floor = power[is_noise].mean()
    coarse = power[is_coarse].sum()
    fine = max(power[is_fine].sum() - floor * is_fine.sum(), _LEAST_RATIO * coarse)
    return float(np.log10(fine / coarse)) if coarse > 0 else float("nan")


@lru_cache(maxsize=8)
def _bands(size: int) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    window = np.hanning(size).astype(np.float32)
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size))
    is_coarse = (frequency > 1.5 / size) & (frequency < 0.05)
    return (
        window[:, None] * window,
        is_coarse,
        (frequency >= 0.05) & (frequency < 0.2),
        (frequency > 0.4) & (frequency < 0.5),
    )


def _signal(tile: NDArray[np.float32]) -> float:
    """Height of the brightest half per cent over the noise, which is taken from the differences of neighbours."""
    differences = np.abs(np.diff(tile[::2], axis=1))  # every other row is enough for a median
    noise = _MAD_TO_DEVIATION * float(np.median(differences)) / np.sqrt(2)
    middle, top = np.quantile(tile, [0.5, 0.995])
    height = float(top - middle)
    if noise == 0:
        return float("inf") if height > 0 else 0.0
    return float(height / noise)


def _robust_z(values: "pd.Series[float]", channels: "pd.Series[str]") -> "pd.Series[float]":
    grouped = values.groupby(channels)
    centred = values - grouped.transform("median")
    spread = _MAD_TO_DEVIATION * centred.abs().groupby(channels).transform("median")
    return (centred / spread.where(spread > 0)).fillna(0.0)


def _words(names: Iterable[str], is_set: Iterable[bool]) -> str:
    return ", ".join(name for name, is_flagged in zip(names, is_set, strict=True) if is_flagged)


def _common_words(flags: Sequence[str]) -> str:
    words = [word for text in flags for word in text.split(", ") if word]
    return ", ".join(word for word in dict.fromkeys(words) if 2 * words.count(word) >= len(flags))
