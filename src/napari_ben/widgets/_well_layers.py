"""What lies over the mosaic: the predicted class of each well, the context, the selection, and names at high zoom.

Two layers. *Well marks* frames each well in the colour of its class, as opaque as the prediction is sure, marks context
and selected wells, and outlines those without an image. *Wells* is invisible squares whose features are what the status
bar says under the cursor, and whose text is written where there is room. All of it is drawn from the table that is
exported.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from qtpy.QtCore import QObject

from napari_ben.plates import Plate
from napari_ben.results import Predictions
from napari_ben.session import in_world
from napari_ben.widgets._frames import Box, Raster, frame_colours, levels_over
from napari_ben.widgets._timers import timer
from napari_ben.widgets._viewer import camera, in_view, visible_box
from napari_ben.widgets._well_words import well_features, words_on

_KEY = "napari_ben_wells"
_MARKS, _WELLS = "Well marks", "Wells"
_LETTER, _LINE, _ROOM_FOR_A_NAME = 8, 22, 72
"""Screen pixels that a letter is wide, a line high, and a well across from which on its name is written."""
_UNTIL_STILL, _AFTER_A_ZOOM = 60, 200
_FEW_NAMES = 20


class WellLayers(QObject):
    """Keeps the layers of wells.

    Parameters
    ----------
    viewer
        A napari viewer, or its public proxy.
    parent
        Of this object.
    """

    def __init__(self, viewer: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._wells = pd.DataFrame()
        self._boxes = np.zeros((0, 4))
        self._pixel_um: float | None = None
        self._rasters: tuple[Raster, ...] = ()
        self._pictures: list[NDArray[np.uint8]] = []
        self._colours = np.zeros((0, 4), np.uint8)
        self._words: list[str] = []
        self._written: list[str] = []
        self._marked: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
        self._painted = np.zeros((0, 6), np.uint8)
        self._is_visible = True
        self._names = timer(self, _UNTIL_STILL, self._write_names, once=True)
        for event in self._camera_events():
            event.connect(self._on_camera)

    def close(self) -> None:
        """Listen to the viewer no longer."""
        for event in self._camera_events():
            event.disconnect(self._on_camera)

    def box(self, well: str) -> Box | None:
        """Give the place of a well in the world."""
        if well not in self._wells.index:
            return None
        y0, x0, y1, x1 = self._world_boxes[self._wells.index.get_loc(well)]
        return float(y0), float(x0), float(y1), float(x1)

    def extent(self) -> Box:
        """Give the box around all wells with images, in the world."""
        y0, x0 = self._world_boxes[:, :2].min(axis=0)
        y1, x1 = self._world_boxes[:, 2:].max(axis=0)
        return float(y0), float(x0), float(y1), float(x1)

    @property
    def _world_boxes(self) -> NDArray[np.float64]:
        return self._boxes * (self._pixel_um or 1.0)

    def steps(self, plate: Plate) -> list[Callable[[], None]]:
        """Give what lays the layers over a plate, a step a layer; nothing where its wells lie as the last one's."""
        self._wells = plate.imaged
        self._words = self._written = [str(well) for well in self._wells.index]
        places = plate.mosaic.well_boxes
        boxes, missing = places.loc[self._wells.index], places.drop(self._wells.index)
        rasters = levels_over(boxes, missing, plate.mosaic.shape)
        self._colours = frame_colours(self._wells, None)
        is_same = (self._rasters, self._pixel_um) == (rasters, plate.pixel_um)
        self._pixel_um = plate.pixel_um
        self._boxes = boxes[["y0", "x0", "y1", "x1"]].to_numpy(float)
        self._rasters = self._rasters if is_same else rasters
        if is_same and self._layer(_MARKS) is not None and self._layer(_WELLS) is not None:
            return []
        if (old := self._layer(_WELLS)) is not None:
            old.visible = False  # taken away in sight, few points crash the next frame (napari 0.9.2, Mesa's llvmpipe)
        for layer in [layer for layer in self._viewer.layers if _KEY in layer.metadata]:
            self._viewer.layers.remove(layer)
        return [self._add_marks, self._add_wells]

    def show_predictions(self, predictions: Predictions | None) -> None:
        """Frame the wells that are predicted, and put words under the cursor."""
        table = well_features(self._wells, predictions)
        self._colours = frame_colours(self._wells, predictions)
        layer = self._layer(_WELLS)
        if layer is not None:
            layer.features = table
        self._words = words_on(table)
        self._write_names()
        self._paint()

    def show_marks(self, context: frozenset[str], selected: frozenset[str]) -> None:
        """Mark the context and the selected wells."""
        if (context, selected) != self._marked:
            self._marked = (context, selected)
            self._paint()

    def set_visible(self, visible: bool) -> None:
        """Show or hide what lies over the mosaic."""
        self._is_visible = visible
        layer = self._layer(_MARKS)
        if layer is not None:
            layer.visible = visible
        self._write_names()

    def choose(self) -> None:
        """Make *Wells* the active layer: the status bar speaks of the active one."""
        layer = self._layer(_WELLS)
        if layer is not None:
            self._viewer.layers.selection.active = layer

    def _paint(self) -> None:
        layer = self._layer(_MARKS)
        if layer is None:
            return
        context, selected = (self._wells.index.isin(list(wells)) for wells in self._marked)
        marks = np.column_stack([self._colours, context, selected]).astype(np.uint8)
        is_new = marks != self._painted
        changed = np.flatnonzero(is_new.any(axis=1))
        if not changed.size:
            return
        self._painted = marks
        for raster, picture in zip(self._rasters, self._pictures, strict=True):
            raster.paint(picture, self._colours, context, selected, changed)
        layer.refresh(extent=False, thumbnail=bool(is_new[:, :4].any()))  # of the marks, frames are seen so small

    def _layer(self, title: str) -> Any:
        return next((layer for layer in self._viewer.layers if layer.metadata.get(_KEY) == title), None)

    def _add_marks(self) -> None:
        self._pictures = [raster.blank() for raster in self._rasters]
        self._painted = np.zeros((len(self._wells), 6), np.uint8)
        self._viewer.add_image(
            self._pictures,
            rgb=True,
            multiscale=True,
            name=_MARKS,
            **in_world(self._pixel_um, self._rasters[0].scale),
            visible=self._is_visible,
            metadata={_KEY: _MARKS},
        )

    def _add_wells(self) -> None:
        height, width = (self._boxes[:, 2:] - self._boxes[:, :2]).max(axis=0, initial=1)
        layer = self._viewer.add_points(
            (self._boxes[:, :2] + self._boxes[:, 2:]) / 2,
            name=_WELLS,
            size=min(height, width),
            symbol="square",
            face_color="transparent",
            border_color="transparent",
            text=self._text(self._written) | {"visible": False},
            **in_world(self._pixel_um),
            metadata={_KEY: _WELLS},
        )
        layer.editable = False

    def _camera_events(self) -> tuple[Any, Any]:
        events = camera(self._viewer).events
        return events.zoom, events.center

    def _on_camera(self, event: Any) -> None:
        """Write the names that fit when the camera is still; meanwhile a zoom hides them.

        At every change of the zoom napari would lay all shown names out again, which is half the time of a frame.
        """
        if event.type != "zoom":
            if not self._names.isActive():
                self._names.start(_UNTIL_STILL)
            return
        layer = self._layer(_WELLS)
        if layer is not None and layer.text.visible:
            layer.text.visible = False
        self._names.start(_AFTER_A_ZOOM)

    def _write_names(self) -> None:
        layer = self._layer(_WELLS)
        if layer is None or not len(self._boxes):
            return
        words = self._fitting_words() if self._is_visible else None
        if words is None:
            self._show(layer, np.ones(len(self._boxes), bool))
            layer.text.visible = False
            return
        self._show_near(layer)
        if words != self._written:
            self._written = words
            layer.text = self._text(words)
        layer.text.visible = True

    def _show_near(self, layer: Any) -> None:
        """Show the wells in view and some around it.

        Text costs a third of a millisecond a well, and napari lays all of it out at every change of the zoom. Wells
        that are shown already are left alone until the view leaves them, or they have become too many.
        """
        view = visible_box(self._viewer)
        seen = in_view(self._world_boxes, view)
        is_enough = bool((layer.shown | ~seen).all())
        if not is_enough or layer.shown.sum() > _FEW_NAMES + 2 * seen.sum():
            y, x = (view[2] - view[0]) / 8, (view[3] - view[1]) / 8
            self._show(layer, in_view(self._world_boxes, (view[0] - y, view[1] - x, view[2] + y, view[3] + x)))

    @staticmethod
    def _show(layer: Any, shown: NDArray[np.bool_]) -> None:
        if not np.array_equal(layer.shown, shown):
            layer.shown = shown

    def _fitting_words(self) -> list[str] | None:
        """Choose what there is room for: name and class, the name, or nothing."""
        boxes = self._world_boxes
        height, width = np.median(boxes[:, 2:] - boxes[:, :2], axis=0) * camera(self._viewer).zoom
        lines = [word.splitlines() for word in self._words]
        widest = _LETTER * (1 + max(len(line) for word in lines for line in word))
        if width >= max(widest, _ROOM_FOR_A_NAME) and height >= _LINE * (1 + max(map(len, lines))):
            return self._words
        return [str(well) for well in self._wells.index] if min(width, height) >= _ROOM_FOR_A_NAME else None

    def _text(self, words: list[str]) -> dict[str, Any]:
        height, width = (self._boxes[:, 2:] - self._boxes[:, :2]).max(axis=0, initial=1)
        corner = (-0.41 * height, -0.45 * width)
        return {"string": words, "size": 9, "color": "white", "anchor": "lower_left", "translation": corner}
