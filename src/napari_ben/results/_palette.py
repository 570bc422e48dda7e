"""One colour a class, the same in the plate grid, on the canvas, in the embedding and in every figure.

The first colours are the set of Okabe and Ito (2008, "Color Universal Design"), which people with any of the common
colour-vision deficiencies tell apart. Its black is replaced by grey, which shows on a dark and on a light theme.
Four darker hues of Paul Tol's muted set follow. More classes repeat all of these in a lighter and a darker tone; beyond
that no palette can be told apart by eye, and hues are spread by the golden ratio so that neighbours at least differ.
"""

from collections.abc import Sequence
from colorsys import hls_to_rgb

BASE_COLOURS = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999"),
    *("#882255", "#44AA99", "#999933", "#332288"),
)
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_GOLDEN_RATIO = 0.6180339887498949


def class_colours(classes: Sequence[str]) -> dict[str, str]:
    """Give every class its colour, by its place in the model's list of classes.

    Parameters
    ----------
    classes
        The class names, in the order of the model card; duplicates share the colour of the first.

    Returns
    -------
    dict
        Class name → ``#RRGGBB``.

    Examples
    --------
    >>> class_colours(["actin", "tubulin"])
    {'actin': '#0072B2', 'tubulin': '#E69F00'}
    """
    return {name: _colour(number) for number, name in enumerate(dict.fromkeys(classes))}


def _colour(number: int) -> str:
    tone, place = divmod(number, len(BASE_COLOURS))
    if tone == 0:
        return BASE_COLOURS[place]
    if tone == 1:
        return _mix(BASE_COLOURS[place], _WHITE, 0.5)
    if tone == 2:
        return _mix(BASE_COLOURS[place], _BLACK, 0.4)
    red, green, blue = hls_to_rgb((number * _GOLDEN_RATIO) % 1.0, 0.55, 0.6)
    return _hex(red * 255, green * 255, blue * 255)


def _mix(colour: str, other: tuple[int, int, int], share: float) -> str:
    own = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    red, green, blue = (a * (1 - share) + b * share for a, b in zip(own, other, strict=True))
    return _hex(red, green, blue)


def _hex(red: float, green: float, blue: float) -> str:
    return f"#{round(red):02X}{round(green):02X}{round(blue):02X}"
