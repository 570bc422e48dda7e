"""Paint the wells: fill, hatch, disc and letter. The result is kept as a pixmap; mouse moves never come here."""

from dataclasses import dataclass, field

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QBrush, QColor, QFont, QPainter, QPen, QPixmap, QPolygonF

from napari_ben.widgets._palette import is_bright, mix
from napari_ben.widgets._plate_grid_data import Cell, GridData, WellLook
from napari_ben.widgets._plate_grid_geometry import GridGeometry
from napari_ben.widgets._theme import Theme

_HATCH_SIDE = 7.0  # below, diagonal lines turn to noise and a corner says it
_LETTER_SIDE = 11.0
_CORNER_LETTER_SIDE = 22.0
_FILTERED_OPACITY = 0.16
_NO_IMAGES_SHARE = 0.72


@dataclass
class WellPainter:
    """Draw wells with one painter; brushes and fonts are made once.

    Parameters
    ----------
    painter
        Begun, in logical pixels.
    geometry
        Where wells lie.
    theme
        Colours of the window.
    ratio
        Device pixels per logical pixel.
    """

    painter: QPainter
    geometry: GridGeometry
    theme: Theme
    ratio: float
    _brushes: dict[str, QBrush] = field(default_factory=dict)

    def paint(self, data: GridData, shown: frozenset[Cell] | None) -> None:
        """Draw every well of the window; those outside `shown` fade."""
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        nothing = WellLook(has_images=False)
        for row in self.geometry.window.rows:
            for column in self.geometry.window.columns:
                cell = (row, column)
                self.painter.setOpacity(1.0 if shown is None or cell in shown else _FILTERED_OPACITY)
                self._paint_well(self._square(cell), data.cells.get(cell, nothing))
        self.painter.setOpacity(1.0)

    def _square(self, cell: Cell) -> QRectF:
        x, y = self.geometry.corner(cell)
        inset = self.geometry.gap // 2
        return QRectF(x + inset, y + inset, self.geometry.side, self.geometry.side)

    def _paint_well(self, square: QRectF, look: WellLook) -> None:
        if not look.has_images and not look.fill:
            self._paint_frame(square)
            return
        fill = look.fill or self.theme.surface
        if not look.has_images:
            fill = mix(fill, self.theme.background, _NO_IMAGES_SHARE)
        self._paint_plane(square, self._brush(fill))
        if look.in_context:
            self._paint_context(square, fill)
        if look.prediction:
            self._paint_disc(square, look)
        if look.letter:
            self._paint_letter(square, look, fill)

    def _paint_plane(self, square: QRectF, brush: QBrush) -> None:
        radius = 0.2 * square.width()
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(brush)
        self.painter.drawRoundedRect(square, radius, radius)

    def _paint_frame(self, square: QRectF) -> None:
        radius = 0.2 * square.width()
        self.painter.setPen(QPen(QColor(self.theme.faint), 1))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        self.painter.drawRoundedRect(square.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)

    def _paint_context(self, square: QRectF, fill: str) -> None:
        ink = self._ink(fill)
        if square.width() >= _HATCH_SIDE:
            self._paint_plane(square, self._hatch(ink))
            return
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(self._brush(ink))
        notch, corner = 0.6 * square.width(), square.topLeft()
        self.painter.drawPolygon(QPolygonF([corner, corner + QPointF(notch, 0), corner + QPointF(0, notch)]))

    def _paint_disc(self, square: QRectF, look: WellLook) -> None:
        radius = 0.31 * square.width()
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(self._brush(self.theme.surface))
        self.painter.drawEllipse(square.center(), radius + 1, radius + 1)
        colour = QColor(look.prediction)
        colour.setAlphaF(0.25 + 0.75 * min(max(look.confidence, 0.0), 1.0))
        self.painter.setBrush(colour)
        self.painter.drawEllipse(square.center(), radius, radius)

    def _paint_letter(self, square: QRectF, look: WellLook, fill: str) -> None:
        side = square.width()
        if side < (_CORNER_LETTER_SIDE if look.prediction else _LETTER_SIDE):
            return
        font = QFont(self.painter.font())
        font.setPixelSize(round(0.34 * side if look.prediction else 0.56 * side))
        font.setBold(True)
        self.painter.setFont(font)
        self.painter.setPen(QColor(self._ink(fill)))
        where = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        box = square.adjusted(2, -1, 0, 0) if look.prediction else square
        self.painter.drawText(box, where if look.prediction else Qt.AlignmentFlag.AlignCenter, look.letter)

    def _ink(self, fill: str) -> str:
        return mix(fill, "#000000", 0.75) if is_bright(fill) else mix(fill, "#ffffff", 0.8)

    def _brush(self, colour: str) -> QBrush:
        if colour not in self._brushes:
            self._brushes[colour] = QBrush(QColor(colour))
        return self._brushes[colour]

    def _hatch(self, ink: str) -> QBrush:
        key = f"hatch {ink}"
        if key not in self._brushes:
            self._brushes[key] = hatch_brush(ink, self.geometry.pitch, self.ratio)
        return self._brushes[key]


def hatch_brush(ink: str, pitch: float, ratio: float) -> QBrush:
    """Diagonal lines that run on from well to well.

    Parameters
    ----------
    ink
        ``#rrggbb``.
    pitch
        Size of what is hatched, logical pixels: finer lines for smaller wells.
    ratio
        Device pixels per logical pixel.
    """
    spacing = max(3, round(pitch / 4)) if pitch < 20 else 6
    pixels = round(spacing * ratio)
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
