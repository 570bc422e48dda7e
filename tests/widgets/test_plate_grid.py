"""The plate grid under a real mouse and keyboard."""

from types import SimpleNamespace

import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QContextMenuEvent, QFocusEvent, QGuiApplication, QHelpEvent, QImage, QKeyEvent, QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QMenu, QToolTip

from napari_ben.errors import SelectionError
from napari_ben.plates import FORMATS, well_position
from napari_ben.widgets import _plate_grid
from napari_ben.widgets._legend_data import LegendEntry
from napari_ben.widgets._plate_grid import PlateGrid
from napari_ben.widgets._plate_grid_data import GridData, WellLook
from napari_ben.widgets._theme import Theme

LEFT, NO = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL, SHIFT, ALT = (getattr(Qt.KeyboardModifier, f"{name}Modifier") for name in ("Control", "Shift", "Alt"))


def plate(n_wells=96, skip=(), **changes):
    names = [name for name in FORMATS[n_wells].well_names() if name not in skip]
    looks = {
        name: WellLook(
            group="DMSO" if name.endswith("01") else "drug",
            predicted="a" if name < "E" else "b",
            in_context=name.endswith("01"),
            tooltip=f"{name}\n<dose> 3 µM",
        )
        for name in names
    }
    return GridData(FORMATS[n_wells], looks | changes)


@pytest.fixture
def grid(qtbot):
    widget = PlateGrid()
    qtbot.addWidget(widget)
    widget.resize(360, widget.heightForWidth(360))
    widget.set_data(plate())
    with qtbot.waitExposed(widget):  # before that, a repaint draws nothing
        widget.show()
    widget.setFocus()
    widget.heard = []
    widget.selection_changed.connect(widget.heard.append)
    return widget


def at(grid, well):
    return grid.well_rect(well_position(well)).center().toPoint()


def header(grid, well, side):
    place, geometry = at(grid, well), grid.geometry_now()
    return QPoint(int(geometry.left) - 5, place.y()) if side == "row" else QPoint(place.x(), int(geometry.top) - 5)


def click(grid, place, modifiers=NO):
    QTest.mouseClick(grid, LEFT, modifiers, at(grid, place) if isinstance(place, str) else place)


def move(grid, place, modifiers=NO, buttons=LEFT):
    place = QPointF(at(grid, place) if isinstance(place, str) else place)
    where = grid.mapToGlobal(place)
    QApplication.sendEvent(
        grid, QMouseEvent(QEvent.Type.MouseMove, place, where, Qt.MouseButton.NoButton, buttons, modifiers)
    )


def drag(grid, *wells, modifiers=NO):
    QTest.mousePress(grid, LEFT, modifiers, at(grid, wells[0]))
    for well in wells[1:]:
        move(grid, well, modifiers)
    QTest.mouseRelease(grid, LEFT, modifiers, at(grid, wells[-1]))


def test_a_click_selects_one(grid):
    click(grid, "C05")
    click(grid, "D06")
    assert grid.selection() == ("D06",)
    assert grid.heard == [("C05",), ("D06",)]


def test_ctrl_click_toggles_and_shift_click_extends(grid):
    click(grid, "A01")
    click(grid, "C03", CTRL)
    click(grid, "D04", SHIFT)
    assert grid.selection() == ("A01", "C03", "C04", "D03", "D04")
    click(grid, "A01", CTRL)
    assert "A01" not in grid.selection()


def test_a_drag_announces_each_change_once(grid):
    drag(grid, "B02", "B03", "B03", "C03")
    assert grid.selection() == ("B02", "B03", "C02", "C03")
    assert grid.heard == [("B02",), ("B02", "B03"), ("B02", "B03", "C02", "C03")]


def test_alt_drag_removes(grid):
    grid.select_all()
    drag(grid, "A01", "G12", modifiers=ALT)
    assert grid.selection() == tuple(f"H{column:02d}" for column in range(1, 13))


def test_headers_select_lines_and_the_corner_all(grid):
    click(grid, header(grid, "C01", "row"))
    assert grid.selection() == tuple(f"C{column:02d}" for column in range(1, 13))
    click(grid, header(grid, "A05", "column"))
    assert grid.selection() == tuple(f"{row}05" for row in "ABCDEFGH")
    geometry = grid.geometry_now()
    click(grid, QPoint(int(geometry.left) - 4, int(geometry.top) - 4))
    assert len(grid.selection()) == 96


