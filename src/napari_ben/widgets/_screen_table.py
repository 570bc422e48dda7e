"""The plates of a screen as a table: sorted by any column, the progress of a plate drawn behind its words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QSortFilterProxyModel, Qt, Signal
from qtpy.QtGui import QColor, QKeyEvent, QPainter
from qtpy.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from napari_ben.session import ScreenRow, accuracy_words
from napari_ben.widgets._palette import mix
from napari_ben.widgets._theme import Theme

_SORTED_BY = Qt.ItemDataRole.UserRole
_ORDER = {"running": 0, "failed": 1, "done": 2, "idle": 3}
_STATE = 3
_WORDS = {"Plate", "Experiment", "State"}  # the other columns are numbers


@dataclass(frozen=True)
class Column:
    """What a column shows of a plate.

    Parameters
    ----------
    title, help
        Of its header.
    text
        What is written.
    sorted_by
        By what rows are sorted; None goes last.
    tooltip
        Of a cell; the text when None.
    """

    title: str
    help: str
    text: Callable[[ScreenRow], str]
    sorted_by: Callable[[ScreenRow], str | float | None]
    tooltip: Callable[[ScreenRow], str] | None = None


COLUMNS = (
    Column("Plate", "Double-click or Enter shows the plate.", lambda row: row.plate, lambda row: row.plate),
    Column("Experiment", "Plates that share a batch.", lambda row: row.experiment, lambda row: row.experiment),
    Column("Wells", "Wells with images.", lambda row: f"{row.n_wells:,}", lambda row: row.n_wells),
    Column("State", "How far the plate is.", lambda row: row.words, lambda row: _ORDER[row.standing] - row.share),
    Column(
        "Accuracy",
        "Share of wells whose known class was found, with Wilson's 95 % interval; blank where no class is known.",
        lambda row: accuracy_words(row.scores),
        lambda row: row.scores.accuracy,
        lambda row: f"{row.scores.n_labelled:,} wells have a known class",
    ),
    Column(
        "Separation",
        "How well class probabilities tell controls apart: 1 always, 0.5 by chance.\n"
        "Negative from positive controls: share of pairs of wells in the right order between the means of all others.\n"
        "Without positive controls: share of pairs in which the treated well lies further from the other controls.",
        lambda row: _number(row.scores.separation),
        lambda row: row.scores.separation,
        lambda row: row.scores.separation_between,
    ),
    Column(
        "Drift",
        "How far the statistics of the context lie from the training's, in pooled standard deviations\n"
        "(Wasserstein-2 between normal distributions, root mean square over channels and layers).",
        lambda row: _number(row.scores.drift),
        lambda row: row.scores.drift,
    ),
    Column(
        "Stability",
        "Share of classes that stay when the context's wells are drawn anew, mean over wells; where it was asked for.",
        lambda row: _number(row.scores.stability),
        lambda row: row.scores.stability,
    ),
    Column(
        "Problems",
        "What was left out or is wrong; hover to read it.",
        lambda row: f"{len(row.problems):,}" if row.problems else "",
        lambda row: len(row.problems),
        lambda row: "\n".join(row.problems),
    ),
)


class PlatesModel(QAbstractTableModel):
    """Rows of `screen_rows` for a table view."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[ScreenRow, ...] = ()

    def show_rows(self, rows: Sequence[ScreenRow]) -> None:
        """Show other rows; the same plates keep their place and selection."""
        is_same = [row.plate for row in rows] == [row.plate for row in self.rows]
        if not is_same:
            self.beginResetModel()
        old, self.rows = self.rows, tuple(rows)
        if not is_same:
            self.endResetModel()
            return
        for number, (row, before) in enumerate(zip(self.rows, old, strict=True)):
            if row != before:
                self.dataChanged.emit(self.index(number, 0), self.index(number, len(COLUMNS) - 1))

    def rowCount(self, _parent: QModelIndex | None = None) -> int:
        """Count the plates."""
        return len(self.rows)

    def columnCount(self, _parent: QModelIndex | None = None) -> int:
        """Count the columns."""
        return len(COLUMNS)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give what a cell shows, sorts by, or says on hover."""
        row, column = self.rows[index.row()], COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == _SORTED_BY:
            return column.sorted_by(row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return (column.tooltip or column.text)(row)
        return _side(column) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give a column's title, or what it means."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = COLUMNS[section]
        return {
            Qt.ItemDataRole.DisplayRole: column.title,
            Qt.ItemDataRole.ToolTipRole: column.help,
            Qt.ItemDataRole.TextAlignmentRole: _side(column),
        }.get(Qt.ItemDataRole(role))


class _Sorted(QSortFilterProxyModel):
    """Sorts what is not known to the end, whichever way it is sorted."""

    def lessThan(self, left: QModelIndex, right: QModelIndex) -> bool:
        one, other = left.data(_SORTED_BY), right.data(_SORTED_BY)
        if one is None or other is None:
            is_up = self.sortOrder() == Qt.SortOrder.AscendingOrder
            return (one is not None) if is_up else (one is None and other is not None)
        return bool(one < other)


class _StateDelegate(QStyledItemDelegate):
    """Fills a running plate's cell as far as it is, and writes a failed one in the colour of refusals."""

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        table = self.parent()
        if not isinstance(table, PlatesTable) or painter is None:
            return
        row, theme = table.row_at(index), Theme.of(table)
        if row.standing == "running":
            done = option.rect.adjusted(0, 1, 0, -1)
            done.setWidth(round(done.width() * row.share))
            painter.fillRect(done, QColor(mix(theme.accent, theme.background, 0.35)))
        super().paint(painter, option, index)

    def initStyleOption(self, option: QStyleOptionViewItem | None, index: QModelIndex) -> None:
        super().initStyleOption(option, index)
        table = self.parent()
        if option is not None and isinstance(table, PlatesTable) and table.row_at(index).standing == "failed":
            option.palette.setColor(option.palette.ColorRole.Text, QColor(Theme.of(table).bad))


class PlatesTable(QTableView):
    """One row a plate.

    Attributes
    ----------
    plate_activated
        Signal(str): show this plate.
    """

    plate_activated = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plates = PlatesModel(self)
        self._sorted = _Sorted(self)
        self._sorted.setSourceModel(self.plates)
        self._sorted.setDynamicSortFilter(True)
        self.setModel(self._sorted)
        self.setAccessibleName("Plates of the screen")
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setItemDelegateForColumn(_STATE, _StateDelegate(self))
        self.setSortingEnabled(True)
        self._sorted.sort(-1)  # the screen's own order, until a header is clicked
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.doubleClicked.connect(self._activate)
        if (rows := self.verticalHeader()) is not None:
            rows.hide()
            rows.setDefaultSectionSize(rows.fontMetrics().height() + 8)
        if (columns := self.horizontalHeader()) is not None:
            columns.setHighlightSections(False)
            columns.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
            columns.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            columns.setSectionResizeMode(_STATE, QHeaderView.ResizeMode.Stretch)
            columns.setMinimumSectionSize(48)

    def row_at(self, index: QModelIndex) -> ScreenRow:
        """Give the plate of a row as it is sorted now."""
        return self.plates.rows[self._sorted.mapToSource(index).row()]

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Show the plate on Enter."""
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._activate(self.currentIndex())
            return
        super().keyPressEvent(event)

    def _activate(self, index: QModelIndex) -> None:
        self.plate_activated.emit(self.row_at(index).plate)


def _side(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column.title in _WORDS else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
