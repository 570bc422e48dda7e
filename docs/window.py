"""How the scripts of this folder drive the real window: wait, press, drag, answer dialogs, take pictures.

Everything goes through Qt's own event queue, as from a person's mouse and keyboard.
"""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

import napari
from pyvirtualdisplay import Display
from qtpy.QtCore import QEventLoop, QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDialogButtonBox, QFileDialog, QLineEdit, QMenu, QWidget

from napari_ben.widgets import BenDock, PlateGrid

SIZE, SCREEN = (1400, 900), (1600, 1000)
PATIENCE, QUALITY = 120.0, 70
_LEFT, _PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def open_window(theme: str = "dark") -> tuple[napari.Viewer, BenDock]:
    """Open the viewer with the dock in it, in the corner of the screen; of a virtual one where there is none."""
    if sys.platform == "linux" and "DISPLAY" not in os.environ:
        Display(size=SCREEN).start()  # ends with this process
    viewer = napari.Viewer(show=True)
    viewer.theme = theme
    viewer.window.resize(*SIZE)
    dock = BenDock(viewer)
    viewer.window.add_dock_widget(dock, name="Plates", area="right")
    dock.window().move(0, 0)
    wait_until(lambda: dock.session.state.model is not None, "the model")
    return viewer, dock


def wait(seconds: float) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def wait_until(is_so: Callable[[], bool], what: str, *, rest: float = 0.5) -> None:
    """Let the window live until something is so, and a moment longer.

    Raises
    ------
    TimeoutError
        When it does not become so within `PATIENCE` seconds.
    """
    start = monotonic()
    while not is_so():
        if monotonic() - start > PATIENCE:
            message = f"waited {PATIENCE:.0f} s for {what}"
            raise TimeoutError(message)
        wait(0.05)
    wait(rest)


def canvas_of(dock: BenDock) -> QWidget:
    """Find the canvas beside the dock."""
    return next(widget for widget in dock.window().findChildren(QWidget) if type(widget).__name__ == "QtViewer")


def drop(widget: QWidget, path: Path) -> None:
    """Drop a folder or file on a widget."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    place = widget.rect().center()
    copies = Qt.DropAction.CopyAction
    QApplication.sendEvent(widget, QDragEnterEvent(place, copies, mime, _LEFT, _PLAIN))
    QApplication.sendEvent(widget, QDropEvent(QPointF(place), copies, mime, _LEFT, _PLAIN))


def click(widget: QWidget, place: QPoint | None = None, modifiers: Qt.KeyboardModifier = _PLAIN) -> None:
    """Press the left button on a widget."""
    QTest.mouseClick(widget, _LEFT, modifiers, place or widget.rect().center())
    wait(0.2)


def double_click(widget: QWidget, place: QPoint) -> None:
    """Press the left button twice, as quickly as a person means it."""
    click(widget, place)
    QTest.mouseDClick(widget, _LEFT, _PLAIN, place)
    wait(0.2)


def drag(widget: QWidget, places: Sequence[QPoint]) -> None:
    """Hold the left button along a way."""
    QTest.mousePress(widget, _LEFT, _PLAIN, places[0])
    for place in places[1:]:
        QTest.mouseMove(widget, place)
        wait(0.02)
    QTest.mouseRelease(widget, _LEFT, _PLAIN, places[-1])
    wait(0.3)


def well_place(grid: PlateGrid, row: int, column: int) -> QPoint:
    """Give the middle of a well; a row or column of -1 gives the header."""
    rect = grid.well_rect((max(row, 0), max(column, 0)))
    place = rect.center().toPoint()
    if row < 0:
        place.setY(round(rect.top()) - 8)
    if column < 0:
        place.setX(round(rect.left()) - 8)
    return place


def answer_with(path: Path) -> None:
    """Type a path into the file dialog that is about to open."""

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QFileDialog):
            QTimer.singleShot(100, answer)
            return
        line = dialog.findChild(QLineEdit)
        line.setText(str(path))
        QTest.keyClick(line, Qt.Key.Key_Return)

    QTimer.singleShot(300, answer)


def agree() -> None:
    """Press the default button of the dialog that is about to open."""

    def press() -> None:
        dialog = QApplication.activeModalWidget()
        button = None if dialog is None else next(iter(dialog.findChildren(QDialogButtonBox)), None)
        if button is None:
            QTimer.singleShot(100, press)
        else:
            click(button.button(QDialogButtonBox.StandardButton.Ok))

    QTimer.singleShot(300, press)


def dismiss(dock: BenDock) -> None:
    """Close napari's notifications, which stay where no window is active: a virtual screen has no window manager."""
    for widget in dock.window().findChildren(QWidget):
        if type(widget).__name__ == "NapariQtNotification":
            widget.close()


def choose(menu: QMenu, *titles: str) -> None:
    """Choose an entry of a menu, through its submenus."""
    for title in titles[:-1]:
        menu = next(action.menu() for action in menu.actions() if action.text() == title)
    next(action for action in menu.actions() if action.text().partition("\t")[0] == titles[-1]).trigger()
    wait(0.2)


def picture(path: Path) -> None:
    """Save what is on the screen where the window is, with every window over it."""
    wait(0.5)
    path.parent.mkdir(parents=True, exist_ok=True)
    QGuiApplication.primaryScreen().grabWindow(0, 0, 0, *SIZE).save(str(path), quality=QUALITY)
