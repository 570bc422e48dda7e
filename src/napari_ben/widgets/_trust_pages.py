"""The three parts of the trust window: which classes are steady, how far statistics drifted, which wells moved them."""

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QPushButton, QSpinBox, QVBoxLayout, QWidget

from napari_ben.session import (
    CONTEXT_DRIFT,
    N_RESAMPLES,
    STABILITY,
    Drift,
    Session,
    SessionState,
    WellEffects,
    drift_words,
    edge_words,
    stability_words,
    trust_of,
    wells_words,
)
from napari_ben.widgets._looks import Fill, number_fill
from napari_ben.widgets._step import GAP, row
from napari_ben.widgets._tinted import ActionButton, QuietLabel, QuietLine
from napari_ben.widgets._trust_plot import LayerPlot
from napari_ben.widgets._trust_ranking import RankedWells, fill_table, ranked_table
from napari_ben.widgets._trust_rows import layer_lines, layer_words, moving_rows, plate_rows, steady_rows

_STABILITY = ("Well", "Class", "Kept", "Otherwise")
_WELLS = ("Well", "Moves by", "Times usual", "Most at layer")
_PLATES = ("Plate", "From the training", "From this plate", "")
_WHAT_STABILITY_IS = (
    "Other wells might have stood for the plate's normal. The context's wells are drawn anew, whole wells with "
    "replacement, and the plate is predicted again each time: a class that hangs on the choice changes."
)
_WHAT_DRIFT_IS = "The statistics of this run are compared with those that the model carries from its training."
_WHAT_WELLS_ARE = (
    "One well with debris or out of focus can move the statistics of all. Each well is taken out of them in turn: "
    "what moves most comes first."
)
_NOTHING = Fill({}, {}, ())
_NO_ROWS: tuple[tuple[str, ...], ...] = ()


class Page(QWidget):
    """One part of the window.

    Attributes
    ----------
    wells_selected
        Signal(tuple): wells that a person chose here.
    """

    wells_selected = Signal(tuple)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.words = QuietLabel("", self)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(GAP)
        self.body.addWidget(self.words)

    def show_state(self, state: SessionState) -> None:
        """Show what is known about the run that is shown."""

    def show_selection(self, wells: tuple[str, ...]) -> None:
        """Show these wells as selected."""

    def _button(self, button: QPushButton, meaning: str) -> QPushButton:
        button.setToolTip(meaning)
        button.setAutoDefault(False)
        return button


class StabilityPage(Page):
    """Which wells keep their class when other wells stand for the plate's normal."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._shown: tuple[object, ...] = ()
        self.wells = RankedWells(_STABILITY, self)
        self.wells.wells_selected.connect(self.wells_selected)
        self.number = QSpinBox(self)
        self.number.setRange(2, 200)
        self.number.setValue(N_RESAMPLES)
        self.number.setSuffix(" resamples")
        self.number.setAccessibleName("How many contexts are drawn")
        self.run = self._button(ActionButton("Resample", self), "Each resample costs about one run")
        self.run.clicked.connect(lambda _checked=False: session.check_stability(self.number.value()))
        self.body.addWidget(self.wells, 1)
        self.body.addLayout(row(QWidget(self), self.number, self.run, stretch=0))

    def show_state(self, state: SessionState) -> None:
        """Show the share of resamples that keep each well's class."""
        self.run.setEnabled(state.trusting.study is None and not state.run.is_busy)
        stability = trust_of(state).stability
        if state.plate is None or (state.plate, stability) == self._shown:
            return
        self._shown = (state.plate, stability)
        self.words.setText(_WHAT_STABILITY_IS if stability is None else stability_words(stability))
        fill = _NOTHING if stability is None else number_fill(STABILITY, stability.table["stability"])
        self.wells.show_wells(state.plate, fill, _NO_ROWS if stability is None else steady_rows(stability), _STABILITY)
        self.wells.show_selection(state.selected, scroll=False)

    def show_selection(self, wells: tuple[str, ...]) -> None:
        """Show these wells as selected."""
        self.wells.show_selection(wells)


