"""Paint the wells: fill, hatch, letter and disc. The result is kept as a pixmap; mouse moves never come here."""

from qtpy.QtCore import QPointF, QRectF
from qtpy.QtGui import QPainter

from napari_ben.widgets._palette import mix
from napari_ben.widgets._plate_grid_data import Cell, GridData, WellLook
from napari_ben.widgets._plate_grid_geometry import GridGeometry
from napari_ben.widgets._plate_grid_stamps import TINY_SIDE, WellStamps, ink_on, paint_plane

_FILTERED_OPACITY = 0.16
_NO_IMAGES_SHARE = 0.72
_BLANK = WellLook(has_images=False)


class WellPainter:
    """Draws a plate's wells at one size and theme.

    Parameters
    ----------
    geometry
        Where wells lie.
    stamps
        The parts of a well at that size.
    """

    def __init__(self, geometry: GridGeometry, stamps: WellStamps) -> None:
        self.geometry = geometry
        self.stamps = stamps

    def paint(self, painter: QPainter, data: GridData, shown: frozenset[Cell] | None) -> None:
        """Draw every well of the window; those outside `shown` fade.

        Parameters
        ----------
        painter
            Begun, in logical pixels.
        """
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inset = self.geometry.gap // 2
        for row in self.geometry.window.rows:
            for column in self.geometry.window.columns:
                cell = (row, column)
                x, y = self.geometry.corner(cell)
                painter.setOpacity(1.0 if shown is None or cell in shown else _FILTERED_OPACITY)
                self._paint_well(painter, QPointF(x + inset, y + inset), data.cells.get(cell, _BLANK))
        painter.setOpacity(1.0)

    def _paint_well(self, painter: QPainter, corner: QPointF, look: WellLook) -> None:
        if not look.has_images and not look.fill:
            painter.drawPixmap(corner, self.stamps.frame())
            return
        fill = look.fill or self.stamps.theme.plane
        if not look.has_images:
            fill = mix(fill, self.stamps.theme.background, _NO_IMAGES_SHARE)
        painter.drawPixmap(corner, self.stamps.plane(fill))
        if look.in_context:
            self._paint_context(painter, corner, fill)
        self._paint_letter(painter, corner, look, fill)
        if look.prediction:
            painter.drawPixmap(corner, self.stamps.disc(look.prediction, look.confidence))

    def _paint_context(self, painter: QPainter, corner: QPointF, fill: str) -> None:
        side, ink = self.geometry.side, mix(ink_on(fill), fill, 0.25)
        if side < TINY_SIDE:
            painter.drawPixmap(corner, self.stamps.notch(ink))
        else:
            paint_plane(painter, QRectF(corner.x(), corner.y(), side, side), self.stamps.hatch(ink))

    def _paint_letter(self, painter: QPainter, corner: QPointF, look: WellLook, fill: str) -> None:
        if not look.letter:
            return
        in_corner = bool(look.prediction)
        stamp = self.stamps.letter(look.letter, fill, on_hatch=look.in_context, in_corner=in_corner)
        if stamp is not None:
            painter.drawPixmap(corner, stamp)
