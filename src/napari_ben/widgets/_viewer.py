"""The few things of a napari viewer that the dock touches, by the names of napari 0.9 and by those before."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from napari_ben.widgets._frames import Box


def camera(viewer: Any) -> Any:
    """Give the camera; before napari 0.9 it hung on the viewer itself."""
    return viewer.scene.camera if hasattr(viewer, "scene") else viewer.camera


def canvas_size(viewer: Any) -> tuple[int, int]:
    """Give (height, width) of the canvas in pixels; an ordinary size before napari 0.9, which did not tell."""
    if not hasattr(viewer, "canvas"):
        return (800, 1000)
    height, width = viewer.canvas.size
    return int(height), int(width)


def show_scale_bar(viewer: Any) -> None:
    """Show how long a micrometre is; before napari 0.9 the bar hung on the viewer itself."""
    overlays = viewer.canvas.overlays if hasattr(viewer, "canvas") else viewer
    overlays.scale_bar.visible = True


def look_at(viewer: Any, box: "Box", around: float = 0.1) -> None:
    """Move the camera to a box in world coordinates.

    Parameters
    ----------
    viewer
        A napari viewer, or its public proxy.
    box
        y0, x0, y1, x1.
    around
        How much of its surroundings to show on each side, in sides of the box.
    """
    height, width = canvas_size(viewer)
    y0, x0, y1, x1 = box
    zoom = min(height / max(y1 - y0, 1), width / max(x1 - x0, 1))
    aim(viewer, ((y0 + y1) / 2, (x0 + x1) / 2), zoom / (1 + 2 * around))


def aim(viewer: Any, centre: tuple[float, float], zoom: float) -> None:
    """Point the camera at a place, y and x in the world, with so many pixels of the screen for a unit of it."""
    lens = camera(viewer)
    lens.center = (0.0, *centre)
    lens.zoom = zoom


def visible_box(viewer: Any) -> "Box":
    """Give the part of the world that the canvas shows: y0, x0, y1, x1."""
    height, width = canvas_size(viewer)
    lens = camera(viewer)
    centre_y, centre_x = lens.center[-2:]
    half_y, half_x = height / lens.zoom / 2, width / lens.zoom / 2
    return centre_y - half_y, centre_x - half_x, centre_y + half_y, centre_x + half_x


def in_view(boxes: "NDArray[np.float64]", view: "Box") -> "NDArray[np.bool_]":
    """Tell which boxes, (n, 4) as y0, x0, y1, x1, overlap a view."""
    y0, x0, y1, x1 = boxes.T
    seen: NDArray[np.bool_] = (y0 < view[2]) & (y1 > view[0]) & (x0 < view[3]) & (x1 > view[1])
    return seen
