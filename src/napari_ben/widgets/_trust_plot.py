"""How far statistics moved, layer by layer: this plate, other plates, and the plate's edge against its inside."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_ben.widgets._theme import THEME_EVENTS, Theme

LineKind = Literal["other", "training", "edge", "this"]
_MEANING: dict[LineKind, str] = {
    "this": "this plate from the training",
    "edge": "its edge from its inside",
    "training": "plates of the training",
    "other": "other plates run here",
}
_DASHES: dict[LineKind, Qt.PenStyle] = {
    "this": Qt.PenStyle.SolidLine,
    "edge": Qt.PenStyle.DashLine,
    "training": Qt.PenStyle.DotLine,
    "other": Qt.PenStyle.SolidLine,
}
_PAD, _SAMPLE = 6, 22
_TICKS = 4


@dataclass(frozen=True)
class LayerLine:
    """Distances of one comparison.

    Parameters
    ----------
    kind
        What is compared; it decides how the line is drawn.
    name
        Of the plate.
    distances
        One a layer, standard deviations.
    """

    kind: LineKind
    name: str
    distances: tuple[float, ...]


class LayerPlot(QWidget):
    """Lines over the depth of the network; the mouse and the arrow keys point at a layer.

    Attributes
    ----------
    pointed
        Signal(int): the layer pointed at, from 0; -1 for none.
    """

    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[LayerLine, ...] = ()
        self._at = -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Drift by layer")

    def sizeHint(self) -> QSize:
        """Give a flat rectangle."""
        return QSize(520, 240)

    def minimumSizeHint(self) -> QSize:
        """Give room for the axis and two lines of the legend."""
        return QSize(220, 140)

    @property
    def lines(self) -> tuple[LayerLine, ...]:
        """What is shown."""
        return self._lines

    @property
    def n_layers(self) -> int:
        """Layers of the network."""
        return max((len(line.distances) for line in self._lines), default=0)

    def set_lines(self, lines: Sequence[LayerLine]) -> None:
        """Show lines; those of this plate lie on top."""
        order = list(_DASHES)[::-1]
        self._lines = tuple(sorted(lines, key=lambda line: order.index(line.kind)))
        self._at = min(self._at, self.n_layers - 1)
        self.update()

    def point_at(self, layer: int) -> None:
        """Mark a layer, from 0; -1 for none."""
        layer = min(layer, self.n_layers - 1)
        if layer != self._at:
            self._at = layer
            self.pointed.emit(layer)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Point at the layer under the mouse."""
        if event is not None and self.n_layers:
            frame = self._frame()
            share = (event.position().x() - frame.left()) / max(frame.width(), 1.0)
            self.point_at(max(0, round(share * (self.n_layers - 1))))

    def leaveEvent(self, event: QEvent | None) -> None:
        """Point at nothing."""
        self.point_at(-1)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Go to the next layer or back."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key())) if event is not None else None
        if step is None:
            super().keyPressEvent(event)
        else:
            self.point_at(max(0, self._at + step))

    def changeEvent(self, event: QEvent | None) -> None:
        """Take on the window's new theme or font."""
        if event is not None and event.type() in THEME_EVENTS:
            self.update()
        super().changeEvent(event)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw axis, lines, and what they mean."""
        theme = Theme.of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.surface))
        if self._lines:
            frame = self._frame()
            highest = self._paint_axis(painter, theme, frame)
            for line in self._lines:
                painter.setPen(_pen(line.kind, theme))
                painter.drawPolyline(QPolygonF(self._places(line, frame, highest)))
            self._paint_pointed(painter, theme, frame, highest)
            self._paint_legend(painter, theme)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _frame(self) -> QRectF:
        metrics = QFontMetricsF(self.font())
        left = metrics.horizontalAdvance("00.00") + 2 * _PAD
        top = (len(self._legend_rows()) + 1) * (metrics.height() + 2) + 3 * _PAD
        return QRectF(self.rect()).adjusted(left, top, -2 * _PAD, -metrics.height() - 2 * _PAD)

    def _paint_axis(self, painter: QPainter, theme: Theme, frame: QRectF) -> float:
        most = max((value for line in self._lines for value in line.distances), default=0.0)
        step = nice_step(most / _TICKS)
        highest = max(step * math.ceil(most / step), step)
        metrics = QFontMetricsF(self.font())
        for number in range(round(highest / step) + 1):
            y = frame.bottom() - frame.height() * number * step / highest
            painter.setPen(QPen(QColor(theme.faint), 1))
            painter.drawLine(QPointF(frame.left(), y), QPointF(frame.right(), y))
            painter.setPen(QColor(theme.quiet))
            place = QRectF(0, y - metrics.height() / 2, frame.left() - _PAD, metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignRight, f"{number * step:.3g}")
        below = QRectF(frame.left(), frame.bottom() + _PAD, frame.width(), metrics.height())
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "first layer")
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, "last layer")
        above = QRectF(_PAD, frame.top() - metrics.height() - _PAD, frame.width(), metrics.height())
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft, "standard deviations")
        return highest

    def _places(self, line: LayerLine, frame: QRectF, highest: float) -> list[QPointF]:
        last = max(1, self.n_layers - 1)
        return [
            QPointF(frame.left() + frame.width() * depth / last, frame.bottom() - frame.height() * value / highest)
            for depth, value in enumerate(line.distances)
        ]

    def _paint_pointed(self, painter: QPainter, theme: Theme, frame: QRectF, highest: float) -> None:
        if self._at < 0:
            return
        x = frame.left() + frame.width() * self._at / max(1, self.n_layers - 1)
        painter.setPen(QPen(QColor(theme.quiet), 1))
        painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        for line in self._lines:
            if line.kind in {"this", "edge"} and self._at < len(line.distances):
                painter.setBrush(_pen(line.kind, theme).color())
                painter.drawEllipse(self._places(line, frame, highest)[self._at], 3.5, 3.5)

    def _legend_rows(self) -> list[list[LineKind]]:
        """Kinds that are shown, as many a row as the width has room for."""
        metrics = QFontMetricsF(self.font())
        rows: list[list[LineKind]] = []
        room = 0.0
        for kind in (kind for kind in _MEANING if any(line.kind == kind for line in self._lines)):
            width = _SAMPLE + metrics.horizontalAdvance(_MEANING[kind]) + 4 * _PAD
            if not rows or width > room:
                rows.append([])
                room = self.width() - 2.0 * _PAD
            rows[-1].append(kind)
            room -= width
        return rows

    def _paint_legend(self, painter: QPainter, theme: Theme) -> None:
        metrics = QFontMetricsF(self.font())
        for number, kinds in enumerate(self._legend_rows()):
            x, y = float(_PAD), _PAD + number * (metrics.height() + 2)
            for kind in kinds:
                middle = y + metrics.height() / 2
                painter.setPen(_pen(kind, theme))
                painter.drawLine(QPointF(x, middle), QPointF(x + _SAMPLE, middle))
                painter.setPen(QColor(theme.text))
                width = metrics.horizontalAdvance(_MEANING[kind])
                painter.drawText(QRectF(x + _SAMPLE + _PAD, y, width + 2, metrics.height()), 0, _MEANING[kind])
                x += _SAMPLE + width + 4 * _PAD


def _pen(kind: LineKind, theme: Theme) -> QPen:
    """Tell lines apart by dash and weight, so that their colours may be the window's own."""
    colours = {"this": theme.accent, "edge": theme.text}
    pen = QPen(QColor(colours.get(kind, theme.quiet)), 2.5 if kind == "this" else 1.4 if kind == "edge" else 1)
    pen.setStyle(_DASHES[kind])
    return pen


def nice_step(least: float) -> float:
    """Give the smallest of 1, 2 and 5 times a power of ten that is no less than this.

    Examples
    --------
    >>> nice_step(0.3), nice_step(0.11), nice_step(0.0)
    (0.5, 0.2, 1.0)
    """
    if least <= 0 or not math.isfinite(least):
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(float(factor * power) for factor in (1, 2, 5, 10) if factor * power >= least)
