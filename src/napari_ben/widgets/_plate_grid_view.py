"""The plate grid as a picture: it knows its data, its size and its theme, and what is selected; it takes no input.

The wells are painted once into a pixmap; headers, outline and cursor are painted over it on every move of the mouse.
"""

from collections.abc import Collection

from qtpy.QtCore import QEvent, QPointF, QRectF, QSize
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPixmap, QResizeEvent
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_ben.widgets._legend_data import LegendEntry
from napari_ben.widgets._plate_grid_data import Cell, GridData
from napari_ben.widgets._plate_grid_frames import Frames, header_size
from napari_ben.widgets._plate_grid_geometry import MAX_PITCH, GridGeometry, Hit, Window
from napari_ben.widgets._plate_grid_selection import GridSelection
from napari_ben.widgets._plate_grid_stamps import WellStamps
from napari_ben.widgets._plate_grid_wells import WellPainter
from napari_ben.widgets._theme import THEME_EVENTS, Theme

_MARGIN = 2
_WIDTH = 350


class PlateGridView(QWidget):
    """A plate, drawn."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data = GridData()
        self._window = Window.of(self._data.plate_format)
        self._picked = GridSelection(self._window)
        self._hover: Hit | None = None
        self._filter: frozenset[LegendEntry] = frozenset()
        self._shown: frozenset[Cell] | None = None
        self._is_trimmed = False
        self._cursor_visible = False
        self._layer: QPixmap | None = None
        self._geometry: GridGeometry | None = None
        self._wells: WellPainter | None = None
        self._theme = Theme.of(self)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def data(self) -> GridData:
        """What is shown."""
        return self._data

    @property
    def is_trimmed(self) -> bool:
        """Whether rows and columns without images are left out at the borders."""
        return self._is_trimmed

    def set_data(self, data: GridData) -> None:
        """Show a plate; the selection stays unless the plate has another size."""
        if data == self._data:
            return
        if data.plate_format != self._data.plate_format:
            self._hover, self._picked = None, GridSelection(self._window)
        self._data = data
        self._refresh()

    def show_only(self, entries: Collection[LegendEntry]) -> None:
        """Fade the wells that none of these entries of the legend speaks of; none of them shows all again."""
        self._filter = frozenset(entries)
        self._refresh()

    def set_trimmed(self, trimmed: bool) -> None:
        """Leave out the rows and columns without images at the borders, or show them again."""
        self._is_trimmed = trimmed
        self._refresh()

    def _refresh(self) -> None:
        plate_format, imaged = self._data.plate_format, self._data.imaged
        window = Window.around(imaged, plate_format) if self._is_trimmed else Window.of(plate_format)
        self._shown = self._data.matching(self._filter) if self._filter else None
        self._picked.selectable = imaged if self._shown is None else imaged & self._shown
        if window != self._window:
            self._window = window
            self.updateGeometry()
        self._picked.window = window
        self._redraw()

    def _redraw(self) -> None:
        self._layer = self._geometry = None
        self.update()

    def changeEvent(self, event: QEvent | None) -> None:
        """Take on the window's new theme or font."""
        if event is not None and event.type() in THEME_EVENTS:
            self._theme, self._wells = Theme.of(self), None
            self.updateGeometry()
            self._redraw()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Lay out anew."""
        self._redraw()
        super().resizeEvent(event)

    def hasHeightForWidth(self) -> bool:
        """Wells are square."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height that squares of the best size need."""
        header = header_size(self.font(), self._window)
        pitch = min((width - _MARGIN - header[0]) // len(self._window.columns), int(MAX_PITCH))
        return round(max(pitch, 2) * len(self._window.rows) + header[1] + _MARGIN)

    def sizeHint(self) -> QSize:
        """Return the size in a dock of ordinary width."""
        return QSize(_WIDTH, self.heightForWidth(_WIDTH))

    def minimumSizeHint(self) -> QSize:
        """Return the size below which wells cannot be told apart."""
        header = header_size(self.font(), self._window)
        return QSize(
            round(header[0] + 5 * len(self._window.columns)) + _MARGIN,
            round(header[1] + 5 * len(self._window.rows)) + _MARGIN,
        )

    def geometry_now(self) -> GridGeometry:
        """Where the wells lie at this size."""
        if self._geometry is None:
            header = header_size(self.font(), self._window)
            size = (self.width() - _MARGIN, self.height() - _MARGIN)
            self._geometry = GridGeometry.fit(self._window, size, header, self.devicePixelRatioF())
        return self._geometry

    def well_rect(self, cell: Cell) -> QRectF:
        """Rectangle of a well, logical pixels of this widget."""
        geometry = self.geometry_now()
        x, y = geometry.corner(cell)
        return QRectF(x, y, geometry.pitch, geometry.pitch)

    def _hit(self, place: QPointF) -> Hit | None:
        return self.geometry_now().hit(place.x(), place.y())

    def _nearest(self, place: QPointF, start: Hit) -> Hit:
        return self.geometry_now().nearest(place.x(), place.y(), start)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Blit the wells; draw what the mouse changes over them."""
        layer, painter = self._wells_layer(), QPainter(self)
        painter.drawPixmap(0, 0, layer)
        painter.setFont(self.font())
        self._paint_frames(Frames(painter, self.geometry_now(), self._theme))
        painter.end()

    def _paint_frames(self, frames: Frames) -> None:
        picked = self._picked
        frames.paint_headers(picked.wells, self._hover)
        if picked.is_sweeping and picked.anchor and picked.cursor and picked.anchor != picked.cursor:
            frames.paint_band(picked.anchor, picked.cursor)
        frames.paint_selection(picked.wells)
        if self._cursor_visible:
            frames.paint_focus(QRectF(self.rect()))
        keyboard = picked.cursor or (self._window.top, self._window.left)
        for place, focused in ((self._hover, False), (keyboard if self._cursor_visible else None, True)):
            cell = as_cell(place)
            if cell is not None and cell[0] in self._window.rows and cell[1] in self._window.columns:
                frames.paint_cursor(cell, focused=focused)

    def _wells_layer(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        if self._layer is None or self._layer.devicePixelRatioF() != ratio:
            self._layer = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
            self._layer.setDevicePixelRatio(ratio)
            self._layer.fill(QColor(self._theme.background))
            painter = QPainter(self._layer)
            self._well_painter(ratio).paint(painter, self._data, self._shown)
            painter.end()
        return self._layer

    def _well_painter(self, ratio: float) -> WellPainter:
        geometry = self.geometry_now()
        if self._wells is None or self._wells.geometry != geometry or self._wells.stamps.ratio != ratio:
            self._wells = WellPainter(geometry, WellStamps(geometry.side, self._theme, self.font(), ratio))
        return self._wells


def as_cell(place: Hit | None) -> Cell | None:
    """Return the well at a place, or None where the place is a header or nothing."""
    if place is None or place[0] is None or place[1] is None:
        return None
    return place[0], place[1]
