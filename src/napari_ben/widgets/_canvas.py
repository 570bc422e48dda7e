"""The canvas as a third view of the selection: a click selects the well under it."""

from collections.abc import Generator
from typing import Any

from napari_ben.plates import Plate
from napari_ben.session import KEY, Session

_STILL = 4
"""Screen pixels that the mouse may move between press and release of a click."""


class CanvasClicks:
    """Turns clicks on the mosaic into selections of the session.

    Parameters
    ----------
    viewer
        A napari viewer, or its public proxy.
    session
        Whose selection it is.
    """

    def __init__(self, viewer: Any, session: Session) -> None:
        self._viewer = viewer
        self._session = session
        viewer.mouse_drag_callbacks.append(self._on_press)

    def close(self) -> None:
        """Listen to the viewer no longer."""
        if self._on_press in self._viewer.mouse_drag_callbacks:
            self._viewer.mouse_drag_callbacks.remove(self._on_press)

    def _on_press(self, _viewer: Any, event: Any) -> Generator[None, None, None]:
        start, position = tuple(event.pos), tuple(event.position)
        is_adding = "Control" in event.modifiers
        yield
        while event.type == "mouse_move":
            yield
        moved = max(abs(here - there) for here, there in zip(event.pos, start, strict=True))
        if event.button == 1 and moved <= _STILL:
            self.click(position, is_adding=is_adding)

    def click(self, position: tuple[float, ...], *, is_adding: bool = False) -> None:
        """Select the well at a place in world coordinates, or toggle it when adding.

        Between the wells of the mosaic there is nothing to select; beside the mosaic a click means something else.
        """
        place = self._on_mosaic(position)
        if place is None:
            return
        plate, y, x = place
        well = plate.mosaic.well_at(y, x)
        chosen = set(self._session.state.selected) if is_adding else set()
        if well in plate.imaged.index:
            chosen ^= {str(well)}
        self._session.select(chosen)

    def _on_mosaic(self, position: tuple[float, ...]) -> tuple[Plate, float, float] | None:
        plate = self._session.state.plate
        layer = next((layer for layer in self._viewer.layers if KEY in layer.metadata), None)
        if plate is None or layer is None:
            return None
        y, x = (float(value) for value in layer.world_to_data(position)[-2:])
        height, width = plate.mosaic.shape
        return (plate, y, x) if 0 <= y < height and 0 <= x < width else None
