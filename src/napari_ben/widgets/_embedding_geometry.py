"""From points of an embedding to pixels and back: arithmetic without Qt."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

_PADDING = 18.0
_MOST_ZOOM = 200.0
Points = NDArray[np.float32]
Box = tuple[tuple[float, float], tuple[float, float]]
"""Middle and extent, (x, y) each."""


@dataclass(frozen=True)
class View:
    """What a person looks at; the default shows everything, whatever the size of the widget.

    Parameters
    ----------
    zoom
        1 fits all points.
    x, y
        Centre of the picture relative to the centre of all points, in units of the embedding.
    """

    zoom: float = 1.0
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True)
class Camera:
    """A view of given points in a widget of a given size.

    Parameters
    ----------
    centre
        (x, y) of the embedding in the middle of the widget.
    scale
        Pixels per unit.
    size
        Width and height in pixels.
    """

    centre: tuple[float, float]
    scale: float
    size: tuple[float, float]

    @classmethod
    def of(cls, box: Box, size: tuple[float, float], view: View) -> "Camera":
        """Camera that shows a view; one unit is as long in x as in y."""
        middle, extent = box
        room = (max(size[0] - 2 * _PADDING, 8.0), max(size[1] - 2 * _PADDING, 8.0))
        scale = view.zoom * min(room[0] / extent[0], room[1] / extent[1])
        return cls((middle[0] + view.x, middle[1] + view.y), scale, size)

    def to_screen(self, points: Points) -> Points:
        """Pixels of points, (n, 2); y runs down."""
        flipped = np.array([self.scale, -self.scale], dtype=np.float32)
        moved = (points - np.array(self.centre, dtype=np.float32)) * flipped
        return np.asarray(moved + np.array(self.size, dtype=np.float32) / 2, dtype=np.float32)

    def zoomed(self, view: View, factor: float, at: tuple[float, float]) -> View:
        """View after zooming by `factor` with the point under `at` (pixels) held still."""
        zoom = min(max(view.zoom * factor, 0.25), _MOST_ZOOM)
        moved = (1 - view.zoom / zoom) / self.scale
        right, down = at[0] - self.size[0] / 2, at[1] - self.size[1] / 2
        return View(zoom, view.x + right * moved, view.y - down * moved)

    def panned(self, view: View, right: float, down: float) -> View:
        """View after dragging the picture by so many pixels."""
        return replace(view, x=view.x - right / self.scale, y=view.y + down / self.scale)


def box_around(points: Points) -> Box:
    """Give middle and extent, (x, y) each, of points that are finite, (n, 2)."""
    finite = points[np.isfinite(points).all(axis=1)]
    if not len(finite):
        return (0.0, 0.0), (1.0, 1.0)
    low, high = finite.min(axis=0).astype(float), finite.max(axis=0).astype(float)
    middle, extent = (low + high) / 2, np.maximum(high - low, 1e-6)
    return (float(middle[0]), float(middle[1])), (float(extent[0]), float(extent[1]))


def point_radius(n_points: int, zoom: float) -> float:
    """Radius of a point in pixels: smaller the more there are, larger as one zooms in."""
    return float(np.clip(18 / max(n_points, 1) ** 0.25, 1.3, 5.5) * np.clip(zoom, 1, 6) ** 0.3)


def nearest(screen: Points, x: float, y: float, within: float) -> int | None:
    """Index of the point nearest to a pixel, or None when none lies within so many pixels."""
    if not len(screen):
        return None
    distances = np.nan_to_num(((screen - np.array([x, y], dtype=np.float32)) ** 2).sum(axis=1), nan=np.inf)
    place = int(distances.argmin())
    return place if distances[place] <= within**2 else None


def inside(screen: Points, polygon: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of the points lie in a polygon, by the even-odd rule.

    Parameters
    ----------
    screen
        (n, 2).
    polygon
        (m, 2), closed by itself.
    """
    x, y = screen[:, 0], screen[:, 1]
    within = np.zeros(len(screen), dtype=bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if y0 != y1:
            within ^= ((y0 > y) != (y1 > y)) & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return within
