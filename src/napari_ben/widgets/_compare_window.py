"""Runs of the plate side by side: what they say, where two of them differ, and how their embeddings lie."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from napari_ben.evaluation import Estimate
from napari_ben.plates import Plate
from napari_ben.results import Predictions, class_colours
from napari_ben.session import RunPair, Session, SessionState, count_words, run_name
from napari_ben.widgets._chooser import Chooser
from napari_ben.widgets._compare_table import AlignRow, RunsTable
from napari_ben.widgets._embedding import EmbeddingView
from napari_ben.widgets._embedding_data import EmbeddingData
from napari_ben.widgets._embedding_geometry import Points
from napari_ben.widgets._legend_data import LegendEntry
from napari_ben.widgets._plate_grid import PlateGrid
from napari_ben.widgets._plate_grid_data import GridData, WellLook
from napari_ben.widgets._points import points_of, wells_of
from napari_ben.widgets._reading_order import ReadInOrder
from napari_ben.widgets._step import GAP, MARGIN
from napari_ben.widgets._tinted import QuietLabel

_SIDES = ("before", "after")


class CompareWindow(ReadInOrder, QDialog):
    """Shows a pair of the plate's runs; what is selected here is selected everywhere.

    Parameters
    ----------
    session
        Whose runs these are.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._pair: RunPair | None = None
        self.setWindowTitle("Compare runs")
        self.setWindowFlag(Qt.WindowType.Window)
        self.resize(1000, 860)
        self.sides = tuple(_Side(side, self) for side in _SIDES)
        self.summary = QuietLabel("", self)
        self.grid = PlateGrid(self)
        self.align = AlignRow(session, self)
        self.runs = RunsTable(self)
        self._lay_out()
        for side in self.sides:
            side.runs.activated.connect(lambda _place: self._ask())
            side.wells_selected.connect(session.select)
        self.grid.selection_changed.connect(session.select)
        session.changed.connect(self._on_changed)
        self.finished.connect(self._leave)
        self._offer(session.state)
        self.align.show_state(session.state)
        self._ask()

    def _lay_out(self) -> None:
        layout = QGridLayout(self)
        layout.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        layout.setSpacing(GAP)
        layout.addWidget(self.sides[0], 0, 0)
        layout.addWidget(self.sides[1], 0, 1)
        layout.addWidget(self.summary, 1, 0, 1, 2)
        layout.addWidget(self.grid, 2, 0)
        layout.addWidget(self.align, 2, 1)
        layout.addWidget(self.runs, 3, 0, 1, 2)
        for column in (0, 1):
            layout.setColumnStretch(column, 1)
        layout.setRowStretch(0, 2)
        layout.setRowStretch(3, 1)

    def _leave(self, _result: int) -> None:
        self._session.changed.disconnect(self._on_changed)

    def _on_changed(self, state: SessionState, old: SessionState) -> None:
        self.align.show_state(state)
        if state.shown_runs != old.shown_runs:
            self._offer(state)
            self._ask()
        if state.pair is not None and state.pair is not self._pair and state.plate is not None:
            self.show_pair(state.plate, state.pair)
        if state.selected != old.selected:
            self._show_selection(state.selected)

    def _offer(self, state: SessionState) -> None:
        names = [run_name(run) for run in state.shown_runs]
        for side, usual in zip(self.sides, (len(names) - 2, len(names) - 1), strict=True):
            side.offer(names, usual)
        self.sides[1].runs.setCurrentIndex(len(names) - 1)  # the newest is what one has come to see

    def _ask(self) -> None:
        runs = self._session.state.shown_runs
        chosen = [side.runs.currentIndex() for side in self.sides]
        if runs and min(chosen) >= 0:
            self._session.compare(*(runs[place] for place in chosen))

    def show_pair(self, plate: Plate, pair: RunPair) -> None:
        """Show two runs of a plate."""
        self._pair = pair
        self.summary.setText(pair_words(pair))
        colours = _colours_of(pair)
        self.grid.set_data(changes(plate, pair, colours))
        self.runs.show_runs(pair.table)
        frame = _frame(pair.places) if pair.shares_axes else None
        for side, run, xy in zip(self.sides, (pair.before, pair.after), pair.places, strict=True):
            side.show_run(run, xy, colours, frame)
        self._show_selection(self._session.state.selected)

    def _show_selection(self, wells: tuple[str, ...]) -> None:
        self.grid.set_selection(wells)
        for side in self.sides:
            side.show_selection(wells)