def test_a_click_beside_the_plate_selects_nothing(grid):
    grid.set_selection(["A01"])
    click(grid, QPoint(grid.width() - 1, grid.height() - 1))
    assert grid.selection() == ()


def test_arrows_escape_and_select_all(grid, qtbot):
    click(grid, "B02")
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    qtbot.keyClick(grid, Qt.Key.Key_Down, SHIFT)
    assert grid.selection() == ("B03", "C03")
    qtbot.keyClick(grid, Qt.Key.Key_A, CTRL)
    assert len(grid.selection()) == 96
    qtbot.keyClick(grid, Qt.Key.Key_Escape)
    assert grid.selection() == ()


def test_undo_redo_invert_copy_by_key(grid, qtbot):
    click(grid, "A01")
    qtbot.keyClick(grid, Qt.Key.Key_I, CTRL)
    assert len(grid.selection()) == 95
    qtbot.keyClick(grid, Qt.Key.Key_Z, CTRL)
    assert grid.selection() == ("A01",)
    qtbot.keyClick(grid, Qt.Key.Key_Z, CTRL | SHIFT)
    assert len(grid.selection()) == 95
    qtbot.keyClick(grid, Qt.Key.Key_Z, CTRL)
    qtbot.keyClick(grid, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "A01"


def test_ctrl_and_arrows_walk_and_leave_the_selection(grid, qtbot):
    click(grid, "B02")
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(grid, key, CTRL)
    assert grid.selection() == ("B02",)
    assert grid.accessibleDescription().endswith("keyboard at C04")
    qtbot.keyClick(grid, Qt.Key.Key_Space)
    assert grid.selection() == ("B02", "C04")


def test_the_menu_key_means_the_keyboards_well(grid, monkeypatch):
    places = []
    menu = SimpleNamespace(popup=places.append)
    monkeypatch.setattr(_plate_grid, "build_menu", lambda _grid: menu)
    click(grid, "B02")
    by_key = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(grid, QContextMenuEvent(by_key, grid.rect().center(), QPoint(0, 0)))
    assert grid.selection() == ("B02",)
    assert places == [grid.mapToGlobal(at(grid, "B02"))]


def test_the_plate_that_has_the_keyboard_is_framed(grid, qtbot):
    grid.show()
    plain = grid.grab().toImage()
    QApplication.sendEvent(grid, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    framed = grid.grab().toImage()
    edge = (grid.width() // 2, 0)
    assert framed.pixelColor(*edge).name() == Theme.of(grid).accent != plain.pixelColor(*edge).name()
    QApplication.sendEvent(grid, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.TabFocusReason))
    assert grid.grab().toImage() == plain


def test_space_toggles_and_enter_shows_the_keyboards_well(grid, qtbot):
    shown = []
    grid.well_activated.connect(shown.append)
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    qtbot.keyClick(grid, Qt.Key.Key_Space)
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert (grid.selection(), shown) == ((), ["A02"])


def test_the_grid_takes_its_keys_before_the_window_and_leaves_the_others(grid):
    def wanted(key, modifiers):
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers)
        event.ignore()
        QApplication.sendEvent(grid, event)
        return event.isAccepted()

    assert wanted(Qt.Key.Key_A, CTRL)
    assert wanted(Qt.Key.Key_Z, CTRL | SHIFT)
    assert not wanted(Qt.Key.Key_P, CTRL)
    assert wanted(Qt.Key.Key_Left, CTRL)
    assert not wanted(Qt.Key.Key_Left, ALT)


def test_escape_gives_up_a_drag(grid, qtbot):
    click(grid, "A01")
    QTest.mousePress(grid, LEFT, NO, at(grid, "C03"))
    move(grid, "E05")
    qtbot.keyClick(grid, Qt.Key.Key_Escape)
    move(grid, "F06")
    QTest.mouseRelease(grid, LEFT, NO, at(grid, "F06"))
    assert grid.selection() == ("A01",)
    assert grid.heard[-1] == ("A01",)


def test_what_the_program_selects_does_not_echo_but_can_be_undone(grid):
    grid.set_selection(["B02", "a-1"])
    assert grid.selection() == ("A01", "B02")
    assert grid.heard == []
    grid.set_selection(["A01", "B02"])
    grid.undo()
    assert grid.selection() == ()
    assert grid.heard == [()]


def test_a_well_that_is_none_is_refused(grid):
    with pytest.raises(SelectionError, match="is not a well"):
        grid.set_selection(["nonsense"])


@pytest.mark.parametrize("name", ["nonsense", "H12"])
def test_a_look_for_a_well_that_is_not_on_the_plate_is_refused(name):
    with pytest.raises(SelectionError, match="is not a well of a plate with 4 rows and 6 columns"):
        GridData(FORMATS[24], {name: WellLook()})


def test_while_a_person_draws_the_program_waits(grid):
    QTest.mousePress(grid, LEFT, NO, at(grid, "C03"))
    grid.set_selection(["H12"])
    assert grid.selection() == ("C03",)
    QTest.mouseRelease(grid, LEFT, NO, at(grid, "C03"))


def test_a_double_click_asks_for_the_well(grid):
    shown = []
    grid.well_activated.connect(shown.append)
    QTest.mouseDClick(grid, LEFT, NO, at(grid, "D04"))
    assert shown == ["D04"]


def test_hovering_names_the_well_once(grid):
    names = []
    grid.well_hovered.connect(names.append)
    for place in ("D04", "D04", "D05", header(grid, "D05", "row")):
        move(grid, place, buttons=Qt.MouseButton.NoButton)
    QApplication.sendEvent(grid, QEvent(QEvent.Type.Leave))
    assert names == ["D04", "D05", "", ""]


def test_wells_without_images_are_drawn_but_not_swept(grid):
    grid.set_data(plate(skip=("A02",), A03=WellLook(has_images=False)))
    drag(grid, "A01", "A04")
    assert grid.selection() == ("A01", "A04")
    click(grid, "A02")
    assert grid.selection() == ()


def test_new_results_keep_the_selection_and_another_plate_drops_it(grid):
    grid.set_selection(["A01"])
    grid.set_data(plate(A01=WellLook(prediction="#ff0000")))
    assert grid.selection() == ("A01",)
    grid.set_data(plate(24))
    assert grid.selection() == ()
    assert not grid.can_undo


def test_trimming_hides_empty_borders_only(grid):
    inside = [name for name in FORMATS[96].well_names() if name[0] in "BC" and name[1:] in ("03", "05")]
    grid.set_data(GridData(FORMATS[96], {name: WellLook() for name in inside}))
    grid.set_trimmed(True)
    assert grid.geometry_now().window.rows == range(1, 3)
    assert grid.geometry_now().window.columns == range(2, 5)
    click(grid, "C05")
    assert grid.selection() == ("C05",)
    grid.set_trimmed(False)
    assert len(grid.geometry_now().window.rows) == 8


@pytest.mark.parametrize(
    ("entries", "n_left"),
    [
        ((), 96),
        ((LegendEntry("DMSO"),), 8),
        ((LegendEntry("DMSO"), LegendEntry("drug")), 96),
        ((LegendEntry("DMSO"), LegendEntry("a", mark="disc")), 4),
        ((LegendEntry("context", mark="hatch"),), 8),
    ],
)
def test_the_legends_filter_is_what_can_be_selected(grid, entries, n_left):
    grid.show_only(entries)
    grid.select_all()
    assert len(grid.selection()) == n_left


def menu_of(grid, well):
    place = at(grid, well)
    QApplication.sendEvent(grid, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, grid.mapToGlobal(place)))
    (menu,) = grid.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return menu


