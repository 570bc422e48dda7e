"""The session on the canvas: mosaic, wells, and clicks.

Adding a layer takes napari a tenth of a second, so layers are added one per turn of the event loop.
"""

from collections import deque
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject

from napari_ben.session import Look, Session, SessionState
from napari_ben.widgets._canvas import CanvasClicks
from napari_ben.widgets._field_layers import open_fields
from napari_ben.widgets._mosaic_layers import MosaicLayers
from napari_ben.widgets._timers import timer
from napari_ben.widgets._viewer import aim, camera, look_at, show_scale_bar
from napari_ben.widgets._well_layers import WellLayers

if TYPE_CHECKING:
    from collections.abc import Callable

_BETWEEN_MARKS = 40  # ms: the grid and the embedding are drawn at 60 frames a second, the canvas need not be


class CanvasView(QObject):
    """Everything that the dock puts on the canvas.

    Parameters
    ----------
    viewer
        A napari viewer, or its public proxy.
    session
        What is shown.
    parent
        Of this object.
    """

    def __init__(self, viewer: Any, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._session = session
        self._shown = SessionState()
        self._waiting: deque[Callable[[], None]] = deque()
        self._turn = timer(self, 0, self._take_a_step)
        self._marking = timer(self, _BETWEEN_MARKS, self._show_wells, once=True)
        self.mosaic = MosaicLayers(viewer, session, self)
        self.wells = WellLayers(viewer, self)
        self.clicks = CanvasClicks(viewer, session)

    @property
    def is_complete(self) -> bool:
        """Whether no layer is waiting to be added."""
        return not self._waiting

    def show_state(self, state: SessionState) -> None:
        """Show what changed."""
        if state.plate is None:
            return
        if state.picture is not self._shown.picture:
            self._waiting = deque(self.mosaic.steps(state) + self.wells.steps(state.plate))
            self._waiting += [self._look, self._show_bar, self._show_wells, self._session.develop]
            self._turn.start()
        if self.is_complete and not self._marking.isActive():
            self._marking.start()

    def _take_a_step(self) -> None:
        step = self._waiting.popleft() if self._waiting else self._turn.stop
        step()

    def _show_wells(self) -> None:
        state, old = self._session.state, self._shown
        self._shown = state
        if state.picture is not old.picture or state.predictions is not old.predictions:
            self.wells.show_predictions(state.predictions)
        if state.predictions is not None and old.predictions is None:
            self.wells.choose()
        context = self._session.resolution.context
        self.wells.show_marks(frozenset(context.wells if context else ()), frozenset(state.selected))

    def _look(self) -> None:
        """Look as the session says that it was, or else at the whole plate."""
        look = self._session.state.look
        if look is None:
            look_at(self._viewer, self.wells.extent(), 0.02)
        else:
            self.mosaic.dress(look.channels)
            aim(self._viewer, look.centre, look.zoom)

    def _show_bar(self) -> None:
        plate, before = self._session.state.plate, self._shown.plate
        if plate is not None and plate.pixel_um and not (before is not None and before.pixel_um):
            show_scale_bar(self._viewer)  # once: whoever hides it does not want it

    def look(self, *, has_overlay: bool) -> Look:
        """Give what is seen now."""
        lens = camera(self._viewer)
        y, x = map(float, lens.center[-2:])
        return Look((y, x), float(lens.zoom), self.mosaic.looks(), has_overlay)

    def go_to(self, well: str, around: float = 0.1) -> None:
        """Move the camera to a well, with that much of its neighbours around it, in wells."""
        box = self.wells.box(well)
        if box is not None:
            look_at(self._viewer, box, around)

    def open_fields(self, wells: tuple[str, ...]) -> None:
        """Show the fields of wells at full size."""
        state = self._session.state
        if state.plate is not None and state.picture is not None:
            open_fields(self._viewer, state.plate, state.picture, wells)

    def close(self) -> None:
        """Listen no longer; the layers stay, they are the person's. Qt may have taken the timers already."""
        self._waiting.clear()
        self.clicks.close()
        self.wells.close()
        self.mosaic.close()
