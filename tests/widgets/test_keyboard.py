"""The dock without a mouse: every control has a name, is reached in the order in which one reads, and is framed."""

from pathlib import Path

import pytest
from napari._qt.qt_resources import get_stylesheet
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QAbstractButton, QApplication, QDialog, QLabel, QWidget

from napari_ben.widgets._dock_sheet import dock_sheet
from napari_ben.widgets._keys_window import KEYS, KeysWindow
from napari_ben.widgets._reading_order import controls
from napari_ben.widgets._theme import Theme

DOCS = Path(__file__).parents[2] / "docs"
ENOUGH = 200
STEPS = ("plate", "context", "model", "method", "results", "teach", "train")


def reachable(window):
    """What Tab may stop at."""
    widgets = [widget for widget in window.findChildren(QWidget) if widget.window() is window.window()]
    tabs = [widget for widget in widgets if widget.focusPolicy() & Qt.FocusPolicy.TabFocus]
    return [widget for widget in tabs if widget.isVisible() and widget.isEnabled() and widget.focusProxy() is None]


def walk(window, start):
    """Press Tab until it comes round or leaves."""
    start.setFocus(Qt.FocusReason.TabFocusReason)
    way = [start]
    while len(way) < ENOUGH:
        QTest.keyClick(way[-1], Qt.Key.Key_Tab)
        now = QApplication.focusWidget()
        if now is None or now in way or not window.isAncestorOf(now):
            break
        way.append(now)
    return way


def say(widget):
    return widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")


@pytest.fixture
def active(qtbot, full_dock):
    with qtbot.waitActive(full_dock.window()):
        full_dock.window().activateWindow()
    return full_dock


def test_tab_reaches_every_control_as_one_reads(active):
    way = walk(active, active.plate.heading)
    order = [widget for widget in controls(active) if widget in way]
    assert way == order
    assert {say(widget) for widget in reachable(active)} == {say(widget) for widget in way}
    owners = [next(name for name in STEPS if getattr(active, name).isAncestorOf(widget)) for widget in way]
    assert list(dict.fromkeys(owners)) == list(STEPS)
    assert owners == sorted(owners, key=STEPS.index)


def test_shift_and_tab_go_back(active):
    active.context.heading.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(active.context.heading, Qt.Key.Key_Tab)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Backtab)
    assert QApplication.focusWidget() is active.context.heading


def test_every_control_says_what_it_is(full_dock):
    nameless = [type(widget).__name__ for widget in reachable(full_dock) if not say(widget)]
    assert nameless == []


WINDOWS = ("open_table", "open_comparison", "open_trust")


@pytest.mark.parametrize("name", [*WINDOWS, "open_screen"])
def test_every_control_of_a_window_says_what_it_is_and_is_reached(qtbot, full_dock, name):
    before = set(QApplication.topLevelWidgets())
    getattr(full_dock.plate if name == "open_screen" else full_dock.results, name)()
    window = next(
        one for one in set(QApplication.topLevelWidgets()) - before if isinstance(one, QDialog) and one.isVisible()
    )
    with qtbot.waitActive(window):
        window.activateWindow()
    wanted = reachable(window)
    assert [type(widget).__name__ for widget in wanted if not say(widget)] == []
    first = next(widget for widget in controls(window) if widget in wanted)
    assert {say(widget) for widget in walk(window, first)} == {say(widget) for widget in wanted}
    window.close()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_what_has_the_keyboard_is_framed(active, qtbot, theme):
    active.window().setStyleSheet(get_stylesheet(theme))
    qtbot.wait(50)
    accent = Theme.of(active.parentWidget()).accent
    for widget in (active.plate.open_button, active.model.models, active.context.text.line, active.teach.column):
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.wait(10)
        image = widget.grab().toImage()
        assert image.pixelColor(image.width() // 2, 0).name() == accent
    assert accent in dock_sheet(Theme.of(active))


def test_f1_lists_the_keys_and_so_does_the_manual(active, qtbot):
    QTest.keyClick(active.context.grid, Qt.Key.Key_F1)
    window = next(one for one in QApplication.topLevelWidgets() if isinstance(one, KeysWindow) and one.isVisible())
    shown = {label.text() for label in window.findChildren(QLabel)}
    manual = (DOCS / "keyboard.md").read_text(encoding="utf-8")
    for where, keys in KEYS.items():
        for key, does in keys.items():
            assert {where, key, does} <= shown
            assert f"| {where} | {key} | {does} |" in manual
    window.close()
