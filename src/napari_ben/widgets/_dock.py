"""The dock: five steps, top to bottom, over one session.

Every change of the session is shown once per turn of the event loop, all views at the same time: a selection made in
one of them reaches the others, and what a view is told it does not tell back, so there is no loop to break.
"""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from qtpy.QtCore import QEvent, QMimeData, QSize, Qt, QTimer
from qtpy.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent
from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from napari_ben.models import MODEL_FILES, available_models
from napari_ben.session import Session, SessionState, plate_of
from napari_ben.widgets._canvas_view import CanvasView
from napari_ben.widgets._context_step import ContextStep
from napari_ben.widgets._dock_sheet import dock_sheet
from napari_ben.widgets._job import JobRunner
from napari_ben.widgets._keys_window import show_keys
from napari_ben.widgets._method_step import MethodStep
from napari_ben.widgets._model_step import ModelStep
from napari_ben.widgets._plate_step import PlateStep
from napari_ben.widgets._preferences import Memory, remembered, run_options, with_plate
from napari_ben.widgets._reading_order import ReadInOrder
from napari_ben.widgets._results_step import ResultsStep
from napari_ben.widgets._step import Step
from napari_ben.widgets._teach_step import TeachStep
from napari_ben.widgets._theme import Theme
from napari_ben.widgets._timers import timer
from napari_ben.widgets._tinted import Line, Tinted
from napari_ben.widgets._train_step import TrainStep

_NARROWEST = 340
_SIZE = QSize(430, 900)
_UNTIL_LAID_OUT = 100


class BenDock(ReadInOrder, Tinted, QWidget):
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
        self._jobs = JobRunner(self.session)
        self._memory = Memory(self)
        self.canvas = CanvasView(napari_viewer, self.session, self)
        self.plate = PlateStep(self.session, self)
        self.context = ContextStep(self.session, self)
        self.model = ModelStep(self.session, self)
        self.method = MethodStep(self.session, self)
        self.results = ResultsStep(self.session, self)
        self.teach = TeachStep(self.session, self)
        self.train = TrainStep(self.session, self)
        steps = (self.plate, self.context, self.model, self.method, self.results, self.teach, self.train)
        self._area = _scrolled(_column(*steps))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._area)
        self.setMinimumWidth(_NARROWEST)
        self.setAcceptDrops(True)
        self._refresh = timer(self, 0, self._show, once=True)
        self._scroll = timer(self, _UNTIL_LAID_OUT, self.show_results, once=True)
        self._connect()
        self._begin()

    def sheet(self, theme: Theme) -> str:
        """Give the style sheet for a theme."""
        return dock_sheet(theme)

    def sizeHint(self) -> QSize:
        """Give the size at which everything can be read."""
        return _SIZE

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Take a folder or file; here nobody asks which of napari's readers is meant."""
        if event is not None and _dropped(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Open what was dropped."""
        path = None if event is None else _dropped(event.mimeData())
        if event is not None and path is not None:
            event.acceptProposedAction()
            self._take(path)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Say what the keys do; what has the keyboard leaves this one to the dock."""
        if event is not None and event.key() == Qt.Key.Key_F1:
            show_keys(self)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent | None) -> bool:
        """Notice that napari let go of the dock, which is all that its close button does."""
        if event is not None and event.type() == QEvent.Type.ParentChange and self.parentWidget() is None:
            QTimer.singleShot(0, partial(_delete_orphan, self))  # which keeps it until then
        return bool(super().event(event))

    def _connect(self) -> None:
        self.session.changed.connect(self._on_changed)
        self.context.grid.well_activated.connect(self.canvas.go_to)
        self.context.grid.fields_requested.connect(self.canvas.open_fields)
        self.context.grid.well_hovered.connect(self._on_hover)
        self.plate.sessions.save_requested.connect(self._save_session)
        self.results.well_activated.connect(self.canvas.go_to)
        self.results.overlay_toggled.connect(self.canvas.wells.set_visible)
        inserted = self._viewer.layers.events.inserted
        inserted.connect(self._on_layer)
        leave = partial(self.session.changed.disconnect, self._on_changed), partial(inserted.disconnect, self._on_layer)
        self.destroyed.connect(partial(_do_all, (*leave, self._jobs.stop_all, self.canvas.close, self._memory.write)))

    def _begin(self) -> None:
        wishes = remembered()
        self.session.set_options(run_options())
        self.session.choose_method(wishes.method)
        known = list(available_models())
        if known:
            self.session.load_model(wishes.model if wishes.model in known else known[0])
        for layer in self._viewer.layers:
            self._pick_up(layer)
        self._on_changed()

    def _take(self, path: Path) -> None:
        if path.suffix in MODEL_FILES and path.is_file():
            self.session.load_model(path)
        else:
            self.session.open(path)

    def _on_hover(self, well: str) -> None:
        look = self.context.grid.data.wells.get(well)
        if look is not None:
            self._viewer.status = " · ".join(look.tooltip.splitlines())

    def _save_session(self, path: Path) -> None:
        self.session.save_session(path, self.canvas.look(has_overlay=self.results.overlay.isChecked()))

    def _on_changed(self, *_states: SessionState) -> None:
        if not self._refresh.isActive():
            self._refresh.start()

    def _show(self) -> None:
        state, old, resolution = self.session.state, self._shown, self.session.resolution
        self._shown = state
        self.plate.show_state(state, old)
        self.context.show_state(state, resolution, old)
        self.model.show_state(state, resolution, old)
        self.method.show_state(state, resolution)
        self.results.show_state(state)
        self.teach.show_state(state, old)
        self.train.show_state(state, old)
        self.canvas.show_state(state)
        self._follow_up(state, old)

    def _follow_up(self, state: SessionState, old: SessionState) -> None:
        opened = state.file if state.file != old.file else state.source if state.source != old.source else None
        if opened is not None:
            self._memory.note(recent_plates=with_plate(opened))
        if state.look is not None and state.look is not old.look:
            self.results.overlay.setChecked(state.look.has_overlay)
        if state.plate is not None and old.plate is None and not state.device:
            self.session.find_device()
        if state.run.is_busy and not old.run.is_busy and state.model is not None:
            self._memory.note(method=state.method, model=state.model.card.name)
        if state.predictions is not None and old.run.is_busy and not state.run.is_busy:
            self._scroll.start()

    def show_top(self) -> None:
        """Scroll to the first step."""
        if (bar := self._area.verticalScrollBar()) is not None:
            bar.setValue(bar.minimum())

    def show_results(self) -> None:
        """Scroll to the last step."""
        if (bar := self._area.verticalScrollBar()) is not None:
            bar.setValue(bar.maximum())

    def _on_layer(self, event: Any) -> None:
        self._pick_up(event.value)

    def _pick_up(self, layer: Any) -> None:
        path = plate_of(layer.metadata)
        if path is not None and path not in {self.session.state.source, self.session.state.opening}:
            self.session.open(path)


def _dropped(mime: QMimeData | None) -> Path | None:
    """Give the one local path that is carried; several things at once are not a plate."""
    urls = [] if mime is None else mime.urls()
    return Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None


def _delete_orphan(dock: BenDock) -> None:
    if dock.parentWidget() is None:
        dock.deleteLater()


def _column(*steps: Step) -> QWidget:
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for step in steps:
        if layout.count():
            layout.addWidget(Line(column))
        layout.addWidget(step)
    layout.addStretch(1)
    return column


def _scrolled(content: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it scrolls to what has the keyboard
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(content)
    return area


def _do_all(actions: Iterable[Callable[[], object]], *_: object) -> None:
    for action in actions:
        action()
