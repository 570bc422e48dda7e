"""The embedding panel under a real mouse and keyboard."""

import numpy as np
import pytest
from PIL import Image
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QImage, QKeyEvent, QMouseEvent, QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QMenu, QToolTip

from napari_ben.errors import ArgumentError, SaveError
from napari_ben.widgets import _embedding_picture
from napari_ben.widgets._embedding import EmbeddingView
from napari_ben.widgets._embedding_data import EmbeddingData
from napari_ben.widgets._embedding_geometry import View
from napari_ben.widgets._legend_data import LegendEntry

LEFT, RIGHT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.NoButton
NO = Qt.KeyboardModifier.NoModifier
CTRL, SHIFT, ALT = (getattr(Qt.KeyboardModifier, f"{name}Modifier") for name in ("Control", "Shift", "Alt"))
XY = np.array([[x, y] for y in range(4) for x in range(4)], dtype=np.float32)
LEGEND = (LegendEntry("left", "#0072b2", "disc", 8), LegendEntry("right", "#e69f00", "disc", 8))


def points(xy=XY, **changes):
    left = xy[:, 0] < 2
    colours = tuple(np.where(left, "#0072b2", "#e69f00").tolist())
    groups = tuple(np.where(left, "left", "right").tolist())
    content = {"groups": groups, "in_context": xy[:, 1] == 0, "legend": LEGEND, "title": "UMAP"}
    return EmbeddingData(xy, colours, **(content | changes))


@pytest.fixture
def view(qtbot):
    widget = EmbeddingView()
    qtbot.addWidget(widget)
    widget.resize(400, 400)
    widget.set_data(points())
    with qtbot.waitExposed(widget):
        widget.show()
    widget.canvas.setFocus()
    widget.heard = []
    widget.selection_changed.connect(lambda chosen: widget.heard.append(chosen.tolist()))
    yield widget
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def at(view, point, by=(0, 0)):
    x, y = view.canvas.camera().to_screen(XY[point : point + 1])[0].tolist()
    return QPoint(round(x) + by[0], round(y) + by[1])


def move(view, place, buttons=LEFT, modifiers=NO):
    place = QPointF(place)
    where = view.canvas.mapToGlobal(place)
    event = QMouseEvent(QEvent.Type.MouseMove, place, where, NONE, buttons, modifiers)
    QApplication.sendEvent(view.canvas, event)


def lasso(view, *corners, modifiers=NO):
    QTest.mousePress(view.canvas, LEFT, modifiers, corners[0])
    for corner in corners[1:]:
        move(view, corner, modifiers=modifiers)
    QTest.mouseRelease(view.canvas, LEFT, modifiers, corners[-1])


def around(view, *chosen):
    places = [at(view, point) for point in chosen]
    left, right = min(p.x() for p in places) - 10, max(p.x() for p in places) + 10
    top, bottom = min(p.y() for p in places) - 10, max(p.y() for p in places) + 10
    return QPoint(left, top), QPoint(right, top), QPoint(right, bottom), QPoint(left, bottom)


def test_a_lasso_selects_what_it_holds(view):
    lasso(view, *around(view, 0, 5))
    assert view.selection().tolist() == [0, 1, 4, 5]
    assert view.heard == [[0, 1, 4, 5]]


def test_shift_adds_and_alt_removes(view):
    lasso(view, *around(view, 0, 1))
    lasso(view, *around(view, 15), modifiers=SHIFT)
    lasso(view, *around(view, 0), modifiers=ALT)
    assert view.selection().tolist() == [1, 15]


def test_a_click_selects_the_nearest_and_beside_the_points_nothing(view):
    QTest.mouseClick(view.canvas, LEFT, NO, at(view, 6, by=(3, 2)))
    QTest.mouseClick(view.canvas, LEFT, CTRL, at(view, 7))
    QTest.mouseClick(view.canvas, LEFT, CTRL, at(view, 6))
    assert view.selection().tolist() == [7]
    QTest.mouseClick(view.canvas, LEFT, NO, at(view, 6, by=(30, 30)))
    assert view.heard == [[6], [6, 7], [7], []]


def test_what_the_program_selects_does_not_echo(view):
    view.set_selection([3, 1])
    assert view.selection().tolist() == [1, 3]
    assert view.heard == []
    assert view.header.text() == "UMAP · 16 fields · 2 selected"


def test_keys_select_all_invert_and_clear(view, qtbot):
    qtbot.keyClick(view.canvas, Qt.Key.Key_A, CTRL)
    qtbot.keyClick(view.canvas, Qt.Key.Key_I, CTRL)
    qtbot.keyClick(view.canvas, Qt.Key.Key_I, CTRL)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Escape)
    assert [len(chosen) for chosen in view.heard] == [16, 0, 16, 0]


