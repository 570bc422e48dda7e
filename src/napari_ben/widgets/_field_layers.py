"""The fields of a few wells at full size, as a stack to page through, below the mosaic."""

from typing import Any

from napari_ben.plates import Plate, format_selection
from napari_ben.session import Picture, channel_colours, shown_first
from napari_ben.widgets._viewer import look_at

_GAP = 0.05
"""Between the mosaic and the stack, as a share of the mosaic's height."""


def open_fields(viewer: Any, plate: Plate, picture: Picture, wells: tuple[str, ...]) -> None:
    """Add one layer a channel, (fields, Y, X), and move the camera there; nothing is read but the field shown."""
    rows = plate.rows_of(wells)
    if not rows.size:
        return
    unit = plate.pixel_um or 1.0
    top = plate.mosaic.shape[0] * (1 + _GAP) * unit
    visible, colours = shown_first(plate.channels), channel_colours(plate.channels)
    for channel, name in enumerate(plate.channels):
        viewer.add_image(
            plate.images[rows, channel],
            name=f"{name} · {format_selection(wells, plate)}",
            colormap=colours[channel],
            contrast_limits=picture.limits[channel],
            blending="additive",
            translate=(0, top, 0),
            scale=(1, unit, unit),
            **({"units": ("pixel", "um", "um")} if plate.pixel_um else {}),
            visible=channel in visible,
            multiscale=False,
        )
    height, width = plate.shape
    look_at(viewer, (top, 0.0, top + height * unit, width * unit))
