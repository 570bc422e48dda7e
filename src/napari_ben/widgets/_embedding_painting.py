"""Paint the points of an embedding: on the screen as stamps, in a file as circles."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from napari_ben.widgets._embedding_data import EmbeddingData, Mask
from napari_ben.widgets._embedding_geometry import Points
from napari_ben.widgets._palette import mix
from napari_ben.widgets._theme import Theme

Standing = Literal["plain", "dimmed", "hidden", "selected"]
_ORDER: tuple[Standing, ...] = ("hidden", "dimmed", "plain", "selected")
_DIMMED, _HIDDEN = 0.62, 0.9  # share of the ground in the colour


@dataclass(frozen=True)
class PointStyle:
    """How one point looks.

    Parameters
    ----------
    colour
        ``#rrggbb``.
    standing
        `selected` is ringed, `dimmed` is what is not while others are, `hidden` is filtered out.
    has_dot
        Whether it is in the context.
    """

    colour: str
    standing: Standing
    has_dot: bool

    def draw(self, painter: QPainter, at: QPointF, radius: float, theme: Theme) -> None:
        """Draw it as a circle."""
        share = {"dimmed": _DIMMED, "hidden": _HIDDEN}.get(self.standing, 0.0)
        colour = mix(self.colour, theme.surface, share)
        selected = self.standing == "selected"
        edge = theme.text if selected else mix(colour, theme.surface if theme.is_dark else theme.text, 0.35)
        painter.setPen(QPen(QColor(edge), max(1.0, 0.45 * radius) if selected else max(0.5, 0.2 * radius)))
        painter.setBrush(QColor(colour))
        grown = radius * (1.3 if selected else 1.0)
        painter.drawEllipse(at, grown, grown)
        if self.has_dot and self.standing != "hidden":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.surface if theme.is_dark else theme.text))
            painter.drawEllipse(at, 0.36 * radius, 0.36 * radius)


@dataclass(frozen=True)
class StyledPoints:
    """Points with their looks, in drawing order: filtered ones first, selected ones on top.

    Parameters
    ----------
    data
        What is shown.
    standings
        (n,) place of each point's standing in drawing order.
    """

    data: EmbeddingData
    standings: NDArray[np.intp]

    @classmethod
    def of(cls, data: EmbeddingData, selected: Mask, shown: Mask) -> "StyledPoints":
        """Style points by which of them are selected, and which the legend's filter leaves, (n,) each."""
        rest = "dimmed" if selected.any() else "plain"
        standings = np.where(selected, _ORDER.index("selected"), _ORDER.index(rest))
        return cls(data, np.where(shown, standings, _ORDER.index("hidden")))

    @cached_property
    def is_selected(self) -> Mask:
        """Which points stand out."""
        return np.asarray(self.standings == _ORDER.index("selected"))

    def ground(self) -> "StyledPoints":
        """Give the same points with none standing out: what the selected ones are drawn over, whichever they are."""
        return StyledPoints(self.data, np.where(self.is_selected, _ORDER.index("dimmed"), self.standings))

    @cached_property
    def _keys(self) -> NDArray[np.intp]:
        dots = 0 if self.data.in_context is None else self.data.in_context
        palette, colour_of = self.data.palette
        return np.asarray((self.standings * len(palette) + colour_of) * 2 + dots, dtype=np.intp)

    @cached_property
    def styles(self) -> dict[int, PointStyle]:
        """Every look that occurs, by its key."""
        palette, _ = self.data.palette
        found = {}
        for key in np.unique(self._keys).tolist():
            rest, dot = divmod(key, 2)
            standing, colour = divmod(rest, len(palette))
            found[key] = PointStyle(palette[colour], _ORDER[standing], bool(dot))
        return found

    def drawn(self, screen: Points, visible: Mask) -> tuple[list[int], Points]:
        """Give the key of the style and the pixel of every visible point, in drawing order.

        Within one standing the order is that of the points: drawn class by class, the last class would hide the others.
        """
        order = np.argsort(self.standings, kind="stable")
        order = order[visible[order]]
        return self._keys[order].tolist(), screen[order]


@dataclass(frozen=True)
class PointStamps:
    """Pictures of points at one size, kept while only the view changes.

    Parameters
    ----------
    radius
        Device pixels.
    theme
        Colours of the window.
    """

    radius: float
    theme: Theme
    _stamps: dict[PointStyle, QPixmap] = field(default_factory=dict)

    @property
    def half(self) -> int:
        """Pixels on each side of a point's middle one."""
        return round(1.6 * self.radius + 1.5)

    def of(self, style: PointStyle) -> QPixmap:
        """Picture of a point, an odd number of device pixels wide."""
        if style not in self._stamps:
            half = self.half
            stamp = QPixmap(2 * half + 1, 2 * half + 1)
            stamp.fill(Qt.GlobalColor.transparent)
            painter = QPainter(stamp)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            style.draw(painter, QPointF(half + 0.5, half + 0.5), self.radius, self.theme)
            painter.end()
            self._stamps[style] = stamp
        return self._stamps[style]


def empty_ground(size: QSize, ratio: float, theme: Theme) -> QPixmap:
    """Give a panel without points.

    Parameters
    ----------
    size
        Device pixels.
    ratio
        Device pixels per logical pixel.
    """
    ground = QPixmap(size)
    ground.fill(QColor(theme.background))
    painter = QPainter(ground)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillPath(rounded(ground, ratio), QColor(theme.surface))
    painter.end()
    return ground


def rounded(picture: QPixmap, ratio: float) -> QPainterPath:
    """Give the outline of a panel, with round corners."""
    path = QPainterPath()
    path.addRoundedRect(QRectF(picture.rect()), 4 * ratio, 4 * ratio)
    return path


def stamp_points(painter: QPainter, screen: Points, points: StyledPoints, stamps: PointStamps, which: Mask) -> None:
    """Draw some of the points on a screen.

    Parameters
    ----------
    painter
        Begun, in device pixels.
    screen
        (n, 2) device pixels; what lies outside the painter's window is left out.
    which
        (n,) the points to draw.
    """
    device = painter.window()
    low, high = np.array([-20, -20]), np.array([device.width() + 20, device.height() + 20])
    visible: Mask = np.all((screen > low) & (screen < high), axis=1) & which
    pictures = {key: stamps.of(style) for key, style in points.styles.items()}
    keys, places = points.drawn(screen, visible)
    corners = (np.rint(places) - stamps.half).astype(int).tolist()
    for key, (x, y) in zip(keys, corners, strict=True):
        painter.drawPixmap(x, y, pictures[key])


def draw_points(painter: QPainter, screen: Points, points: StyledPoints, stamps: PointStamps) -> None:
    """Draw all points into a vector file; the arguments are those of `stamp_points`."""
    finite: Mask = np.all(np.isfinite(screen), axis=1)
    keys, places = points.drawn(screen, finite)
    for key, (x, y) in zip(keys, places.tolist(), strict=True):
        points.styles[key].draw(painter, QPointF(x, y), stamps.radius, stamps.theme)
