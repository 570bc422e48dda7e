"""Small pictures of wells and fields for tooltips, cut from the overviews that are in memory: nothing is read."""

import numpy as np
from numpy.typing import NDArray
from qtpy.QtGui import QImage

from napari_ben.plates import Plate
from napari_ben.session import CHANNEL_COLOURS, Picture, channel_colours, shown_first
from napari_ben.widgets._palette import channels


def well_thumbnail(plate: Plate, picture: Picture, well: str) -> QImage | None:
    """Give the picture of a well, None where it is not yet developed."""
    box = plate.mosaic.well_boxes.loc[well].to_numpy()
    return _cut(plate, picture, box)


def field_thumbnail(plate: Plate, picture: Picture, row: int) -> QImage | None:
    """Give the picture of a field, by its row of ``plate.fields``."""
    box = plate.mosaic.field_boxes.iloc[row].to_numpy()
    return _cut(plate, picture, box)


def _cut(plate: Plate, picture: Picture, box: NDArray[np.int64]) -> QImage | None:
    overview = picture.overviews[0]
    factor = plate.mosaic.shape[0] / overview.shape[0]
    y0, x0, y1, x1 = (round(edge / factor) for edge in box[:4])
    visible, colours = shown_first(plate.channels), channel_colours(plate.channels)
    parts = {channel: picture.overviews[channel][y0:y1, x0:x1] for channel in visible}
    if not any(part.any() for part in parts.values()):
        return None
    mixed = sum(_tint(part, picture.limits[channel], colours[channel]) for channel, part in parts.items())
    pixels = np.ascontiguousarray(np.clip(mixed, 0, 255).astype(np.uint8))
    height, width = pixels.shape[:2]
    return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _tint(part: NDArray[np.generic], limits: tuple[float, float], colour: str) -> NDArray[np.float64]:
    low, high = limits
    grey = np.clip((part.astype(np.float64) - low) / max(high - low, 1e-9), 0, 1)
    tinted: NDArray[np.float64] = grey[..., None] * np.array(channels(CHANNEL_COLOURS[colour]), float)
    return tinted
