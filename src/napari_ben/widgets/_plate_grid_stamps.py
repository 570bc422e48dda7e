"""The parts of a well as little pictures, each painted once and then stamped.

Painting 1,536 rounded squares with discs takes 50 ms, stamping them 5 ms; while results arrive well by well the whole
plate is drawn again for each.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QBrush, QColor, QFont, QPainter, QPen, QPixmap, QPolygonF

from napari_ben.widgets._palette import is_bright, mix
from napari_ben.widgets._theme import Theme

TINY_SIDE = 7.0  # below, diagonal lines turn to noise; a corner says the same
_SMALL_SIDE = 9.0  # below, so do frames and rings
_LETTER_SIDE = 11.0
_CORNER_LETTER_SIDE = 22.0
_CONFIDENCE_STEPS = 24
_NO_PEN, _NO_BRUSH = Qt.PenStyle.NoPen, Qt.BrushStyle.NoBrush


@dataclass(frozen=True)
class WellStamps:
    """Pictures of the parts of a well at one size.

    Parameters
    ----------
    side
        Width and height of a well, logical pixels.
    theme
        Colours of the window.
    font
        Of the window; letters are written in it.
    ratio
        Device pixels per logical pixel.
    """

    side: float
    theme: Theme
    font: QFont
    ratio: float
    _stamps: dict[tuple[object, ...], QPixmap] = field(default_factory=dict)
    _hatches: dict[str, QBrush] = field(default_factory=dict)

    def _stamp(self, key: tuple[object, ...], paint: Callable[[QPainter, QRectF], None]) -> QPixmap:
        if key not in self._stamps:
            pixels = max(1, round(self.side * self.ratio))
            stamp = QPixmap(pixels, pixels)
            stamp.setDevicePixelRatio(self.ratio)
            stamp.fill(Qt.GlobalColor.transparent)
            painter = QPainter(stamp)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(self.font)
            paint(painter, QRectF(0, 0, self.side, self.side))
            painter.end()
            self._stamps[key] = stamp
        return self._stamps[key]

    def plane(self, colour: str) -> QPixmap:
        """Fill of a well."""
        return self._stamp(("plane", colour), lambda painter, square: paint_plane(painter, square, QColor(colour)))

    def frame(self) -> QPixmap:
        """Well that has neither images nor a fill."""
        return self._stamp(("frame",), self._paint_frame)

    def notch(self, colour: str) -> QPixmap:
        """Mark of the context on a well too small to be hatched."""
        return self._stamp(("notch", colour), lambda painter, square: _paint_notch(painter, square, QColor(colour)))

    def disc(self, colour: str, confidence: float) -> QPixmap:
        """Prediction: the more opaque, the surer."""
        step = round(min(max(confidence, 0.0), 1.0) * _CONFIDENCE_STEPS)
        tint = mix(self.theme.surface, colour, 0.25 + 0.75 * step / _CONFIDENCE_STEPS)
        return self._stamp(("disc", colour, step), lambda painter, square: self._paint_disc(painter, square, tint))

    def letter(self, letter: str, fill: str, *, on_hatch: bool, in_corner: bool) -> QPixmap | None:
        """Letter of a role, or None where the well is too small for it."""
        if self.side < (_CORNER_LETTER_SIDE if in_corner else _LETTER_SIDE):
            return None
        ground = fill if on_hatch else ""
        ink, share = ink_on(fill), 0.34 if in_corner else 0.6

        def paint(painter: QPainter, square: QRectF) -> None:
            box = QRectF(1, 1, share * self.side, share * self.side)
            if not in_corner:
                box.moveCenter(square.center())
            _paint_letter(painter, box, letter, (ink, ground))

        return self._stamp(("letter", letter, fill, on_hatch, in_corner), paint)

    def hatch(self, ink: str) -> QBrush:
        """Diagonal lines of the context; a brush, so that they run on from well to well."""
        if ink not in self._hatches:
            self._hatches[ink] = hatch_brush(ink, self.side, self.ratio)
        return self._hatches[ink]

    def _paint_frame(self, painter: QPainter, square: QRectF) -> None:
        if self.side < _SMALL_SIDE:
            paint_plane(painter, square, QColor(mix(self.theme.background, self.theme.faint, 0.4)))
            return
        radius = 0.2 * self.side
        painter.setPen(QPen(QColor(self.theme.faint), 1))
        painter.setBrush(_NO_BRUSH)
        painter.drawRoundedRect(square.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)

    def _paint_disc(self, painter: QPainter, square: QRectF, colour: str) -> None:
        radius = 0.31 * self.side
        painter.setPen(_NO_PEN)
        if self.side >= _SMALL_SIDE:
            painter.setBrush(QColor(self.theme.surface))
            painter.drawEllipse(square.center(), radius + 1, radius + 1)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(square.center(), radius, radius)


def paint_plane(painter: QPainter, square: QRectF, brush: QBrush | QColor) -> None:
    """Draw a square with round corners."""
    radius = 0.2 * square.width()
    painter.setPen(_NO_PEN)
    painter.setBrush(brush)
    painter.drawRoundedRect(square, radius, radius)


def _paint_notch(painter: QPainter, square: QRectF, colour: QColor) -> None:
    side = 0.6 * square.width()
    painter.setPen(_NO_PEN)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(0, 0), QPointF(side, 0), QPointF(0, side)]))


def _paint_letter(painter: QPainter, box: QRectF, letter: str, colours: tuple[str, str]) -> None:
    ink, ground = colours
    if ground:
        paint_plane(painter, box, QColor(ground))
    font = QFont(painter.font())
    font.setPixelSize(round(box.height()))
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QColor(ink))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)


def ink_on(fill: str) -> str:
    """Colour that reads on a fill."""
    return mix(fill, "#000000", 0.7) if is_bright(fill) else mix(fill, "#ffffff", 0.75)


def hatch_brush(ink: str, side: float, ratio: float) -> QBrush:
    """Diagonal lines for a plane of a size.

    Parameters
    ----------
    ink
        ``#rrggbb``.
    side
        Of what is hatched, logical pixels: finer lines for smaller wells.
    ratio
        Device pixels per logical pixel.
    """
    pixels = round(ratio * (max(3, round(side / 4)) if side < 18 else 6))
    tile = QPixmap(pixels, pixels)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(ink), max(1.0, 0.24 * pixels)))
    for shift in (-pixels, 0, pixels):
        painter.drawLine(QPointF(shift - pixels, 2 * pixels), QPointF(shift + 2 * pixels, -pixels))
    painter.end()
    tile.setDevicePixelRatio(ratio)
    return QBrush(tile)
