"""Wells by a number: on the plate in its colours, and in a list, the ones to look at first on top."""

from collections.abc import Iterable, Sequence

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_ben.plates import Plate
from napari_ben.widgets._legend import Legend
from napari_ben.widgets._legend_data import LegendEntry
from napari_ben.widgets._looks import Fill
from napari_ben.widgets._plate_grid import PlateGrid
from napari_ben.widgets._plate_grid_data import GridData, WellLook
from napari_ben.widgets._step import GAP

LEFT_OUT = "×"
_ROW_GAP = 8


class RankedWells(QWidget):
    """A plate and a list with one selection.

    Parameters
    ----------
    headers
        Of the list; the first is the well.

    Attributes
    ----------
    wells_selected
        Signal(tuple): wells that a person chose in either.
    """

    wells_selected = Signal(tuple)

    def __init__(self, headers: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._places: dict[str, int] = {}
        self.grid = PlateGrid(self)
        self.legend = Legend(self)
        self.list = ranked_table("Wells, ranked", headers, self)
        self.grid.selection_changed.connect(self.wells_selected)
        self.list.itemSelectionChanged.connect(self._on_list)
        left = QVBoxLayout()
        left.setSpacing(GAP)
        left.addWidget(self.grid)
        left.addWidget(self.legend)
        left.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        layout.addLayout(left, 4)
        layout.addWidget(self.list, 3)

    def show_wells(self, plate: Plate, fill: Fill, rows: Sequence[tuple[str, ...]], headers: Sequence[str]) -> None:
        """Show wells in their colours, and list them.

        Parameters
        ----------
        plate
            Says which wells have images and which are left out of contexts.
        fill
            Colours by well; wells without one stay neutral.
        rows
            What the list says of each well, the well's name first.
        headers
            What each column is, for the tooltips of the wells.
        """
        said = {row[0]: row for row in rows}
        self.grid.set_data(GridData(plate.format, dict(_looks(plate, fill, said, headers))))
        has_left_out = bool(plate.imaged["excluded"].any())
        crossed = (LegendEntry(f"{LEFT_OUT}  left out of contexts", mark="none"),) if has_left_out else ()
        self.legend.set_entries(crossed, fill.legend)
        self._places = fill_table(self.list, rows)
        self.list.scrollToTop()

    def show_selection(self, wells: Iterable[str], *, scroll: bool = True) -> None:
        """Show these wells as selected, in sight if wanted; announces nothing."""
        chosen = tuple(wells)
        self.grid.set_selection(chosen)
        select_rows(self.list, [self._places[well] for well in chosen if well in self._places], scroll=scroll)

    def _on_list(self) -> None:
        rows = {index.row() for index in self.list.selectedIndexes()}
        self.wells_selected.emit(tuple(well for well, place in self._places.items() if place in rows))


def _looks(
    plate: Plate, fill: Fill, said: dict[str, tuple[str, ...]], headers: Sequence[str]
) -> Iterable[tuple[str, WellLook]]:
    for name, n_fields, is_left_out in zip(
        plate.wells.index, plate.wells["n_fields"], plate.wells["excluded"], strict=True
    ):
        well = str(name)
        words = [f"{title}: {text}" for title, text in zip(headers[1:], said.get(well, ())[1:], strict=False) if text]
        lines = [well, *(words or ["not measured"]), *(["left out of contexts"] if is_left_out else [])]
        letter = LEFT_OUT if is_left_out else ""
        yield (
            well,
            WellLook(fill=fill.colours.get(well, ""), letter=letter, has_images=n_fields > 0, tooltip="\n".join(lines)),
        )


def ranked_table(name: str, headers: Sequence[str], parent: QWidget) -> QTableWidget:
    """Make a list of whole rows that can be selected and not edited."""
    table = QTableWidget(0, len(headers), parent)
    table.setAccessibleName(name)
    table.setHorizontalHeaderLabels(list(headers))
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setTabKeyNavigation(False)
    table.setShowGrid(False)
    if (side := table.verticalHeader()) is not None:
        side.hide()
        side.setDefaultSectionSize(table.fontMetrics().height() + _ROW_GAP)
    if (header := table.horizontalHeader()) is not None:
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return table


def fill_table(table: QTableWidget, rows: Sequence[tuple[str, ...]]) -> dict[str, int]:
    """Write rows; gives the row of each first word."""
    with QSignalBlocker(table):
        table.clearSelection()
        table.setRowCount(len(rows))
        for place, row in enumerate(rows):
            for column, text in enumerate(row):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                table.setItem(place, column, item)
    return {row[0]: place for place, row in enumerate(rows)}


def select_rows(table: QTableWidget, rows: Sequence[int], *, scroll: bool = True) -> None:
    """Show rows as selected, the first of them in sight if wanted; announces nothing."""
    model, cells = table.selectionModel(), table.model()
    if model is None or cells is None or {index.row() for index in model.selectedRows()} == set(rows):
        return
    with QSignalBlocker(table):
        table.clearSelection()
        for row in rows:
            model.select(cells.index(row, 0), model.SelectionFlag.Select | model.SelectionFlag.Rows)
        if scroll and rows and (first := table.item(rows[0], 0)) is not None:
            table.scrollToItem(first)
