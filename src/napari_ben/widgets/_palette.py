"""Colours that are not classes: roles, numbers, and ink that reads on any of them.

Classes have their colours from `results.class_colours`, so that screen and figures agree. The tables of viridis and
cividis (both CC0) are kept here as seventeen anchors each, within 4 % of the originals: importing matplotlib for them
costs a quarter of a second of a frozen window.
"""

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

ColourMap = Literal["viridis", "cividis"]

MISSING_COLOUR = "#8A8F98"
# No colour is the window's own neutral plane: most wells of a plate are treatments, and should stay calm.
ROLE_COLOURS = {
    "treatment": "",
    "negative_control": "#7FB2CC",
    "positive_control": "#B57EDC",
    "empty": "",
    "unknown": MISSING_COLOUR,
}
ROLE_LETTERS = {"treatment": "", "negative_control": "–", "positive_control": "+", "empty": "×", "unknown": "?"}

_ANCHORS: dict[ColourMap, str] = {
    "viridis": """440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c
        1fa088 28ae80 3fbc73 5ec962 84d44b addc30 d8e219 fde725""",
    "cividis": """00224e 002e6a 1a386f 32436d 434e6c 535a6d 61656f 6f7073 7d7c78
        8c8878 9b9476 aba072 bcae6c cdbb63 dec958 f0d846 fee838""",
}
_STEPS = 256


def number_colours(
    values: ArrayLike, colour_map: ColourMap = "viridis", limits: tuple[float, float] | None = None
) -> tuple[str, ...]:
    """Colour of each number on a perceptually even scale.

    Parameters
    ----------
    values
        (n,) numbers; NaN and infinities get `MISSING_COLOUR`.
    colour_map
        Its name.
    limits
        Values of the darkest and the lightest colour; by default the smallest and largest finite value.

    Returns
    -------
    tuple
        n × ``#rrggbb``.

    Examples
    --------
    >>> number_colours([0.0, 1.0])
    ('#440154', '#fde725')
    """
    numbers = np.asarray(values, dtype=float)
    low, high = limits or number_limits(numbers)
    scale = colour_scale(colour_map)
    finite = np.isfinite(numbers)
    share = np.clip((numbers[finite] - low) / ((high - low) or 1.0), 0, 1)
    colours = np.full(numbers.shape, MISSING_COLOUR, dtype="<U7")
    colours[finite] = np.asarray(scale)[np.rint(share * (_STEPS - 1)).astype(int)]
    return tuple(colours.tolist())


def number_limits(values: ArrayLike) -> tuple[float, float]:
    """Smallest and largest finite value; (0, 1) where there is none."""
    numbers = np.asarray(values, dtype=float)
    finite = numbers[np.isfinite(numbers)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


@lru_cache
def colour_scale(colour_map: ColourMap) -> tuple[str, ...]:
    """256 colours ``#rrggbb`` from the lowest value to the highest."""
    anchors = np.array([channels(f"#{anchor}") for anchor in _ANCHORS[colour_map].split()], dtype=float)
    places = np.linspace(0, len(anchors) - 1, _STEPS)
    table = [np.interp(places, np.arange(len(anchors)), anchors[:, channel]) for channel in range(3)]
    return tuple(_hex(colour) for colour in np.stack(table, axis=1))


@lru_cache(maxsize=4096)  # the few colours of a window, asked for at every well
def mix(colour: str, other: str, share: float) -> str:
    """`colour` with a share (0–1) of `other` in it.

    Examples
    --------
    >>> mix("#000000", "#ffffff", 0.5)
    '#808080'
    """
    return _hex(np.array(channels(colour)) * (1 - share) + np.array(channels(other)) * share)


@lru_cache(maxsize=4096)
def is_bright(colour: str) -> bool:
    """Whether dark ink reads better on this colour than light ink (relative luminance of WCAG 2 above 0.36)."""
    linear = (np.array(channels(colour)) / 255) ** 2.2
    return float(linear @ (0.2126, 0.7152, 0.0722)) > 0.36


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0–255, of ``#rrggbb``."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(colour: NDArray[np.float64]) -> str:
    red, green, blue = (round(float(value) + 1e-9) for value in colour)
    return f"#{red:02x}{green:02x}{blue:02x}"
