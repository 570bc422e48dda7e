"""Paint what changes with the mouse: headers, the selection's outline, the rubber band, the cursor."""

from collections.abc import Iterable
from dataclasses import dataclass

from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from napari_ben.plates import row_name
from napari_ben.widgets._plate_grid_data import Cell
from napari_ben.widgets._plate_grid_geometry import GridGeometry, Hit, Window
from napari_ben.widgets._theme import Theme

_DENSE, _ROOMY = 9.0, 18.0  # pitches


def header_font(font: QFont) -> QFont:
    """Return the font of row and column labels: a little smaller than the window's."""
    small = QFont(font)
    small.setPixelSize(max(8, round(0.8 * QFontMetricsF(font).ascent())))
    return small


def header_size(font: QFont, window: Window) -> tuple[float, float]:
    """Width of the row labels and height of the column labels, logical pixels."""
    metrics = QFontMetricsF(header_font(font))
    return round(metrics.horizontalAdvance(row_name(window.bottom - 1)) + 7), round(metrics.height() + 4)


@dataclass(frozen=True)
class Frames:
    """Draw over the wells.

    Parameters
    ----------
    painter
        Begun, in logical pixels.
    geometry
        Where wells lie.
    theme
        Colours of the window.
    """

    painter: QPainter
    geometry: GridGeometry
    theme: Theme

    def paint_headers(self, lit: Iterable[Cell], hover: Hit | None) -> None:
        """Draw the labels; rows and columns with selected wells stand out, those under the mouse most."""
        lit_rows, lit_columns = {row for row, _ in lit}, {column for _, column in lit}
        hover_row, hover_column = hover or (None, None)
        self.painter.setFont(header_font(self.painter.font()))
        metrics = QFontMetricsF(self.painter.font())
        row_step = self.geometry.row_step(metrics.ascent())
        column_step = self.geometry.column_step(metrics.horizontalAdvance(str(self.geometry.window.right)))
        for row in _labelled(self.geometry.window.rows, row_step, hover_row):
            self._paint_label(self._row_box(row), row_name(row), lit=row in lit_rows, hovered=row == hover_row)
        for column in _labelled(self.geometry.window.columns, column_step, hover_column):
            hovered = column == hover_column
            self._paint_label(self._column_box(column), str(column + 1), lit=column in lit_columns, hovered=hovered)

    def _row_box(self, row: int) -> QRectF:
        y = self.geometry.corner((row, 0))[1]
        return QRectF(
            self.geometry.left - self.geometry.header[0], y - 10, self.geometry.header[0] - 2, self._pitch + 20
        )

    def _column_box(self, column: int) -> QRectF:
        x = self.geometry.corner((0, column))[0]
        top = self.geometry.top - self.geometry.header[1]
        return QRectF(x - 20, top, self._pitch + 40, self.geometry.header[1] - 1)

    @property
    def _pitch(self) -> float:
        return self.geometry.pitch

    def _paint_label(self, box: QRectF, text: str, *, lit: bool, hovered: bool) -> None:
        font = self.painter.font()
        font.setBold(hovered)
        self.painter.setFont(font)
        self.painter.setPen(QColor(self.theme.accent if hovered else self.theme.text if lit else self.theme.quiet))
        self.painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def paint_selection(self, cells: frozenset[Cell]) -> None:
        """Draw one line around every connected part of the selection, haloed so that it shows on any fill."""
        outline, shift = QPainterPath(), -(self.geometry.gap % 2) / 2
        for x0, y0, x1, y1 in self.geometry.outline(cells):
            outline.moveTo(x0 + shift, y0 + shift)
            outline.lineTo(x1 + shift, y1 + shift)
        width = 2.0 - self.geometry.gap % 2 if self._pitch < _DENSE else 2.0 + self.geometry.gap % 2
        for colour, extra in ((self.theme.background, 2.0), (self.theme.text, 0.0)):
            pen = QPen(QColor(colour), width + extra)
            pen.setCapStyle(Qt.PenCapStyle.SquareCap)
            self.painter.strokePath(outline, pen)

    def paint_band(self, start: Hit, end: Hit) -> None:
        """Draw the rubber band of a drag."""
        cells = self.geometry.window.cells(start, end)
        if not cells:
            return
        (x, y), (right, bottom) = self.geometry.corner(min(cells)), self.geometry.corner(max(cells))
        band = QColor(self.theme.accent)
        self.painter.setPen(QPen(band, 1))
        band.setAlphaF(0.18)
        self.painter.setBrush(band)
        self.painter.drawRect(QRectF(x, y, right - x + self._pitch - 1, bottom - y + self._pitch - 1))

    def paint_cursor(self, cell: Cell, *, focused: bool) -> None:
        """Draw the well under the mouse, or, `focused`, the one the keyboard is on."""
        is_roomy = focused and self._pitch >= _ROOMY
        inset = 4.0 if is_roomy else 1.0  # within the outline of the selection, which is as strong
        box = QRectF(*self.geometry.corner(cell), self._pitch, self._pitch).adjusted(inset, inset, -inset, -inset)
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((self.theme.background, 5.0), (self.theme.accent, 2.0))[not is_roomy :]:
            self.painter.setPen(QPen(QColor(colour), width if is_roomy else 1.0))
            self.painter.drawRect(box)

    def paint_focus(self, frame: QRectF) -> None:
        """Draw a frame around the plate that has the keyboard."""
        self.painter.setPen(QPen(QColor(self.theme.accent), 1))
        self.painter.setBrush(Qt.BrushStyle.NoBrush)
        self.painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)


def _labelled(shown: range, step: int, hovered: int | None) -> list[int]:
    """Lines with a label: every `step`, and the hovered one instead of its neighbours."""
    if hovered is None or hovered not in shown:
        return list(shown[::step])
    return [line for line in shown[::step] if abs(line - hovered) >= step] + [hovered]