def action(menu, *titles):
    for title in titles:
        (found,) = [action for action in menu.actions() if action.text().split("\t")[0] == title]
        menu = found.menu()
    return found


def test_the_menu_works_on_the_selection_or_on_the_well_under_it(grid):
    roles, fields = [], []
    grid.role_requested.connect(lambda role, wells: roles.append((role, wells)))
    grid.fields_requested.connect(fields.append)
    grid.set_selection(["A01", "A02"])
    menu = menu_of(grid, "A02")
    action(menu, "Set role", "Negative control").trigger()
    action(menu, "Open fields").trigger()
    action(menu, "Copy list").trigger()
    menu.close()
    assert roles == [("negative_control", ("A01", "A02"))]
    assert fields == [("A01", "A02")]
    assert QGuiApplication.clipboard().text() == "A01, A02"


def test_the_menu_on_another_well_selects_it_first(grid):
    grid.set_selection(["A01"])
    menu_of(grid, "C03").close()
    assert grid.selection() == ("C03",)


def test_select_wells_like_this(grid):
    grid.similarities = {"Same column": lambda well: [f"{row}{well[1:]}" for row in "ABCDEFGH"]}
    grid.set_data(plate(skip=("H02",)))
    grid.set_selection(["A01", "A02"])
    menu = menu_of(grid, "A01")
    action(menu, "Select wells like this", "Same column").trigger()
    menu.close()
    assert len(grid.selection()) == 15


