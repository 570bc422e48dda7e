"""The plate grid's right-click menu."""

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QMenu

from napari_ben.plates import ROLES
from napari_ben.widgets._keys_window import SHOWS_KEYS, show_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_ben.widgets._plate_grid import PlateGrid


def build_menu(grid: "PlateGrid") -> QMenu:
    """Everything that can be done with the wells that are selected."""
    menu = QMenu(grid)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    wells = grid.selection()
    _add_roles(menu, grid)
    _add_similar(menu, grid)
    menu.addSeparator()
    _add(menu, "Open fields", partial(grid.fields_requested.emit, wells), enabled=bool(wells))
    _add(menu, "Copy list\tCtrl+C", grid.copy_selection, enabled=bool(wells))
    menu.addSeparator()
    _add(menu, "Select all\tCtrl+A", grid.select_all)
    _add(menu, "Invert selection\tCtrl+I", grid.invert)
    _add(menu, "Undo\tCtrl+Z", grid.undo, enabled=grid.can_undo)
    _add(menu, "Redo\tCtrl+Shift+Z", grid.redo, enabled=grid.can_redo)
    menu.addSeparator()
    trim = QAction("Hide empty borders", menu)
    trim.setCheckable(True)
    trim.setChecked(grid.is_trimmed)
    trim.toggled.connect(grid.set_trimmed)
    menu.addAction(trim)
    _add(menu, f"Keys…\t{SHOWS_KEYS}", partial(show_keys, grid))
    return menu


def _add_roles(menu: QMenu, grid: "PlateGrid") -> None:
    wells = grid.selection()
    roles = QMenu("Set role", menu)
    roles.setEnabled(bool(wells))
    for role in ROLES:
        _add(roles, role.replace("_", " ").capitalize(), partial(grid.role_requested.emit, role, wells))
    menu.addMenu(roles)


def _add_similar(menu: QMenu, grid: "PlateGrid") -> None:
    similar = QMenu("Select wells like this", menu)
    similar.setEnabled(bool(grid.selection() and grid.similarities))
    for title in grid.similarities:
        _add(similar, title, partial(grid.select_similar, title))
    menu.addMenu(similar)


def _add(menu: QMenu, text: str, do: "Callable[[], object]", *, enabled: bool = True) -> None:
    action = QAction(text, menu)
    action.setEnabled(enabled)
    action.triggered.connect(lambda _checked=False: do())
    menu.addAction(action)
