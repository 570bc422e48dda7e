"""What lies over the mosaic: the predicted class of each well, the context, the selection, and names at high zoom.

Three layers. *Wells* frames each well in the colour of its class, as opaque as the prediction is sure; its features are
what the status bar says under the cursor. *Selection* marks context and selected wells. *Well names* writes where there
is room. All of it is drawn from the table that is exported.
"""

from typing import Any

import numpy as np
import pandas as pd
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray
from qtpy.QtCore import QObject

from napari_ben.plates import Plate
from napari_ben.results import Predictions, class_colours
from napari_ben.widgets._overlay_image import Box, Raster
from napari_ben.widgets._palette import channels
from napari_ben.widgets._timers import timer
from napari_ben.widgets._viewer import camera, in_view, visible_box

_KEY = "napari_ben_wells"
_ROOM_FOR_NAMES = 90
"""Screen pixels across a well from which on its name and class are written."""
_CLEAR = np.zeros(4)


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
        self._wells: pd.DataFrame | None = None
        self._boxes = np.zeros((0, 4))
        self._raster: Raster | None = None
        self._marks: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
        self._is_visible = True
        self._names_timer = timer(self, 60, self._write_names, once=True)
        camera(viewer).events.zoom.connect(self._on_camera)
        camera(viewer).events.center.connect(self._on_camera)

    def close(self) -> None:
        """Listen to the viewer no longer."""
        camera(self._viewer).events.zoom.disconnect(self._on_camera)
        camera(self._viewer).events.center.disconnect(self._on_camera)

    def box(self, well: str) -> Box | None:
        """Give the place of a well on the mosaic: y0, x0, y1, x1."""
        if self._wells is None or well not in self._wells.index:
            return None
        y0, x0, y1, x1 = self._boxes[self._wells.index.get_loc(well)]
        return float(y0), float(x0), float(y1), float(x1)

    def show_plate(self, plate: Plate) -> None:
        """Lay the layers over a plate, with nothing predicted yet."""
        self._wells = plate.imaged
        boxes = plate.mosaic.well_boxes.loc[self._wells.index]
        self._boxes = boxes[["y0", "x0", "y1", "x1"]].to_numpy(float)
        self._raster = Raster.over(boxes, plate.mosaic.shape)
        self._marks = (frozenset(), frozenset())
        for layer in [layer for layer in self._viewer.layers if _KEY in layer.metadata]:
            self._viewer.layers.remove(layer)
        self._add_wells(self._raster)
        self._add_marks(self._raster)
        self._add_names()
        self.show_predictions(None)

    def show_predictions(self, predictions: Predictions | None) -> None:
        """Frame the wells that are predicted, and put words under the cursor."""
        layer, wells = self._layer("Wells"), self._wells
        if layer is None or wells is None:
            return
        table = well_features(wells, predictions)
        layer.colormap = DirectLabelColormap(color_dict=frame_colours(table, predictions))
        twice = table.loc[table.index.repeat(2)].reset_index(drop=True)
        layer.features = pd.concat([twice.iloc[:1].map(lambda _: ""), twice], ignore_index=True)
        self._name_features(table)

    def show_marks(self, context: frozenset[str], selected: frozenset[str]) -> None:
        """Mark the context and the selected wells."""
        layer = self._layer("Selection")
        if layer is None or self._wells is None or self._raster is None or self._marks == (context, selected):
            return
        self._marks = (context, selected)
        index = self._wells.index
        layer.data = self._raster.marks(index.isin(list(context)), index.isin(list(selected)))

    def set_visible(self, visible: bool) -> None:
        """Show or hide what lies over the mosaic."""
        self._is_visible = visible
        for title in ("Wells", "Selection"):
            layer = self._layer(title)
            if layer is not None:
                layer.visible = visible
        self._write_names()

    def choose(self) -> None:
        """Make *Wells* the active layer: the status bar speaks of the active one."""
        layer = self._layer("Wells")
        if layer is not None:
            self._viewer.layers.selection.active = layer

    def _layer(self, title: str) -> Any:
        return next((layer for layer in self._viewer.layers if layer.metadata.get(_KEY) == title), None)

    def _add_wells(self, raster: Raster) -> None:
        picture = raster.wells()
        layer = self._viewer.add_labels(
            picture,
            name="Wells",
            scale=(raster.scale, raster.scale),
            opacity=1.0,
            visible=self._is_visible,
            metadata={_KEY: "Wells"},
        )
        layer.editable = False

    def _add_marks(self, raster: Raster) -> None:
        colours = {None: _CLEAR, 0: _CLEAR, 1: np.ones(4), 2: np.ones(4), 3: np.array([0, 0, 0, 0.7])}
        layer = self._viewer.add_labels(
            np.zeros(raster.shape, np.uint8),
            name="Selection",
            scale=(raster.scale, raster.scale),
            opacity=1.0,
            colormap=DirectLabelColormap(color_dict=colours),
            visible=self._is_visible,
            metadata={_KEY: "Selection"},
        )
        layer.editable = False

    def _add_names(self) -> None:
        corners = self._boxes[:, :2] + 0.06 * (self._boxes[:, 2:] - self._boxes[:, :2])
        layer = self._viewer.add_points(
            corners,
            name="Well names",
            size=1,
            face_color="transparent",
            border_color="transparent",
            features={"words": [str(well) for well in (self._wells.index if self._wells is not None else ())]},
            text={"string": "{words}", "size": 9, "color": "white", "anchor": "upper_left", "visible": True},
            visible=False,
            metadata={_KEY: "Well names"},
        )
        layer.editable = False

    def _name_features(self, table: pd.DataFrame) -> None:
        layer = self._layer("Well names")
        words = [
            f"{well}\n{row.predicted} {row.confidence}" if row.predicted != "–" else str(well)
            for well, row in zip(table["well"], table.itertuples(), strict=True)
        ]
        layer.features = pd.DataFrame({"words": words})

    def _on_camera(self) -> None:
        if not self._names_timer.isActive():
            self._names_timer.start()

    def _write_names(self) -> None:
        layer = self._layer("Well names")
        if layer is None or not len(self._boxes):
            return
        across = float(np.median(self._boxes[:, 3] - self._boxes[:, 1])) * camera(self._viewer).zoom
        is_readable = self._is_visible and across >= _ROOM_FOR_NAMES
        if is_readable:
            layer.shown = in_view(self._boxes, visible_box(self._viewer))
        layer.visible = is_readable