def test_escape_gives_up_a_lasso(view, qtbot):
    corners = around(view, 0, 5)
    QTest.mousePress(view.canvas, LEFT, NO, corners[0])
    move(view, corners[2])
    qtbot.keyClick(view.canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(view.canvas, LEFT, NO, corners[3])
    assert view.heard == []


def test_keys_are_taken_before_the_window_and_others_left(view):
    def wanted(key, modifiers=NO):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers)
        event.ignore()
        QApplication.sendEvent(view.canvas, event)
        return event.isAccepted()

    assert wanted(Qt.Key.Key_A, CTRL)
    assert wanted(Qt.Key.Key_Plus, SHIFT)
    assert not wanted(Qt.Key.Key_P, CTRL)


def test_the_wheel_zooms_about_the_mouse_and_zero_shows_all(view, qtbot):
    before = at(view, 10)
    place = QPointF(before)
    wheel = QWheelEvent(
        place, view.canvas.mapToGlobal(place), QPoint(), QPoint(0, 240), NONE, NO, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(view.canvas, wheel)
    assert view.canvas._view.zoom > 1.2
    assert (at(view, 10) - before).manhattanLength() <= 1
    qtbot.keyClick(view.canvas, Qt.Key.Key_0)
    assert view.canvas._view == View()


def test_keys_zoom_and_pan_and_the_button_shows_all(view, qtbot):
    before = at(view, 5)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Right)
    assert at(view, 5).x() < before.x()
    qtbot.keyClick(view.canvas, Qt.Key.Key_Plus)
    assert view.canvas._view.zoom == pytest.approx(1.25)
    qtbot.mouseClick(view.fit, LEFT)
    assert view.canvas._view == View()


def test_a_right_drag_pans_and_a_right_click_opens_the_menu(view):
    before, asked = at(view, 5), []
    view.canvas.menu_requested.connect(asked.append)
    QTest.mousePress(view.canvas, RIGHT, NO, QPoint(50, 50))
    move(view, QPoint(80, 90), buttons=RIGHT)
    QTest.mouseRelease(view.canvas, RIGHT, NO, QPoint(80, 90))
    assert at(view, 5) - before == QPoint(30, 40)
    assert asked == []
    QTest.mouseClick(view.canvas, RIGHT, NO, QPoint(50, 50))
    assert len(asked) == 1
    (menu,) = view.findChildren(QMenu)
    saved = []
    view.save_requested.connect(saved.append)
    for action in menu.actions():
        action.trigger()
    menu.close()
    assert saved == ["png", "svg"]


def test_a_double_click_shows_the_point_or_everything(view):
    shown = []
    view.point_activated.connect(shown.append)
    QTest.mouseDClick(view.canvas, LEFT, NO, at(view, 9))
    assert shown == [9]
    view.canvas.zoom(3)
    QTest.mouseDClick(view.canvas, LEFT, NO, QPoint(2, 2))
    assert view.canvas._view == View()


def test_hovering_names_the_point_and_shows_its_picture(view):
    hovered = []
    view.point_hovered.connect(hovered.append)
    view.set_tooltips(
        lambda point: f"H11 · field {point}\nAurora 0.94", lambda _: QImage(9, 9, QImage.Format.Format_RGB32)
    )
    move(view, at(view, 2), buttons=NONE)
    move(view, at(view, 2, by=(1, 0)), buttons=NONE)
    assert "H11 · field 2" in QToolTip.text()
    assert "data:image/png" in QToolTip.text()
    QApplication.sendEvent(view.canvas, QEvent(QEvent.Type.Leave))
    assert hovered == [2, -1]


def test_the_legends_filter_is_what_can_be_selected(view, qtbot):
    chip = next(chip for chip in view.legend._chips if chip.text() == "left")
    qtbot.mouseClick(chip, LEFT)
    view.canvas.select_all()
    assert view.selection().tolist() == [0, 1, 4, 5, 8, 9, 12, 13]
    QTest.mouseClick(view.canvas, LEFT, NO, at(view, 3))
    assert view.selection().tolist() == []


def test_context_can_be_filtered_too():
    entries = (LEGEND[1], LegendEntry("context", mark="hatch"))
    assert np.flatnonzero(points().matching(entries)).tolist() == [2, 3]


def test_new_colours_keep_view_and_selection_and_a_new_layout_shows_all(view):
    view.canvas.zoom(3)
    view.set_selection([2])
    view.set_data(points(title="PCA"))
    assert view.canvas._view.zoom == 3
    view.set_data(points(XY * 2))
    assert view.canvas._view == View()
    assert view.selection().tolist() == [2]
    view.set_data(points(XY[:4]))
    assert view.selection().tolist() == []


def test_words_where_there_is_nothing_yet(view):
    view.set_data(EmbeddingData(np.empty((0, 2), np.float32), ()))
    blank = view.canvas.grab().toImage()
    view.set_message("Run a method to see where the images lie.")
    assert view.header.text() == ""
    assert view.canvas.grab().toImage() != blank