class DriftPage(Page):
    """How far each layer's statistics lie from the training's."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._drift: Drift | None = None
        self._effects: WellEffects | None = None
        self.plot = LayerPlot(self)
        self.plot.pointed.connect(self._say_layer)
        self.layer = QuietLine("", self)
        self.edge = QuietLabel("", self)
        self.measure = self._button(QPushButton("Measure wells", self), "Looks at each image once more")
        self.measure.clicked.connect(lambda _checked=False: session.measure_wells())
        self.plates = ranked_table("Plates", _PLATES, self)
        self.plates.setToolTip("Double-click shows a plate")
        self.plates.itemDoubleClicked.connect(lambda item: self._open(item.row()))
        self.body.addWidget(self.plot, 3)
        self.body.addWidget(self.layer)
        self.body.addLayout(row(self.edge, self.measure, stretch=0))
        self.body.addWidget(self.plates, 2)

    def show_state(self, state: SessionState) -> None:
        """Show the distances by layer and by plate."""
        trust = trust_of(state)
        self.measure.setEnabled(state.trusting.study is None and not state.run.is_busy)
        self.measure.setVisible(trust.wells is None)
        if (trust.drift, trust.wells) == (self._drift, self._effects) and self.words.text():
            return
        self._drift, self._effects = trust.drift, trust.wells
        card = None if state.model is None else state.model.card
        self.words.setText(_WHAT_DRIFT_IS if trust.drift is None else drift_words(trust.drift, card))
        self.edge.setText(edge_words(trust.wells))
        self.plot.set_lines(layer_lines(trust.drift, trust.wells))
        self.plot.setAccessibleDescription(f"{self.words.text()} {self.edge.text()}")
        fill_table(self.plates, _NO_ROWS if trust.drift is None else plate_rows(trust.drift))
        self._say_layer(-1)

    def _say_layer(self, layer: int) -> None:
        self.layer.say(layer_words(layer, self._drift, self._effects))

    def _open(self, place: int) -> None:
        item, screen = self.plates.item(place, 0), self._session.state.screen
        if item is not None and screen is not None and item.text() in screen.table.index:
            self._session.show_plate(item.text())


class WellsPage(Page):
    """Which wells move the statistics most, and whether they count."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._shown: tuple[object, ...] = ()
        self.wells = RankedWells(_WELLS, self)
        self.wells.wells_selected.connect(self.wells_selected)
        self.run = self._button(ActionButton("Measure wells", self), "Looks at each image once more")
        self.run.clicked.connect(lambda _checked=False: session.measure_wells())
        self.leave_out = QPushButton("", self)
        self._button(self.leave_out, "Change what the selected wells count for; then press Run for another prediction")
        self.leave_out.clicked.connect(lambda _checked=False: self._leave_out())
        self.body.addWidget(self.wells, 1)
        self.body.addLayout(row(self.leave_out, QWidget(self), self.run, stretch=1))

    def show_state(self, state: SessionState) -> None:
        """Show how far each well moves the statistics."""
        self.run.setEnabled(state.trusting.study is None and not state.run.is_busy)
        self._show_leave_out(state)
        effects = trust_of(state).wells
        if state.plate is None or (state.plate, effects) == self._shown:
            return
        self._shown = (state.plate, effects)
        excluded = state.plate.wells["excluded"].astype(bool)
        self.words.setText(_WHAT_WELLS_ARE if effects is None else wells_words(effects, excluded.index[excluded]))
        fill = _NOTHING if effects is None else number_fill(CONTEXT_DRIFT, effects.influence["influence"])
        self.wells.show_wells(state.plate, fill, _NO_ROWS if effects is None else moving_rows(effects), _WELLS)
        self.wells.show_selection(state.selected, scroll=False)

    def show_selection(self, wells: tuple[str, ...]) -> None:
        """Show these wells as selected."""
        self.wells.show_selection(wells)

    def _show_leave_out(self, state: SessionState) -> None:
        self.leave_out.setText("Take these in again" if _are_left_out(state) else "Leave these out of the context")
        self.leave_out.setEnabled(bool(state.selected) and not state.run.is_busy)

    def _leave_out(self) -> None:
        state = self._session.state
        self._session.leave_out(state.selected, left_out=not _are_left_out(state))


def _are_left_out(state: SessionState) -> bool:
    if state.plate is None or not state.selected:
        return False
    return bool(state.plate.wells.loc[list(state.selected), "excluded"].astype(bool).all())
