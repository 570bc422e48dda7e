"""The layers of wells, and clicks on them, on a viewer model without a window."""

from dataclasses import replace

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image, Points

from napari_ben.plates import FORMATS, plate_from_arrays
from napari_ben.session import mosaic_layers
from napari_ben.session._picture import first_picture
from napari_ben.widgets._canvas import CanvasClicks
from napari_ben.widgets._canvas_view import CanvasView
from napari_ben.widgets._frames import Raster
from napari_ben.widgets._viewer import aim, look_at, visible_box
from napari_ben.widgets._well_layers import WellLayers


@pytest.fixture
def viewer():
    return ViewerModel()


@pytest.fixture
def wells(qtbot, viewer, plate):
    layers = WellLayers(viewer)
    for step in layers.steps(plate):
        step()
    yield layers
    layers.close()


@pytest.fixture
def clicks(viewer, ready):
    for levels, keywords, _ in mosaic_layers(ready.state.plate):
        viewer.add_image(levels, **keywords)
    clicks = CanvasClicks(viewer, ready)
    yield clicks
    clicks.close()


def centre(wells, well):
    y0, x0, y1, x1 = wells.box(well)
    return (y0 + y1) / 2, (x0 + x1) / 2


def test_the_status_bar_says_what_is_under_the_cursor(wells, viewer, plate, predict):
    wells.show_predictions(predict(plate, ["A01"]))
    layer = viewer.layers["Wells"]
    assert isinstance(layer, Points)
    known = layer.get_status(centre(wells, "A01"), world=True)["value"]
    waiting = layer.get_status(centre(wells, "C04"), world=True)["value"]
    assert "well: A01" in known
    assert "role: negative control" in known
    assert "predicted: –" in waiting


def test_frames_come_with_predictions_and_are_as_opaque_as_they_are_sure(wells, viewer, plate, predict):
    layer = viewer.layers["Well marks"]
    assert isinstance(layer, Image)
    assert not layer.data[0].any()
    wells.show_predictions(predict(plate))
    confidence = predict(plate).wells["confidence"]
    fine, coarse = layer.data
    assert fine.shape[0] > coarse.shape[0]
    assert fine[..., 3].max() == coarse[..., 3].max() == round(255 * (0.3 + 0.7 * confidence.max()))


def test_wells_without_an_image_are_outlined(viewer, plate):
    fields = plate.fields[plate.fields["well"] != "B02"].reset_index(drop=True)
    sparse = replace(plate, fields=fields, wells=plate.wells.assign(n_fields=(plate.wells.index != "B02").astype(int)))
    layers = WellLayers(viewer)
    for step in layers.steps(sparse):
        step()
    layers.close()
    y, x = np.nonzero(viewer.layers["Well marks"].data[0][..., 3])
    assert sparse.mosaic.well_at(*(np.array([y.min(), x.min()]) * layers._rasters[0].scale)) == "B02"
    assert sparse.mosaic.well_at(*(np.array([y.max(), x.max()]) * layers._rasters[0].scale)) == "B02"


def test_context_and_selection_are_marked(wells, viewer):
    wells.show_marks(frozenset({"A01"}), frozenset())
    dot = viewer.layers["Well marks"].data[0].copy()
    wells.show_marks(frozenset({"A01"}), frozenset({"B02"}))
    assert dot.any()
    assert (viewer.layers["Well marks"].data[0] != dot).any()


def test_a_new_selection_paints_the_wells_that_came_and_went(wells, viewer, plate, predict, monkeypatch):
    wells.show_predictions(predict(plate))
    painted, shown = [], []
    paint = Raster.paint
    monkeypatch.setattr(Raster, "paint", lambda self, *args: painted.append(args[-1].tolist()) or paint(self, *args))
    viewer.layers["Well marks"].events.set_data.connect(shown.append)
    for context, selected in (({"A01"}, set()), ({"A01"}, {"B02", "C03"}), ({"A01"}, {"B02"}), ({"A01"}, {"B02"})):
        wells.show_marks(frozenset(context), frozenset(selected))
    assert painted == [[0], [0], [5, 10], [5, 10], [10], [10]]  # in each of the two pictures
    assert len(shown) == 3


def test_names_are_written_where_there_is_room(qtbot, wells, viewer, plate, predict):
    wells.show_predictions(predict(plate))
    layer = viewer.layers["Wells"]
    viewer.scene.camera.zoom = 0.5
    qtbot.waitUntil(lambda: not layer.text.visible)
    look_at(viewer, wells.box("B02"))
    qtbot.waitUntil(lambda: layer.text.visible)
    assert layer.shown[5]
    assert layer.text.values[5].startswith("B02\n")
    assert "words" not in layer.get_status(centre(wells, "B02"), world=True)["value"]
    wells.set_visible(False)
    assert not layer.text.visible
    assert not viewer.layers["Well marks"].visible


def test_names_wait_until_a_zoom_is_over(qtbot, wells, viewer):
    layer = viewer.layers["Wells"]
    look_at(viewer, wells.box("B02"))
    qtbot.waitUntil(lambda: layer.text.visible)
    viewer.scene.camera.zoom *= 1.01
    assert not layer.text.visible
    qtbot.waitUntil(lambda: layer.text.visible)


def test_the_camera_goes_to_a_well(wells, viewer):
    box = wells.box("C03")
    look_at(viewer, box)
    y0, x0, y1, x1 = visible_box(viewer)
    assert y0 < box[0] < box[2] < y1
    assert x0 < box[1] < box[3] < x1
    assert wells.box("H12") is None


