"""A plate to click on: wells are chosen here, and shown with their role, context and prediction."""

from qtpy.QtCore import QEvent, QPoint, Qt, Signal
from qtpy.QtGui import QContextMenuEvent, QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent
from qtpy.QtWidgets import QToolTip, QWidget

from napari_ben.plates import well_name
from napari_ben.widgets._hover import ThumbnailSource, hover_text
from napari_ben.widgets._plate_grid_commands import SelectableGrid
from napari_ben.widgets._plate_grid_geometry import Hit
from napari_ben.widgets._plate_grid_keys import command_for
from napari_ben.widgets._plate_grid_menu import build_menu
from napari_ben.widgets._plate_grid_selection import Start
from napari_ben.widgets._plate_grid_view import as_cell


class PlateGrid(SelectableGrid):
    """A plate, with its mouse and its keyboard.

    Attributes
    ----------
    well_hovered
        Signal(str): name of the well under the mouse, empty when it leaves.
    role_requested
        Signal(str, tuple): role and wells, from the menu.
    fields_requested
        Signal(tuple): open the fields of these wells, from the menu.
    thumbnail_of
        Picture of a well for its tooltip, or None where there is none yet; must return at once.
    """

    well_hovered = Signal(str)
    role_requested = Signal(str, tuple)
    fields_requested = Signal(tuple)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.thumbnail_of: ThumbnailSource = lambda _well: None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Start a gesture."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._cursor_visible = False
        at = self._hit(event.position())
        if at is None:
            self.clear()
            return
        self._picked.begin(at, mode=_mode(event.modifiers()))
        self._announce()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Go on with the gesture, or hover."""
        if event is None:
            return
        self._hover_at(self._hit(event.position()))
        if self._picked.is_sweeping and self._picked.anchor is not None:
            to = self._nearest(event.position(), self._picked.anchor)
            if to != self._picked.cursor:
                self._picked.sweep(to)
                self._announce()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """End the gesture."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._picked.commit()
            self._announce()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Ask for the well to be shown."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._activate(as_cell(self._hit(event.position())))

    def leaveEvent(self, event: QEvent | None) -> None:
        """Hover over nothing."""
        self._hover_at(None)
        super().leaveEvent(event)

    def _hover_at(self, place: Hit | None) -> None:
        if place != self._hover:
            self._hover = place
            cell = as_cell(place)
            self.well_hovered.emit(well_name(*cell) if cell else "")
            self.update()

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        """Offer the menu for the selection, or for the well under the mouse when it is not part of it."""
        if event is None:
            return
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        cell = as_cell(self._picked.cursor if by_key else self._hit(event.pos().toPointF()))
        if cell is not None and cell not in self._picked.wells:
            self._gesture(cell, "replace")
        place = self.well_rect(cell).center().toPoint() if by_key and cell is not None else event.pos()
        build_menu(self).popup(self.mapToGlobal(place))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Do what the key says; the window gets the keys that mean nothing here."""
        command = command_for(event) if event is not None else None
        if command is None:
            super().keyPressEvent(event)
            return
        self._cursor_visible = True
        command(self)

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        """Show where the keyboard is when it came by Tab."""
        tabbed = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self._cursor_visible = event is not None and event.reason() in tabbed
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        """Hide the keyboard's place."""
        self._cursor_visible = False
        super().focusOutEvent(event)

    def event(self, event: QEvent | None) -> bool:
        """Take own keys before the window's shortcuts; show the tooltip of a well."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and command_for(event):
            event.accept()
            return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._show_tooltip(event.pos(), event.globalPos())
            return True
        return super().event(event)

    def _show_tooltip(self, place: QPoint, on_screen: QPoint) -> None:
        cell = as_cell(self._hit(place.toPointF()))
        look = self.data.cells.get(cell) if cell else None
        if cell is None or look is None:
            QToolTip.hideText()
            return
        text = hover_text(look.tooltip or well_name(*cell), self.thumbnail_of(well_name(*cell)))
        QToolTip.showText(on_screen, text, self, self.well_rect(cell).toRect())


def _mode(modifiers: Qt.KeyboardModifier) -> Start:
    if modifiers & Qt.KeyboardModifier.AltModifier:
        return "remove"
    if modifiers & Qt.KeyboardModifier.ShiftModifier:
        return "extend"
    return "toggle" if modifiers & Qt.KeyboardModifier.ControlModifier else "replace"