def test_points_that_are_not_numbers_are_left_out(view):
    xy = XY.copy()
    xy[0] = np.nan
    view.set_data(points(xy))
    lasso(view, QPoint(1, 1), QPoint(399, 1), QPoint(399, 399), QPoint(1, 399))
    assert view.selection().tolist() == list(range(1, 16))
    assert not view.canvas.grab().isNull()


def test_lists_of_unlike_length_are_refused():
    with pytest.raises(ArgumentError, match="not one for each point"):
        EmbeddingData(XY, ("#000000",) * 3)


@pytest.fixture
def stamped(view, monkeypatch):
    """How many points are drawn, each time that some are."""
    counts = []
    stamp = _embedding_picture.stamp_points
    monkeypatch.setattr(
        _embedding_picture, "stamp_points", lambda *args: counts.append(int(args[-1].sum())) or stamp(*args)
    )
    view.set_data(points(title="again"))
    view.canvas.repaint()
    return counts


def test_points_are_painted_once_however_much_the_mouse_moves(view, stamped):
    for point in (1, 5, 9):
        move(view, at(view, point), buttons=NONE)
        view.canvas.repaint()
    QTest.mousePress(view.canvas, LEFT, NO, QPoint(3, 3))
    move(view, QPoint(60, 60))
    view.canvas.repaint()
    QTest.mouseRelease(view.canvas, LEFT, NO, QPoint(3, 3))
    assert stamped == [16, 0]


def test_a_new_selection_draws_what_is_selected_and_no_more(view, stamped):
    for chosen in ([2], [2, 3, 7], [2, 3, 7], [5]):
        view.set_selection(chosen)
        view.canvas.repaint()
    assert stamped == [16, 0, 16, 1, 3, 1]
    kept = view.canvas.grab().toImage()
    view.set_data(points(title="drawn anew"))
    assert view.canvas.grab().toImage() == kept


def test_a_png_is_three_times_as_fine_and_an_svg_has_every_point(view, tmp_path):
    view.save(tmp_path / "embedding.png")
    view.save(tmp_path / "embedding.svg")
    with Image.open(tmp_path / "embedding.png") as picture:
        assert picture.size == (3 * view.canvas.width(), 3 * view.canvas.height())
    drawing = (tmp_path / "embedding.svg").read_text(encoding="utf-8")
    assert drawing.count("<circle") == 16 + 4  # and a dot for each that is in the context


@pytest.mark.parametrize(
    ("name", "problem"), [("a.jpg", "neither a PNG nor an SVG"), ("none/a.png", "cannot be written")]
)
def test_what_cannot_be_saved_is_refused_and_leaves_nothing(view, tmp_path, name, problem):
    with pytest.raises(SaveError, match=problem):
        view.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("background", "text"), [("#23242b", "#f0f1f2"), ("#ebe7e6", "#1e1e21")])
def test_the_panel_follows_the_windows_theme(view, background, text):
    view.setStyleSheet(f"QWidget {{ background-color: {background}; color: {text}; }}")
    assert view.canvas.grab().toImage().pixelColor(0, 0).name() == background


def test_a_screen_reader_hears_what_is_shown(view):
    assert view.canvas.accessibleName() == "Embedding"
    assert view.canvas.accessibleDescription() == "UMAP · 16 fields"


def seen(view):
    return view.canvas._seen_places()


def test_points_of_one_subject_move_to_their_new_places(view):
    view.canvas._motion.setDuration(60_000)
    view.set_data(points(subject="P1"))
    assert not view.canvas.is_moving
    start = seen(view)
    view.set_data(points(3 - XY, subject="P1"))
    assert view.canvas.is_moving
    np.testing.assert_allclose(seen(view), start, atol=2)
    view.canvas._motion.setCurrentTime(60_000)
    np.testing.assert_allclose(seen(view), start[::-1], atol=1e-3)
    assert not view.canvas.is_moving


def test_a_new_size_does_not_end_the_motion(view):
    view.canvas._motion.setDuration(60_000)
    view.set_data(points(subject="P1"))
    view.set_data(points(3 - XY, subject="P1"))
    view.resize(400, 360)
    QApplication.processEvents()
    assert view.canvas.is_moving


def test_a_look_elsewhere_ends_the_motion(view):
    view.set_data(points(subject="P1"))
    view.set_data(points(3 - XY, subject="P1"))
    view.canvas.zoom(2.0)
    assert not view.canvas.is_moving


@pytest.mark.parametrize("subject", ["P2", ""])
def test_points_of_another_plate_do_not_move(view, subject):
    view.set_data(points(subject="P1"))
    view.set_data(points(3 - XY, subject=subject))
    assert not view.canvas.is_moving