def test_a_click_selects_the_well_under_it(clicks, ready, wells):
    clicks.click(centre(wells, "B02"))
    assert ready.state.selected == ("B02",)
    clicks.click(centre(wells, "C01"), is_adding=True)
    assert ready.state.selected == ("B02", "C01")
    clicks.click(centre(wells, "B02"), is_adding=True)
    assert ready.state.selected == ("C01",)
    clicks.click((-100.0, -100.0))
    assert ready.state.selected == ("C01",)
    y0, _, _, x1 = wells.box("A01")
    clicks.click((y0, x1 + 1))
    assert ready.state.selected == ()


def test_layers_of_another_plate_go_and_foreign_ones_stay(qtbot, viewer, ready, plate):
    from dataclasses import replace

    viewer.add_image(np.zeros((4, 4)), name="mine")
    view = CanvasView(viewer, ready)
    asked = []
    ready.wanted.connect(asked.append)
    ready._set(picture=first_picture(plate))
    view.show_state(ready.state)
    qtbot.waitUntil(lambda: view.is_complete)
    assert {layer.name for layer in viewer.layers} == {"DNA", "Mito", "mine", "Well marks", "Wells"}
    other = replace(plate, name="P2", channels=("GFP", "RFP"))
    ready._set(plate=other, picture=first_picture(other))
    view.show_state(ready.state)
    qtbot.waitUntil(lambda: view.is_complete)
    assert {layer.name for layer in viewer.layers} == {"GFP", "RFP", "mine", "Well marks", "Wells"}
    assert [task.lane for task in asked] == ["picture", "picture"]
    view.close()


def test_wells_are_hidden_before_their_layers_go(wells, viewer, plate):
    marks, points = viewer.layers["Well marks"], viewer.layers["Wells"]
    seen = []
    viewer.layers.events.removed.connect(lambda event: seen.append((event.value, points.visible)))
    wells.steps(replace(plate, pixel_um=2.5))
    assert seen == [(marks, False), (points, False)]


def test_a_plate_with_a_pixel_size_lies_in_micrometres(qtbot, viewer, ready, plate):
    from dataclasses import replace

    view = CanvasView(viewer, ready)
    for pixel_um in (None, 0.5, 0.5, None):
        shown = replace(plate, pixel_um=pixel_um)
        ready._set(plate=shown, picture=first_picture(shown))
        view.show_state(ready.state)
        qtbot.waitUntil(lambda: view.is_complete)
        unit = pixel_um or 1.0
        mosaic, marks = viewer.layers["DNA"], viewer.layers["Well marks"]
        assert mosaic.scale.tolist() == [unit, unit]
        assert {str(part) for layer in viewer.layers for part in layer.units} == {"micrometer" if pixel_um else "pixel"}
        assert np.abs(marks.extent.world - mosaic.extent.world).max() <= unit
        y0, x0, y1, x1 = (edge * unit for edge in plate.mosaic.well_boxes.loc["B02"])
        assert view.wells.box("B02") == (y0, x0, y1, x1)
        view.clicks.click(((y0 + y1) / 2, (x0 + x1) / 2))
        assert ready.state.selected == ("B02",)
        view.go_to("B02")
        seen = visible_box(viewer)
        assert seen[0] < y0 < y1 < seen[2] < 3 * y1
        qtbot.waitUntil(lambda: viewer.layers["Wells"].text.visible)
    view.open_fields(("A01",))
    assert viewer.layers["DNA · A01"].scale.tolist() == [1, 1, 1]
    view.close()


def test_the_scale_bar_comes_once(qtbot, viewer, ready, plate):
    from dataclasses import replace

    view, bar, seen = CanvasView(viewer, ready), viewer.canvas.overlays.scale_bar, []
    for pixel_um in (None, 0.5, 0.25):
        shown = replace(plate, pixel_um=pixel_um)
        ready._set(plate=shown, picture=first_picture(shown))
        view.show_state(ready.state)
        qtbot.waitUntil(lambda: view.is_complete)
        seen.append(bar.visible)
        bar.visible = False  # as the person may
    assert seen == [False, True, False]
    view.close()


def test_names_are_laid_out_for_the_wells_around_and_not_at_every_move(qtbot, viewer):
    image = np.zeros((1, 1, 8, 8), np.uint8)
    plate = plate_from_arrays(dict.fromkeys(FORMATS[384].well_names(), image))
    wells = WellLayers(viewer)
    for step in wells.steps(plate):
        step()
    layer = viewer.layers["Wells"]
    look_at(viewer, wells.box("H12"))
    wells._write_names()
    around = layer.shown.copy()
    assert 1 <= around.sum() < 60
    y0, x0, y1, x1 = wells.box("H12")
    look_at(viewer, (y0 + 0.5, x0 + 0.5, y1 + 0.5, x1 + 0.5))
    wells._write_names()
    assert np.array_equal(layer.shown, around)
    for well in ("B02", "O23"):
        look_at(viewer, wells.box(well))
        wells._write_names()
        assert layer.shown[plate.imaged.index.get_loc(well)]
        assert layer.shown.sum() < 60
    wells.close()


def test_what_is_seen_comes_back(qtbot, viewer, ready):
    ready._set(picture=first_picture(ready.state.plate))
    canvas = CanvasView(viewer, ready)
    canvas.show_state(ready.state)
    qtbot.waitUntil(lambda: canvas.is_complete)
    first = viewer.layers["DNA"]
    first.visible, first.contrast_limits, first.colormap = False, (7, 90), "red"
    aim(viewer, (11.0, 22.0), 3.5)
    look = canvas.look(has_overlay=False)
    first.visible, first.contrast_limits, first.colormap = True, (0, 4000), "green"
    aim(viewer, (0.0, 0.0), 1.0)
    ready._set(picture=first_picture(ready.state.plate), look=look)
    canvas.show_state(ready.state)
    qtbot.waitUntil(lambda: canvas.is_complete)
    assert canvas.look(has_overlay=False) == look
    canvas.close()
