"""A training as it goes: loss falling, accuracy rising."""

import math
from collections.abc import Sequence

from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_ben.widgets._theme import Theme

Point = tuple[int, float, float | None]
_HEIGHT = 110
_MARGIN = 8
_LABELS = 14


class TrainingCurve(QWidget):
    """Loss (from zero to its largest) and accuracy on held-out wells (0–100 %) over the epochs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: tuple[Point, ...] = ()
        self._n_epochs = 1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Training curve")

    def sizeHint(self) -> QSize:
        """Give a flat rectangle."""
        return QSize(300, _HEIGHT)

    def set_points(self, points: Sequence[Point], n_epochs: int) -> None:
        """Show (epoch, loss, accuracy or None) of the whole epochs so far, of so many."""
        self._points, self._n_epochs = tuple(points), max(1, n_epochs)
        self.setAccessibleDescription(curve_words(self._points))
        self.update()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw both lines."""
        theme = Theme.of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN + _LABELS, -_MARGIN, -_MARGIN)
        painter.setPen(QPen(QColor(theme.faint), 1))
        painter.drawLine(frame.bottomLeft(), frame.bottomRight())
        losses = [(epoch, loss) for epoch, loss, _ in self._points if math.isfinite(loss)]
        most = max((loss for _, loss in losses), default=1.0) or 1.0
        self._draw(painter, frame, [(epoch, loss / most) for epoch, loss in losses], theme.quiet)
        right = [(epoch, share) for epoch, _, share in self._points if share is not None]
        self._draw(painter, frame, right, theme.accent)
        self._label(painter, theme, losses, right)
        painter.end()

    def _draw(self, painter: QPainter, frame: QRectF, line: Sequence[tuple[int, float]], colour: str) -> None:
        places = [
            QPointF(
                frame.left() + frame.width() * (epoch - 1) / max(1, self._n_epochs - 1),
                frame.bottom() - frame.height() * height,
            )
            for epoch, height in line
        ]
        painter.setPen(QPen(QColor(colour), 2))
        painter.drawPolyline(QPolygonF(places))
        painter.setBrush(QColor(colour))
        for place in places[-1:]:
            painter.drawEllipse(place, 3, 3)

    def _label(
        self,
        painter: QPainter,
        theme: Theme,
        losses: Sequence[tuple[int, float]],
        right: Sequence[tuple[int, float]],
    ) -> None:
        top = QRectF(self.rect()).adjusted(_MARGIN, 2, -_MARGIN, 0)
        if losses:
            painter.setPen(QColor(theme.quiet))
            painter.drawText(top, Qt.AlignmentFlag.AlignLeft, f"loss {losses[-1][1]:.3f}")
        if right:
            painter.setPen(QColor(theme.accent))
            painter.drawText(top, Qt.AlignmentFlag.AlignRight, f"held-out wells right {right[-1][1]:.0%}")


def curve_words(points: Sequence[Point]) -> str:
    """Say where the curve ends.

    Examples
    --------
    >>> curve_words([(1, 2.0, None), (2, 1.25, 0.5)])
    'epoch 2: loss 1.250, 50% of the held-out wells right'
    """
    if not points:
        return ""
    epoch, loss, share = points[-1]
    return f"epoch {epoch}: loss {loss:.3f}" + ("" if share is None else f", {share:.0%} of the held-out wells right")
