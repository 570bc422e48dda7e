"""The scatter's mouse and keyboard.

Left draws a lasso or clicks, right or middle drags the picture, the wheel zooms. Modifiers mean what they mean on the
plate grid: Shift and Ctrl add (Ctrl+click toggles), Alt removes.
"""

import numpy as np
from qtpy.QtCore import QEvent, QPointF, Qt, Signal
from qtpy.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QNativeGestureEvent, QWheelEvent
from qtpy.QtWidgets import QApplication, QToolTip, QWidget

from napari_ben.widgets._embedding_data import EmbeddingData, LabelSource, Mask, PictureSource
from napari_ben.widgets._embedding_geometry import inside, nearest
from napari_ben.widgets._embedding_keys import command_for
from napari_ben.widgets._embedding_picture import EmbeddingPicture
from napari_ben.widgets._hover import hover_text

_REACH = 8.0
_WHEEL = 1.0015
_PANNING = Qt.MouseButton.RightButton | Qt.MouseButton.MiddleButton


class EmbeddingCanvas(EmbeddingPicture):
    """Points that can be selected.

    Attributes
    ----------
    selection_changed
        Signal(object): (k,) int indices, ascending, when a person changed the selection.
    point_hovered
        Signal(int): index of the point under the mouse, -1 when it leaves.
    point_activated
        Signal(int): double-click: show this point's image.
    menu_requested
        Signal(object): right-click without a drag, QPoint on the screen.
    label_of
        Lines of text about a point, for its tooltip.
    thumbnail_of
        Picture of a point, or None where there is none yet; must return at once.
    """

    selection_changed = Signal(object)
    point_hovered = Signal(int)
    point_activated = Signal(int)
    menu_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label_of: LabelSource = lambda _point: ""
        self.thumbnail_of: PictureSource = lambda _point: None
        self._pan_from: QPointF | None = None
        self._has_panned = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Embedding")

    def set_data(self, data: EmbeddingData) -> None:
        """Show points; a lasso that is being drawn is given up when they are others."""
        if len(data) != len(self.data):
            self._lasso, self._hover = [], None
        super().set_data(data)

    def select(self, points: Mask) -> None:
        """Select as a person does: announced, and only what the legend's filter leaves."""
        if self._select(points & self._shown):
            self.selection_changed.emit(self.selection())

    def select_all(self) -> None:
        """Select every point that the legend's filter leaves."""
        self.select(self._shown)

    def invert(self) -> None:
        """Select what is not selected."""
        self.select(~self._selected)

    def escape(self) -> None:
        """Give up the lasso that is being drawn, or select nothing."""
        if self._lasso:
            self._lasso = []
            self.update()
        else:
            self.select(np.zeros_like(self._selected))

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom about a place, by default the middle."""
        place = at if at is not None else QPointF(self.width() / 2, self.height() / 2)
        self.set_view(self.camera().zoomed(self._view, factor, (place.x(), place.y())))

    def pan(self, right: float, down: float) -> None:
        """Move the picture by so many pixels."""
        self.set_view(self.camera().panned(self._view, right, down))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Start a lasso, or a pan."""
        if event is None:
            return
        QToolTip.hideText()
        if event.button() == Qt.MouseButton.LeftButton:
            self._lasso = [event.position()]
        elif event.button() & _PANNING:
            self._pan_from, self._has_panned = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Go on with the lasso or the pan, or hover."""
        if event is None:
            return
        place = event.position()
        if self._pan_from is not None:
            self._go_on_panning(place)
        elif self._lasso:
            self._lasso.append(place)
            self.update()
        else:
            self._hover_at(self._point_at(place), place)

    def _go_on_panning(self, place: QPointF) -> None:
        moved = place - (self._pan_from or place)
        if self._has_panned or moved.manhattanLength() >= QApplication.startDragDistance():
            self._has_panned, self._pan_from = True, place
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.pan(moved.x(), moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Select what the lasso holds, or the point that was clicked."""
        if event is None:
            return
        if event.button() == Qt.MouseButton.LeftButton and self._lasso:
            lasso, self._lasso = self._lasso, []
            self._select_by(lasso, event.modifiers())
            self.update()
        elif event.button() & _PANNING:
            self.unsetCursor()
            self._pan_from = None
            if event.button() == Qt.MouseButton.RightButton and not self._has_panned:
                self.menu_requested.emit(event.globalPosition().toPoint())

    def _select_by(self, lasso: list[QPointF], modifiers: Qt.KeyboardModifier) -> None:
        reach = max((place - lasso[0]).manhattanLength() for place in lasso)
        is_click = reach < QApplication.startDragDistance()
        hit = self._under(lasso[0]) if is_click else self._within(lasso)
        if modifiers & Qt.KeyboardModifier.AltModifier:
            self.select(self._selected & ~hit)
        elif is_click and modifiers & Qt.KeyboardModifier.ControlModifier:
            self.select(self._selected ^ hit)
        elif modifiers & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier):
            self.select(self._selected | hit)
        else:
            self.select(hit)

    def _under(self, place: QPointF) -> Mask:
        hit = np.zeros(len(self.data), dtype=bool)
        point = self._point_at(place)
        if point is not None:
            hit[point] = True
        return hit

    def _within(self, lasso: list[QPointF]) -> Mask:
        polygon = np.array([(place.x(), place.y()) for place in lasso])
        return inside(self.camera().to_screen(self.data.xy), polygon)

    def _point_at(self, place: QPointF) -> int | None:
        screen = self.camera().to_screen(self.data.xy)
        screen[~self._shown] = np.nan
        return nearest(screen, place.x(), place.y(), max(_REACH, self.radius()))

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Ask for the point's image; on the empty ground, show all points again."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        point = self._point_at(event.position())
        if point is None:
            self.reset_view()
        else:
            self.point_activated.emit(point)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Zoom about the mouse."""
        if event is not None:
            self.zoom(_WHEEL ** event.angleDelta().y(), event.position())
            event.accept()

    def leaveEvent(self, event: QEvent | None) -> None:
        """Hover over nothing."""
        self._hover_at(None, QPointF())
        super().leaveEvent(event)

    def _hover_at(self, point: int | None, place: QPointF) -> None:
        if point == self._hover:
            return
        self._hover = point
        self.point_hovered.emit(-1 if point is None else point)
        self.update()
        if point is None:
            QToolTip.hideText()
            return
        text = hover_text(self.label_of(point), self.thumbnail_of(point))
        QToolTip.showText(self.mapToGlobal(place.toPoint()), text, self)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Do what the key says; the window gets the keys that mean nothing here."""
        command = command_for(event) if event is not None else None
        if command is None:
            super().keyPressEvent(event)
        else:
            command(self)

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        """Show the ring when the keyboard came by Tab."""
        tabbed = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self._ring_visible = event is not None and event.reason() in tabbed
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        """Hide the ring."""
        self._ring_visible = False
        super().focusOutEvent(event)

    def event(self, event: QEvent | None) -> bool:
        """Take own keys before the window's shortcuts; pinch to zoom."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and command_for(event):
            event.accept()
            return True
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom(1 + event.value(), event.position())
            return True
        return super().event(event)
