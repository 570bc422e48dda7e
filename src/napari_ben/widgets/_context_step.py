"""Step 2: which wells stand for the plate's normal."""

from collections import Counter
from typing import cast

from qtpy.QtGui import QImage
from qtpy.QtWidgets import QPushButton, QWidget

from napari_ben.plates import Role, control_choices, format_selection
from napari_ben.session import SPLIT, ContextKind, Resolution, Session, SessionState, context_line, measured
from napari_ben.widgets._chooser import Chooser
from napari_ben.widgets._legend import Legend
from napari_ben.widgets._looks import CHANGED, Fill, changed_now, colour_columns, fill, grid_data, meanings
from napari_ben.widgets._plate_grid import PlateGrid
from napari_ben.widgets._segments import Segments
from napari_ben.widgets._selection_box import SelectionBox
from napari_ben.widgets._step import NoticeLabel, Step, row
from napari_ben.widgets._thumbnails import well_thumbnail

_GIVE_COLUMNS = ("plate", "predictions", "labels", "trust", "runs", "sides")
_KINDS = {"plate": "Whole plate", "controls": "Controls", "wells": "Selected wells"}


class ContextStep(Step):
    """Chooses the context, on a plate that can be clicked."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(2, "Context", parent)
        self._session = session
        self._fill: Fill = Fill({}, {}, ())
        self._shown: tuple[object, ...] = ()
        self.kinds = Segments(_KINDS, self)
        self.kinds.chosen.connect(lambda kind: session.choose_context(cast("ContextKind", kind)))
        self.controls = Chooser("Which controls", self, meaning="Which controls stand for the plate's normal")
        self.controls.textActivated.connect(lambda _text: session.choose_controls(self.controls.currentData()))
        self.undo = QPushButton("Undo", self)
        self.grid = PlateGrid(self)
        self.undo.clicked.connect(self.grid.undo)
        self.legend = Legend(self)
        self.column = Chooser("Colour wells by", self, meaning="What fills the wells", fewest=13)
        self.column.textActivated.connect(lambda _text: session.colour_by(self.column.currentData()))
        self.text = SelectionBox(self)
        self.warnings = NoticeLabel(self)
        self._connect_grid()
        self.text.entered.connect(session.select)
        self.body.addLayout(row(self.kinds, QWidget(self), self.undo, stretch=1))
        self.body.addWidget(self.controls)
        self.body.addWidget(self.grid)
        self.body.addWidget(self.legend)
        self.body.addLayout(row(self.text.line, self.column, stretch=0))
        self.body.addWidget(self.text)
        self.body.addWidget(self.warnings)

    def _connect_grid(self) -> None:
        self.grid.thumbnail_of = self._thumbnail
        self.grid.selection_changed.connect(self._session.select)
        self.grid.role_requested.connect(lambda role, wells: self._session.set_role(wells, cast("Role", role)))
        self.grid.history_changed.connect(lambda: self.undo.setEnabled(self.grid.can_undo))
        self.grid.format_list = self._format
        self.grid.similarities = {
            "Same treatment": lambda well: self._alike(well, "treatment"),
            "Same role": lambda well: self._alike(well, "role"),
        }
        self.legend.filter_changed.connect(self.grid.show_only)

    def show_state(self, state: SessionState, resolution: Resolution, old: SessionState) -> None:
        """Show the choice, the plate, and what speaks against the choice."""
        self.kinds.set_value(state.choice.kind if state.method != "none" else "")
        self.set_state(context_line(state, resolution))
        self.content.setEnabled(state.plate is not None)
        self.notice.show_notice(state.notices.get("context") or resolution.refusals.get("context"))
        self.warnings.say("\n".join(resolution.context_warnings), "bad")
        if any(getattr(state, name) != getattr(old, name) for name in _GIVE_COLUMNS):
            self._show_columns(state)
        self._show_controls(state, old)
        self._show_grid(state, resolution)
        self.text.show_selection(state.plate, state.selected)

    def _show_controls(self, state: SessionState, old: SessionState) -> None:
        if state.plate is not old.plate:
            is_screen = state.screen is not None and len(state.screen) > 1
            there = control_choices(state.plate) if state.plate is not None else ()
            choices = dict.fromkeys((*there, *(["controls:shared"] if is_screen else [])))
            self.controls.clear()
            for name in choices:
                self.controls.addItem(_controls_words(name), name)
        self.controls.setCurrentIndex(self.controls.findData(state.choice.controls))
        self.controls.setVisible(state.choice.kind == "controls" and self.controls.count() > 1)

    def _show_columns(self, state: SessionState) -> None:
        changed = () if changed_now(state) is None else (CHANGED,)
        known = (state.predictions, state.labels, (*changed, *measured(state)))
        columns = colour_columns(state.plate, *known) if state.plate is not None else ()
        columns += (SPLIT,) if state.sides else ()
        if [self.column.itemData(place) for place in range(self.column.count())] != list(columns):
            self.column.clear()
            for name in columns:
                self.column.addItem(f"by {name}", name)

    def _show_grid(self, state: SessionState, resolution: Resolution) -> None:
        self.column.setCurrentIndex(self.column.findData(state.colour_by))
        depends_on = (*(getattr(state, name) for name in _GIVE_COLUMNS), state.colour_by, resolution.context)
        if depends_on != self._shown:
            self._shown = depends_on
            self._fill = fill(state, state.colour_by)
            self.grid.set_data(grid_data(state, resolution, self._fill))
        self.grid.set_selection(state.selected)
        self._show_legend(state, resolution)

    def _show_legend(self, state: SessionState, resolution: Resolution) -> None:
        predictions = state.predictions
        counts = Counter(predictions.wells["pred_class"]) if predictions is not None else {}
        marks = meanings(
            has_context=resolution.context is not None,
            has_selection=bool(state.selected),
            classes=predictions.classes if predictions is not None else (),
            counts=counts,
        )
        self.legend.set_entries(marks, self._fill.legend)

    def _thumbnail(self, well: str) -> QImage | None:
        plate, picture = self._session.state.plate, self._session.state.picture
        return None if plate is None or picture is None else well_thumbnail(plate, picture, well)

    def _format(self, wells: tuple[str, ...]) -> str:
        plate = self._session.state.plate
        return ", ".join(wells) if plate is None or not wells else format_selection(wells, plate)

    def _alike(self, well: str, column: str) -> tuple[str, ...]:
        plate = self._session.state.plate
        if plate is None:
            return ()
        values = plate.imaged[column]
        return tuple(str(name) for name in values.index[values == values[well]])


def _controls_words(name: str) -> str:
    """Write which controls are meant.

    Examples
    --------
    >>> _controls_words("controls"), _controls_words("controls:thirty siRNAs")
    ('Negative controls', "Control set 'thirty siRNAs'")
    """
    which = name.partition(":")[2]
    known = {
        "": "Negative controls",
        "positive": "Positive controls",
        "all": "Negative and positive controls",
        "shared": "Controls that all plates have",
    }
    return known.get(which, f"Control set {which!r}")
