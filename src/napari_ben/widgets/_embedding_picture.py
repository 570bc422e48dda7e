"""The scatter as a picture: it knows its points, its view and its theme, and what is selected; it takes no input.

The points are painted once into a pixmap, and the selected ones over a copy of it: a new selection draws what is
selected and no more. Lasso and hover are painted over that on every move of the mouse.
"""

from collections.abc import Collection

import numpy as np
from numpy.typing import ArrayLike, NDArray
from qtpy.QtCore import QEasingCurve, QEvent, QPointF, QRectF, QSize, Qt, QVariantAnimation
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF, QResizeEvent
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_ben.widgets._embedding_data import NOTHING, EmbeddingData, Mask
from napari_ben.widgets._embedding_geometry import Camera, Points, View, point_radius
from napari_ben.widgets._embedding_painting import PointStamps, StyledPoints, empty_ground, rounded, stamp_points
from napari_ben.widgets._legend_data import LegendEntry
from napari_ben.widgets._theme import THEME_EVENTS, Theme

MOTION_MS = 300
"""How long points take to their new places: long enough for an eye to follow them."""


class EmbeddingPicture(QWidget):
    """Points in the plane, drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data = NOTHING
        self._view = View()
        self._message = ""
        self._filter: tuple[LegendEntry, ...] = ()
        self._selected: Mask = np.zeros(0, dtype=bool)
        self._shown: Mask = np.zeros(0, dtype=bool)
        self._hover: int | None = None
        self._lasso: list[QPointF] = []
        self._ring_visible = False
        self._styled: StyledPoints | None = None
        self._stamps: PointStamps | None = None
        self._ground: QPixmap | None = None
        self._layer: QPixmap | None = None
        self._theme = Theme.of(self)
        self._from: Points | None = None
        self._motion = QVariantAnimation(self)
        self._motion.setStartValue(0.0)
        self._motion.setEndValue(1.0)
        self._motion.setDuration(MOTION_MS)
        self._motion.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._motion.valueChanged.connect(self._redraw)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def data(self) -> EmbeddingData:
        """What is shown."""
        return self._data

    def set_data(self, data: EmbeddingData) -> None:
        """Show points; the view stays when they lie where they lay, the selection when there are as many."""
        if not np.array_equal(data.xy, self._data.xy, equal_nan=True):
            is_same = bool(data.subject) and (data.subject, len(data)) == (self._data.subject, len(self._data))
            self._move_from(self.camera().to_screen(self._data.xy) if is_same and self.isVisible() else None)
            self._view, self._hover = View(), None
        if len(data) != len(self._data):
            self._selected = np.zeros(len(data), dtype=bool)
        self._data = data
        self._shown = data.matching(self._filter)
        self._restyle()

    def show_only(self, entries: Collection[LegendEntry]) -> None:
        """Fade the points that none of these entries of the legend speaks of; none of them shows all again."""
        self._filter = tuple(entries)
        self._shown = self._data.matching(self._filter)
        self._restyle()

    def set_message(self, message: str) -> None:
        """Say something where the points are or will be; empty says nothing."""
        if message != self._message:
            self._message = message
            self.update()

    def selection(self) -> NDArray[np.intp]:
        """Return the indices of the selected points, ascending."""
        return np.flatnonzero(self._selected)

    def set_selection(self, points: ArrayLike) -> None:
        """Show these points (indices) as selected; announces nothing."""
        selected = np.zeros(len(self._data), dtype=bool)
        selected[np.asarray(points, dtype=np.intp)] = True
        self._select(selected)

    def _select(self, selected: Mask) -> bool:
        """Take a selection and say whether it is another one."""
        if np.array_equal(selected, self._selected):
            return False
        if selected.any() != self._selected.any():
            self._ground = None  # the others step back, or come forward again
        self._selected = selected
        self._styled = self._layer = None
        self.update()
        return True

    def set_view(self, view: View) -> None:
        """Look somewhere else."""
        self._move_from(None)
        self._view = view
        self._redraw()

    def reset_view(self) -> None:
        """Show all points."""
        self.set_view(View())

    def camera(self) -> Camera:
        """How points come onto this widget."""
        return Camera.of(self._data.box, (self.width(), self.height()), self._view)

    @property
    def is_moving(self) -> bool:
        """Whether points are on the way to their new places."""
        return self._motion.state() == QVariantAnimation.State.Running

    def _move_from(self, places: Points | None) -> None:
        """Let points move from where they are seen, in pixels, to where they belong; None puts them there."""
        self._motion.stop()
        self._from = places
        if places is not None:
            self._motion.start()

    def _seen_places(self) -> Points:
        """Give where the points are drawn now, in pixels."""
        places = self.camera().to_screen(self._data.xy)
        if self._from is None or not self.is_moving:
            return places
        return self._from + np.float32(self._motion.currentValue()) * (places - self._from)

    def _restyle(self) -> None:
        self._styled = None
        self._redraw()

    def _redraw(self, *_share: object) -> None:
        self._ground = self._layer = None
        self.update()

    def changeEvent(self, event: QEvent | None) -> None:
        """Take on the window's new theme."""
        if event is not None and event.type() in THEME_EVENTS:
            self._theme, self._stamps = Theme.of(self), None
            self._redraw()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Fit the view into the new size; points on their way go on, for a line above them may just have gone."""
        self._redraw()
        super().resizeEvent(event)

    def sizeHint(self) -> QSize:
        """Return the size in a dock of ordinary width."""
        return QSize(350, 240)

    def minimumSizeHint(self) -> QSize:
        """Return the size below which points pile up."""
        return QSize(120, 120)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Blit the points; draw what the mouse changes over them."""
        layer, painter = self._points_layer(), QPainter(self)
        painter.drawPixmap(0, 0, layer)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_lasso(painter)
        self._paint_hover(painter)
        self._paint_message(painter)
        if self._ring_visible:
            painter.setPen(QPen(QColor(self._theme.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.end()

    def _points_layer(self) -> QPixmap:
        ratio, points = self.devicePixelRatioF(), self.styled_points()
        if self._ground is None or self._ground.devicePixelRatioF() != ratio:
            everything = np.ones(len(self._data), dtype=bool)
            ground = empty_ground(self.size() * ratio, ratio, self._theme)
            self._ground = self._stamped(ground, points.ground(), everything, ratio)
            self._layer = None
        if self._layer is None:
            self._layer = self._stamped(QPixmap(self._ground), points, points.is_selected, ratio)
        return self._layer

    def _stamped(self, picture: QPixmap, points: StyledPoints, which: Mask, ratio: float) -> QPixmap:
        picture.setDevicePixelRatio(1.0)
        painter = QPainter(picture)
        painter.setClipPath(rounded(picture, ratio))
        screen = self._seen_places() * np.float32(ratio)
        stamp_points(painter, screen, points, self._stamps_at(ratio), which)
        painter.end()
        picture.setDevicePixelRatio(ratio)
        return picture

    def styled_points(self) -> StyledPoints:
        """Points with their looks."""
        if self._styled is None:
            self._styled = StyledPoints.of(self._data, self._selected, self._shown)
        return self._styled

    def _stamps_at(self, ratio: float) -> PointStamps:
        radius = self.radius() * ratio
        if self._stamps is None or self._stamps.radius != radius:
            self._stamps = PointStamps(radius, self._theme)
        return self._stamps

    def radius(self) -> float:
        return point_radius(len(self._data), self._view.zoom)

    def _paint_lasso(self, painter: QPainter) -> None:
        if len(self._lasso) < 2:
            return
        line = QColor(self._theme.text)
        pen = QPen(line, 1.2)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        line.setAlphaF(0.08)
        painter.setBrush(line)
        painter.drawPolygon(QPolygonF(self._lasso))

    def _paint_hover(self, painter: QPainter) -> None:
        if self._hover is None:
            return
        x, y = self.camera().to_screen(self._data.xy[self._hover : self._hover + 1])[0].tolist()
        painter.setPen(QPen(QColor(self._theme.accent), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        reach = 1.5 * self.radius() + 2
        painter.drawEllipse(QPointF(x, y), reach, reach)

    def _paint_message(self, painter: QPainter) -> None:
        if not self._message:
            return
        room = QRectF(self.rect()).adjusted(14, 10, -14, -10)
        how = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        if len(self._data):
            how = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextWordWrap
            box = painter.boundingRect(room, how, self._message)  # before the pen goes: without one it is empty
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.plane))
            painter.drawRoundedRect(box.adjusted(-7, -4, 7, 4), 4, 4)
        painter.setPen(QColor(self._theme.text if len(self._data) else self._theme.quiet))
        painter.drawText(room, how, self._message)