def well_features(wells: pd.DataFrame, predictions: Predictions | None) -> pd.DataFrame:
    """Write what the status bar says of each well: ``well, treatment, role, predicted, confidence``, as text."""
    table = pd.DataFrame(
        {
            "well": wells.index.astype(str),
            "treatment": wells["treatment"].astype(str).to_numpy(),
            "role": [str(role).replace("_", " ") for role in wells["role"]],
            "predicted": "–",
            "confidence": "–",
        }
    )
    if predictions is not None:
        rows = predictions.wells.reindex(wells.index)
        known = rows["pred_class"].notna().to_numpy()
        table.loc[known, "predicted"] = rows["pred_class"].to_numpy()[known]
        table.loc[known, "confidence"] = [f"{value:.2f}" for value in rows["confidence"].to_numpy()[known]]
    return table


def frame_colours(table: pd.DataFrame, predictions: Predictions | None) -> dict[int | None, NDArray[np.float64]]:
    """Colour the labels of `Raster.wells`: insides clear, frames by class, as opaque as the prediction is sure."""
    palette = {} if predictions is None else class_colours(predictions.classes)
    colours: dict[int | None, NDArray[np.float64]] = {None: _CLEAR, 0: _CLEAR}
    for number, (name, confidence) in enumerate(zip(table["predicted"], table["confidence"], strict=True)):
        colours[2 * number + 1] = _CLEAR
        colours[2 * number + 2] = _frame(palette[name], float(confidence)) if name in palette else _CLEAR
    return colours


def _frame(colour: str, confidence: float) -> NDArray[np.float64]:
    return np.array([*(part / 255 for part in channels(colour)), 0.3 + 0.7 * confidence])
