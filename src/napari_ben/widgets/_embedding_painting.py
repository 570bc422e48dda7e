"""Paint the points of an embedding: on the screen as stamps, in a file as circles."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPixmap

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
    selected, shown
        (n,) which points are selected, and which the legend's filter leaves.
    """

    data: EmbeddingData
    selected: Mask
    shown: Mask

    @cached_property
    def _keys(self) -> NDArray[np.intp]:
        standings = np.where(self.selected, 3, 1 if self.selected.any() else 2)
        standings = np.where(self.shown, standings, 0)
        dots = 0 if self.data.in_context is None else self.data.in_context
        palette, colour_of = self.data.palette
        return np.asarray((standings * len(palette) + colour_of) * 2 + dots, dtype=np.intp)

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

    def drawn(self, screen: Points, visible: Mask) -> Iterator[tuple[int, float, float]]:
        """Key of the style and pixels of every visible point, in drawing order.

        Within one standing the order is that of the points: drawn class by class, the last class would hide the others.
        """
        standings = self._keys // (2 * max(len(self.data.palette[0]), 1))
        order = np.argsort(standings, kind="stable")
        order = order[visible[order]]
        return zip(self._keys[order].tolist(), *screen[order].T.tolist(), strict=True)


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

    def of(self, style: PointStyle) -> QPixmap:
        """Picture of a point, an odd number of device pixels wide."""
        if style not in self._stamps:
            half = round(1.6 * self.radius + 1.5)
            stamp = QPixmap(2 * half + 1, 2 * half + 1)
            stamp.fill(Qt.GlobalColor.transparent)
            painter = QPainter(stamp)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            style.draw(painter, QPointF(half + 0.5, half + 0.5), self.radius, self.theme)
            painter.end()
            self._stamps[style] = stamp
        return self._stamps[style]


def stamp_points(painter: QPainter, screen: Points, points: StyledPoints, stamps: PointStamps) -> None:
    """Draw points on a screen.

    Parameters
    ----------
    painter
        Begun, in device pixels.
    screen
        (n, 2) device pixels; what lies outside the painter's window is left out.
    """
    device = painter.window()
    low, high = np.array([-20, -20]), np.array([device.width() + 20, device.height() + 20])
    visible: Mask = np.all((screen > low) & (screen < high), axis=1)
    pictures = {key: stamps.of(style) for key, style in points.styles.items()}
    half = {key: picture.width() // 2 for key, picture in pictures.items()}
    for key, x, y in points.drawn(screen, visible):
        painter.drawPixmap(round(x) - half[key], round(y) - half[key], pictures[key])


def draw_points(painter: QPainter, screen: Points, points: StyledPoints, stamps: PointStamps) -> None:
    """Draw points into a vector file; the arguments are those of `stamp_points`."""
    finite: Mask = np.all(np.isfinite(screen), axis=1)
    for key, x, y in points.drawn(screen, finite):
        points.styles[key].draw(painter, QPointF(x, y), stamps.radius, stamps.theme)
