"""No word is cut: the dock at its narrowest and the windows it opens, in both themes, at each scaling of the screen."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from napari._qt.qt_resources import get_stylesheet
from qtpy.QtCore import QPoint
from qtpy.QtGui import QHelpEvent
from qtpy.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QToolTip, QWidget

from napari_ben.widgets._chooser import Chooser
from napari_ben.widgets._keys_window import show_keys
from napari_ben.widgets._pattern_dialog import PatternDialog
from napari_ben.widgets._tinted import QuietLabel

from .full_dock import LONG, WIDTH
from .legibility import unreadable

THEMES, SCALES = ("dark", "light"), ("1.5", "2")


def put_on(qtbot, dock, theme):
    dock.window().setStyleSheet(get_stylesheet(theme))
    qtbot.wait(50)


@pytest.mark.parametrize("theme", THEMES)
def test_no_word_of_the_dock_is_cut(qtbot, full_dock, theme):
    put_on(qtbot, full_dock, theme)
    assert full_dock.width() == WIDTH
    assert full_dock._area.horizontalScrollBar().maximum() == 0
    assert unreadable(full_dock) == []


def test_with_large_letters_nothing_is_out_of_reach(qtbot, full_dock):
    full_dock.window().setStyleSheet(get_stylesheet("dark", extra_variables={"font_size": "18pt"}))
    column, bar = full_dock._area.widget(), full_dock._area.horizontalScrollBar()
    qtbot.waitUntil(lambda: column.width() > WIDTH)
    assert bar.maximum() == column.width() - full_dock._area.viewport().width()


WINDOWS = {
    "table": lambda dock: dock.results.open_table(),
    "compare": lambda dock: dock.results.open_comparison(),
    "trust": lambda dock: dock.results.open_trust(),
    "screen": lambda dock: dock.plate.open_screen(),
    "pattern": lambda dock: PatternDialog(dock.session, Path(LONG), dock).show(),
    "keys": show_keys,
}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", WINDOWS)
def test_no_word_of_a_window_is_cut(qtbot, full_dock, theme, name):
    put_on(qtbot, full_dock, theme)
    before = set(QApplication.topLevelWidgets())
    WINDOWS[name](full_dock)
    window = next(one for one in set(QApplication.topLevelWidgets()) - before if one.isVisible() and one.windowTitle())
    qtbot.wait(50)
    parts = window.parts if name == "trust" else None
    for part in ("stability", "drift", "wells") if parts else ("",):
        if parts:
            parts.button(part).click()
            qtbot.wait(20)
        assert unreadable(window) == []
    window.close()


CUT = {
    "a line": lambda: QLabel("more than there is room for"),
    "a button": lambda: QPushButton("more than there is room for"),
    "a word": lambda: QuietLabel("BR00117010BR00117010BR00117010"),
    "a placeholder": lambda: placeholder("more than there is room for"),
}


def placeholder(text):
    line = QLineEdit()
    line.setPlaceholderText(text)
    return line


@pytest.mark.parametrize("make", CUT.values(), ids=CUT)
def test_what_is_cut_is_found(qtbot, make):
    host, widget = QWidget(), make()
    qtbot.addWidget(host)
    widget.setParent(host)
    widget.setFixedWidth(60)
    host.resize(200, 100)
    host.show()
    assert any("needs" in words for words in unreadable(host))
    widget.setFixedWidth(300)
    assert [words for words in unreadable(host) if "needs" in words] == []
    assert any("reaches from 0 to 299 px in a window of 200" in words for words in unreadable(host))


def test_a_choice_without_room_is_whole_on_hover_and_in_its_list(qtbot):
    box = Chooser("Plate", meaning="Which plate is shown")
    qtbot.addWidget(box)
    box.addItems([LONG, "P2"])
    box.resize(120, 28)
    box.show()
    QApplication.sendEvent(box, QHelpEvent(QHelpEvent.Type.ToolTip, QPoint(5, 5), box.mapToGlobal(QPoint(5, 5))))
    qtbot.waitUntil(lambda: QToolTip.text() == f"{LONG}\nWhich plate is shown")
    box.showPopup()
    qtbot.waitUntil(box.view().isVisible)
    assert box.view().viewport().width() >= box.view().fontMetrics().horizontalAdvance(LONG)
    box.hidePopup()
    box.setCurrentText("P2")
    assert box.help() == "Which plate is shown"


@pytest.mark.skipif("QT_SCALE_FACTOR" in os.environ, reason="this is the scaled process")
@pytest.mark.parametrize("scale", SCALES)
def test_no_word_is_cut_on_a_screen_of_finer_pixels(scale):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n0",
        "-pno:cacheprovider",
        "-k",
        "no_word_of or without_room",
        __file__,
    ]
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, timeout=240, env={**os.environ, "QT_SCALE_FACTOR": scale}
    )
    assert done.returncode == 0, done.stdout