def test_the_menu_undoes_redoes_inverts_and_trims(grid):
    click(grid, "A01")
    menu = menu_of(grid, "A01")
    action(menu, "Invert selection").trigger()
    action(menu, "Hide empty borders").trigger()
    menu.close()
    assert len(grid.selection()) == 95
    assert grid.is_trimmed


def test_the_tooltip_has_the_wells_words_and_picture(grid, qtbot):
    picture = QImage(8, 8, QImage.Format.Format_RGB32)
    grid.thumbnail_of = {"B02": picture}.get
    place = at(grid, "B02")
    QApplication.sendEvent(grid, QHelpEvent(QEvent.Type.ToolTip, place, grid.mapToGlobal(place)))
    text = QToolTip.text()
    assert "B02" in text
    assert "&lt;dose&gt; 3 µM" in text
    assert "data:image/png" in text
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


@pytest.mark.parametrize("n_wells", sorted(FORMATS))
def test_wells_stay_square_and_the_height_follows_the_width(grid, n_wells):
    grid.set_data(plate(n_wells))
    grid.resize(450, grid.heightForWidth(450))
    last = well_position(FORMATS[n_wells].well_names()[-1])
    assert grid.rect().contains(grid.well_rect(last).toRect())
    assert grid.well_rect(last).width() >= 8


def test_wells_are_painted_once_however_much_the_mouse_moves(grid, monkeypatch):
    from napari_ben.widgets._plate_grid_wells import WellPainter

    painted = []
    paint = WellPainter.paint
    monkeypatch.setattr(WellPainter, "paint", lambda *args: painted.append(1) or paint(*args))
    grid.set_data(plate(A01=WellLook(prediction="#0072b2")))
    grid.set_data(plate(A01=WellLook(prediction="#0072b2")))
    for well in ("A01", "C03", "H12"):
        move(grid, well, buttons=Qt.MouseButton.NoButton)
        grid.repaint()
    grid.set_data(plate(A01=WellLook(prediction="#0072b2")))
    drag(grid, "A01", "C03")
    grid.repaint()
    assert len(painted) == 1


@pytest.mark.parametrize(("background", "text"), [("#23242b", "#f0f1f2"), ("#ebe7e6", "#1e1e21")])
def test_the_grid_follows_the_windows_theme(grid, background, text):
    grid.setStyleSheet(f"QWidget {{ background-color: {background}; color: {text}; }}")
    picture = grid.grab().toImage()
    assert picture.pixelColor(0, picture.height() - 1).name() == background


def test_a_screen_reader_hears_what_is_selected(grid):
    click(grid, "C05")
    assert grid.accessibleName() == "Plate grid"
    assert grid.accessibleDescription() == "1 of 96 wells selected, keyboard at C05"


def test_the_keyboards_place_shows_when_it_comes_by_tab_and_goes_with_the_mouse(grid):
    def focus(kind):  # sent, because a screen without a window manager gives no window the focus
        QApplication.sendEvent(grid, QFocusEvent(kind, Qt.FocusReason.TabFocusReason))
        return grid.grab().toImage()

    plain = focus(QEvent.Type.FocusOut)
    assert focus(QEvent.Type.FocusIn) != plain
    assert focus(QEvent.Type.FocusOut) == plain
