"""One entry of a legend: a swatch in its visual channel, a name, a count."""

from qtpy.QtCore import QEvent, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from napari_ben.widgets._legend_data import LegendEntry
from napari_ben.widgets._palette import mix
from napari_ben.widgets._plate_grid_stamps import hatch_brush
from napari_ben.widgets._theme import THEME_EVENTS, Theme

_SWATCH = 10
_PAD, _GAP = 4, 5


def chip_font(font: QFont) -> QFont:
    """Return the font of a legend: a little smaller than the window's."""
    small = QFont(font)
    small.setPixelSize(max(9, round(0.85 * QFontMetricsF(font).ascent())))
    return small


class Chip(QAbstractButton):
    """A legend's entry that can be chosen; the outline of the selection and a mere text cannot."""

    def __init__(self, entry: LegendEntry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._faded = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._become(entry)

    def set_entry(self, entry: LegendEntry) -> None:
        """Show another entry."""
        if entry != self.entry:
            self._become(entry)

    def _become(self, entry: LegendEntry) -> None:
        can_filter = entry.mark not in {"outline", "none"}
        self.entry = entry
        self.setText(entry.label)
        self.setCheckable(can_filter)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if can_filter else Qt.FocusPolicy.NoFocus)
        self.setToolTip(f"Show only: {entry.label}" if can_filter else "")
        self.setAccessibleName(entry.label if entry.count is None else f"{entry.label}, {entry.count}")
        self.updateGeometry()
        self.update()

    def set_faded(self, faded: bool) -> None:
        """Step back, because others are chosen."""
        if faded != self._faded:
            self._faded = faded
            self.update()

    def changeEvent(self, event: QEvent | None) -> None:
        """Take on the window's new theme."""
        if event is not None and event.type() in THEME_EVENTS:
            self.updateGeometry()
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        """Return the size of swatch, name and count."""
        metrics = QFontMetricsF(chip_font(self.font()))
        swatch = 0 if self.entry.mark == "none" else _SWATCH + _GAP
        count = metrics.horizontalAdvance(self._count()) + (_GAP if self._count() else 0)
        width = 2 * _PAD + swatch + metrics.horizontalAdvance(self.entry.label) + count
        return QSize(round(width) + 1, round(metrics.height() + 6))

    def _count(self) -> str:
        return "" if self.entry.count is None else f"{self.entry.count:,}"

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw swatch, name and count."""
        theme, painter = Theme.of(self), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, theme)
        painter.setOpacity(0.4 if self._faded else 1.0)
        x = float(_PAD)
        if self.entry.mark != "none":
            paint_swatch(painter, QRectF(x, (self.height() - _SWATCH) / 2, _SWATCH, _SWATCH), self.entry, theme)
            x += _SWATCH + _GAP
        painter.setFont(chip_font(self.font()))
        metrics = QFontMetricsF(painter.font())
        for text, colour in ((self.entry.label, theme.text), (self._count(), theme.quiet)):
            painter.setPen(QColor(colour))
            width = metrics.horizontalAdvance(text)
            painter.drawText(QRectF(x, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
            x += width + _GAP
        painter.end()

    def _paint_ground(self, painter: QPainter, theme: Theme) -> None:
        if not (self.isChecked() or self.hasFocus() or (self.underMouse() and self.isCheckable())):
            return
        ground = theme.plane if self.isChecked() else mix(theme.background, theme.plane, 0.5)
        painter.setPen(QPen(QColor(theme.accent), 1) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)


def paint_swatch(painter: QPainter, square: QRectF, entry: LegendEntry, theme: Theme) -> None:
    """Draw the mark of an entry as the grid draws it."""
    colour = QColor(entry.colour or theme.plane)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    match entry.mark:
        case "fill":
            painter.drawRoundedRect(square, 2, 2)
        case "disc":
            painter.drawEllipse(square.adjusted(0.5, 0.5, -0.5, -0.5))
        case "hatch":
            painter.drawRoundedRect(square, 2, 2)
            painter.setBrush(hatch_brush(theme.text, 12, painter.deviceTransform().m11()))
            painter.drawRoundedRect(square, 2, 2)
        case "outline":
            painter.setPen(QPen(QColor(theme.text), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(square.adjusted(1, 1, -1, -1))
