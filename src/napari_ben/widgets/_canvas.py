"""The canvas as a third view of the selection: a click selects the well under it."""

from collections.abc import Generator
from typing import Any

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
        """Select the well at a place in world coordinates, or nothing where there is none; toggle it when adding."""
        well = self.well_at(position)
        chosen = set(self._session.state.selected) if is_adding else set()
        if well is not None:
            chosen ^= {well}
        self._session.select(chosen)

    def well_at(self, position: tuple[float, ...]) -> str | None:
        """Find the imaged well at a place in world coordinates."""
        plate = self._session.state.plate
        mosaic = next((layer for layer in self._viewer.layers if KEY in layer.metadata), None)
        if plate is None or mosaic is None:
            return None
        y, x = mosaic.world_to_data(position)[-2:]
        well = plate.mosaic.well_at(float(y), float(x))
        return well if well in plate.imaged.index else None
