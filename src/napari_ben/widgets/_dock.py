"""The dock: five steps, top to bottom, over one session.

Every change of the session is shown once per turn of the event loop, all views at the same time: a selection made in
one of them reaches the others, and what a view is told it does not tell back, so there is no loop to break.
"""

from functools import partial
from pathlib import Path
from typing import Any

from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from napari_ben.models import available_models
from napari_ben.session import Session, SessionState, plate_of
from napari_ben.widgets._canvas import CanvasClicks
from napari_ben.widgets._context_step import ContextStep
from napari_ben.widgets._job import JobRunner
from napari_ben.widgets._method_step import MethodStep
from napari_ben.widgets._model_step import ModelStep
from napari_ben.widgets._mosaic_layers import MosaicLayers
from napari_ben.widgets._plate_step import PlateStep
from napari_ben.widgets._preferences import remember_plate, remembered, run_options
from napari_ben.widgets._results_step import ResultsStep
from napari_ben.widgets._timers import timer
from napari_ben.widgets._viewer import look_at
from napari_ben.widgets._well_layers import WellLayers

_NARROWEST = 340


class BenDock(QWidget):
    """Plate-aware deep learning beside the canvas.

    Parameters
    ----------
    napari_viewer
        The viewer, as napari hands it to a plugin.
    session
        The session to show; a new one when left out.
    """

    def __init__(self, napari_viewer: Any, session: Session | None = None) -> None:
        super().__init__()
        self.session = session or Session()
        self._viewer = napari_viewer
        self._shown = SessionState()
        self._jobs = JobRunner(self.session, self)
        self._mosaic = MosaicLayers(napari_viewer, self.session, self)
        self._wells = WellLayers(napari_viewer, self)
        self._clicks = CanvasClicks(napari_viewer, self.session)
        self._build_steps()
        self._refresh = timer(self, 0, self._show, once=True)
        self.session.changed.connect(self._on_changed)
        self._connect()
        self._remember()
        self._pick_up_layers()
        self._on_changed()

    def _build_steps(self) -> None:
        self.plate = PlateStep(self.session, self)
        self.context = ContextStep(self.session, self)
        self.model = ModelStep(self.session, self)
        self.method = MethodStep(self.session, self)
        self.results = ResultsStep(self.session, self)
        steps = QWidget(self)
        column = QVBoxLayout(steps)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for step in (self.plate, self.context, self.model, self.method, self.results):
            if column.count():
                column.addWidget(_line(steps))
            column.addWidget(step)
        column.addStretch(1)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(steps)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
        self.setMinimumWidth(_NARROWEST)

    def _connect(self) -> None:
        self.context.grid.well_activated.connect(self.go_to)
        self.results.overlay_toggled.connect(self._wells.set_visible)
        self._viewer.layers.events.inserted.connect(self._on_layer)
        self.destroyed.connect(partial(_leave, self._viewer, self._jobs, self._clicks, self._wells, self._on_layer))

    def _remember(self) -> None:
        wishes = remembered()
        self.session.set_options(run_options())
        self.session.choose_method(wishes.method)
        known = list(available_models())
        if known:
            self.session.load_model(wishes.model if wishes.model in known else known[-1])

    def go_to(self, well: str) -> None:
        """Move the camera to a well."""
        box = self._wells.box(well)
        if box is not None:
            look_at(self._viewer, box)

    def _on_changed(self, *_states: SessionState) -> None:
        if not self._refresh.isActive():
            self._refresh.start()

    def _show(self) -> None:
        state, old = self.session.state, self._shown
        self._shown = state
        resolution = self.session.resolution
        self.plate.show_state(state, old)
        self.context.show_state(state, resolution, old)
        self.model.show_state(state, resolution, old)
        self.method.show_state(state, resolution)
        self.results.show_state(state)
        self._show_on_canvas(state, old)

    def _show_on_canvas(self, state: SessionState, old: SessionState) -> None:
        if state.plate is None:
            return
        is_new = state.picture is not old.picture
        if is_new:
            self._mosaic.show(state)
            self._wells.show_plate(state.plate)
            if state.source is not None:
                remember_plate(state.source)
        if is_new or state.predictions is not old.predictions:
            self._wells.show_predictions(state.predictions)
            if state.predictions is not None and old.predictions is None:
                self._wells.choose()
        context = self.session.resolution.context
        self._wells.show_marks(frozenset(context.wells if context else ()), frozenset(state.selected))
        if state.model is not old.model and state.model is not None:
            remembered().model = state.model.card.name
        if state.method != old.method:
            remembered().method = state.method

    def _on_layer(self, event: Any) -> None:
        self._pick_up(event.value)

    def _pick_up_layers(self) -> None:
        for layer in self._viewer.layers:
            self._pick_up(layer)

    def _pick_up(self, layer: Any) -> None:
        path = plate_of(layer.metadata)
        state = self.session.state
        if path is not None and path not in {state.source, state.opening}:
            self.session.open(Path(path))


def _line(parent: QWidget) -> QFrame:
    line = QFrame(parent)
    line.setFrameShape(QFrame.Shape.HLine)
    return line


def _leave(viewer: Any, jobs: JobRunner, clicks: CanvasClicks, wells: WellLayers, on_layer: Any, *_: object) -> None:
    jobs.stop_all()
    clicks.close()
    wells.close()
    viewer.layers.events.inserted.disconnect(on_layer)