class _Side(QWidget):
    """One of the two runs: which one, and its embedding."""

    wells_selected = Signal(tuple)

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: Predictions | None = None
        self.runs = Chooser(f"Run {title}", self)
        self.embedding = EmbeddingView(self)
        self.embedding.selection_changed.connect(self._on_selected)
        top = QHBoxLayout()
        top.addWidget(QLabel(title.capitalize(), self))
        top.addWidget(self.runs, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.embedding, 1)

    def offer(self, names: Sequence[str], usual: int) -> None:
        """Offer runs, and choose the one chosen before, else the usual one."""
        chosen = self.runs.currentText()
        self.runs.clear()
        self.runs.addItems(list(names))
        self.runs.setCurrentIndex(names.index(chosen) if chosen in names else max(0, usual))

    def show_run(self, run: Predictions, xy: Points, colours: dict[str, str], frame: Points | None) -> None:
        """Show the fields of a run where they lie, in the colours of the predicted classes."""
        self._run = run
        said = [str(name) for name in run.fields["pred_class"]]
        counts = run.wells["pred_class"].value_counts()
        legend = tuple(LegendEntry(name, colour, count=int(counts.get(name, 0))) for name, colour in colours.items())
        context = run.index["in_context"].to_numpy(bool)
        self.embedding.set_data(
            EmbeddingData(xy, tuple(colours[name] for name in said), tuple(said), context, legend, "PCA", frame=frame)
        )

    def show_selection(self, wells: tuple[str, ...]) -> None:
        """Show the fields of these wells as selected."""
        if self._run is not None:
            self.embedding.set_selection(points_of(self._run, wells))

    def _on_selected(self, chosen: NDArray[np.intp]) -> None:
        if self._run is not None:
            self.wells_selected.emit(wells_of(self._run, chosen))


def changes(plate: Plate, pair: RunPair, colours: dict[str, str]) -> GridData:
    """Show the wells whose class changed in the new class's colour; the others stay neutral."""
    said = pair.after.wells["pred_class"]
    looks = {}
    for well, n_fields in plate.wells["n_fields"].items():
        name = str(well)
        if name in pair.changed.index:
            before, after = (str(pair.changed.at[name, side]) for side in _SIDES)
            looks[name] = WellLook(fill=colours[after], group=after, tooltip=f"{name}\n{before} → {after}")
        else:
            looks[name] = WellLook(has_images=n_fields > 0, tooltip=f"{name}\n{said.get(name, 'not predicted')}")
    return GridData(plate.format, looks)


def _colours_of(pair: RunPair) -> dict[str, str]:
    """Colours of the classes that either run gives: with one legend for both, their embeddings are equally large."""
    said = {str(name) for run in (pair.before, pair.after) for name in run.fields["pred_class"]}
    colours = class_colours(tuple(dict.fromkeys((*pair.before.classes, *pair.after.classes))))
    return {name: colour for name, colour in colours.items() if name in said}


def pair_words(pair: RunPair) -> str:
    """Say how right both are, where that is known, and in how many wells they differ."""
    changed = f"{count_words(len(pair.changed), 'well')} of {len(pair.after.wells):,} changed class"
    before, after = pair.accuracies
    if not before.n and not after.n:
        return f"{changed}. No well's class is known, so neither can be called right."
    return f"Right: {_share(before)} → {_share(after)}. {changed}."


def _share(estimate: Estimate) -> str:
    if math.isnan(estimate.value):
        return "unknown"
    return f"{estimate.value:.1%} of {estimate.n} wells ({estimate.low:.0%}–{estimate.high:.0%})"


def _frame(places: Sequence[Points]) -> Points:
    both = np.concatenate(list(places))
    return np.stack([both.min(axis=0), both.max(axis=0)])
