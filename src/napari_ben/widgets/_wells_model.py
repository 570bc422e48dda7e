"""The table of the wells as Qt asks for it: words to read, and values to sort by."""

from typing import Any

import pandas as pd
from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt

SORT_ROLE = int(Qt.ItemDataRole.UserRole)
_FIRST = ("well", "pred_class", "likeliest_class", "confidence", "uncertainty", "role", "treatment", "in_context")
_IN_THE_NAME = ("row", "column")
_TITLES = {"pred_class": "predicted", "likeliest_class": "images alone say", "n_fields": "fields"}
_NOWHERE = QModelIndex()


class WellsModel(QAbstractTableModel):
    """One row a well, the columns of the exported table, those that a person reads first in front.

    A well's name says its row and column, so these two are left out.

    Parameters
    ----------
    wells
        `Predictions.wells`; empty for nothing.
    """

    def __init__(self, wells: pd.DataFrame, parent: Any = None) -> None:
        super().__init__(parent)
        table = wells.reset_index(names="well").drop(columns=list(_IN_THE_NAME), errors="ignore")
        first = [name for name in _FIRST if name in table]
        self._table = table[[*first, *(name for name in table if name not in first)]]
        self.wells = tuple(table["well"].astype(str)) if len(table) else ()

    def rowCount(self, parent: QModelIndex = _NOWHERE) -> int:
        """Count the wells."""
        return 0 if parent.isValid() else len(self._table)

    def columnCount(self, parent: QModelIndex = _NOWHERE) -> int:
        """Count the columns."""
        return 0 if parent.isValid() else len(self._table.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Give the title of a column, over its values."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(self._table.iat[0, section] if len(self._table) else "")
        return column_title(str(self._table.columns[section])) if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: QModelIndex, role: int = 0) -> Any:
        """Give what a cell says, or what it is sorted by."""
        value: Any = self._table.iat[index.row(), index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell_words(value)
        if role == SORT_ROLE:
            return value.item() if hasattr(value, "item") else value
        return _side(value) if role == Qt.ItemDataRole.TextAlignmentRole else None


def _side(value: Any) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if is_count(value) else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def column_title(name: str) -> str:
    """Write the name of a column as a person says it.

    Examples
    --------
    >>> column_title("prob_ER stress"), column_title("in_context"), column_title("pred_class")
    ('P(ER stress)', 'in context', 'predicted')
    """
    if name.startswith("prob_"):
        return f"P({name.removeprefix('prob_')})"
    return _TITLES.get(name, name.replace("_", " "))


def cell_words(value: Any) -> str:
    """Write a value of the table.

    Examples
    --------
    >>> cell_words(0.98765), cell_words(3), cell_words(True), cell_words(False), cell_words("DMSO"), cell_words(None)
    ('0.988', '3', 'yes', '', 'DMSO', '')
    """
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return ""
    if not is_count(value):
        return "yes" if value else ""
    return f"{value:,}" if value == int(value) and not isinstance(value, float) else f"{value:.3f}"


def is_count(value: Any) -> bool:
    """Whether a value is a number, and not merely true or false."""
    return pd.api.types.is_number(value) and not pd.api.types.is_bool(value)
