"""The plate as layers: one multiscale image a channel, the same for the reader and for the dock.

The tuples know no napari. Colour and contrast are given, because napari would read pixels to find them.
"""

from pathlib import Path
from typing import Any

from napari_ben.plates import Plate
from napari_ben.session._picture import Picture, shown_first

LayerData = tuple[Any, dict[str, Any], str]

KEY = "napari_ben"
"""The entry of a layer's metadata that says which plate it shows."""

CHANNEL_COLOURS = {
    "blue": "#0000ff",
    "green": "#00ff00",
    "yellow": "#ffff00",
    "bop orange": "#f8ad20",
    "magenta": "#ff00ff",
    "cyan": "#00ffff",
    "gray": "#ffffff",
}
"""Colour maps of napari that are used, and the brightest colour of each."""

_STAIN_COLOURS = {"dna": "blue", "er": "green", "rna": "yellow", "agp": "bop orange", "mito": "magenta"}
_OTHER_COLOURS = ("green", "blue", "magenta", "yellow", "cyan", "bop orange")


def mosaic_layers(plate: Plate, picture: Picture | None = None, source: Path | None = None) -> list[LayerData]:
    """Describe the plate's mosaic as napari layers.

    Parameters
    ----------
    plate
        The plate.
    picture
        Its contrast and overviews; without one a few fields are read for the contrast, and napari reads the overview.
    source
        The folder that was opened, when it holds more plates than this one.

    Returns
    -------
    list of (levels, keywords, ``"image"``)
        One for each channel, as npe2 defines layer data tuples.
    """
    colours, visible = channel_colours(plate.channels), shown_first(plate.channels)
    limits = picture.limits if picture else [plate.contrast_limits(number) for number in range(len(colours))]
    return [
        (
            _levels(plate, picture, number),
            {
                "name": channel,
                "colormap": colours[number],
                "contrast_limits": limits[number],
                "blending": "additive",
                "multiscale": True,
                "visible": number in visible,
                **in_world(plate.pixel_um),
                "metadata": {KEY: {"path": str(source or plate.path), "plate": plate.name, "channel": channel}},
            },
            "image",
        )
        for number, channel in enumerate(plate.channels)
    ]


def in_world(pixel_um: float | None, pixels: float = 1.0) -> dict[str, Any]:
    """Say where a layer lies in the world: in µm where the size of a pixel is known, else in pixels of the mosaic.

    Parameters
    ----------
    pixel_um
        Of the plate.
    pixels
        Pixels of the mosaic that a pixel of the layer covers.
    """
    unit = pixel_um or 1.0
    shift = (pixels / 2 - 0.5) * unit  # napari counts from the middle of the first pixel
    place = {"scale": (pixels * unit,) * 2, "translate": (shift,) * 2}
    return place | ({"units": ("um", "um")} if pixel_um else {})


def _levels(plate: Plate, picture: Picture | None, channel: int) -> list[Any]:
    return plate.mosaic.levels(channel) if picture is None else picture.levels(channel)


def channel_colours(channels: tuple[str, ...]) -> tuple[str, ...]:
    """Name a colour map of napari for each channel: the stain's usual one, else one that is still free.

    Examples
    --------
    >>> channel_colours(("DNA", "Mito", "w3"))
    ('blue', 'magenta', 'green')
    """
    if len(channels) == 1:
        return ("gray",)
    known = [_STAIN_COLOURS.get(channel.lower(), "") for channel in channels]
    free = [colour for colour in _OTHER_COLOURS if colour not in known]
    spare = iter(free * len(channels))
    return tuple(colour or next(spare, "gray") for colour in known)


def plate_of(metadata: dict[str, Any]) -> Path | None:
    """Say which plate a layer shows, from its metadata; None when it shows none."""
    entry = metadata.get(KEY)
    return Path(entry["path"]) if isinstance(entry, dict) and "path" in entry else None
