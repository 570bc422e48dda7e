"""What a person cannot read in a window: words that their widget has no room for, and widgets beyond its edge.

Words that are cut are forgiven where the tooltip has them.
"""

from collections.abc import Callable, Iterator

from qtpy.QtCore import QPoint, QRect, Qt
from qtpy.QtGui import QTextLayout
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QStyle,
    QStyleOptionButton,
    QTableView,
    QWidget,
)
from superqt import QElidingLabel

from napari_ben.widgets._chooser import Chooser

_ROUNDING = 1  # logical pixels
_ROWS, _TITLE_MARGIN = 30, 3


def unreadable(window: QWidget) -> list[str]:
    """Name each text below a widget that is cut, and each widget that lies beyond its edge."""
    found = []
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and widget.window() is window.window():
            found += [f"{_name(widget)}: {words}" for words in (*_cut_words(widget), *_cut_edges(widget, window))]
    return found


def _name(widget: QWidget) -> str:
    owner = type(widget.parentWidget()).__name__
    return f"{owner}/{type(widget).__name__} {widget.accessibleName()!r} at {widget.width()} px"


def _cut_words(widget: QWidget) -> Iterator[str]:
    for kind, look in _LOOKS.items():
        if isinstance(widget, kind):
            yield from look(widget)
            return


def _wider(widget: QWidget, text: str, room: int, said: str = "") -> Iterator[str]:
    wanted = widget.fontMetrics().horizontalAdvance(text)
    is_said = all(part in (said or widget.toolTip()) for part in text.split(" · "))
    if wanted > room + _ROUNDING and not is_said:
        yield f"{text!r} needs {wanted} px of {room}"


def _in_label(label: QLabel) -> Iterator[str]:
    room = label.contentsRect().width()
    lines = [part for line in label.text().splitlines() for part in _wrapped(label, line, room)]
    for line in lines:
        yield from _wider(label, line, room)
    wanted = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
    if lines and wanted > label.height() + _ROUNDING:
        yield f"{label.text()!r} needs {wanted} px of {label.height()} in height"


def _wrapped(label: QLabel, text: str, room: int) -> list[str]:
    """Break a text where Qt does."""
    if not label.wordWrap():
        return [text]
    layout, lines = QTextLayout(text, label.font()), []
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(room)
        lines.append(text[line.textStart() : line.textStart() + line.textLength()].strip())
    layout.endLayout()
    return lines


def _in_button(button: QPushButton) -> Iterator[str]:
    option = QStyleOptionButton()
    option.initFrom(button)
    room = button.style().subElementRect(QStyle.SubElement.SE_PushButtonContents, option, button).width()
    yield from _wider(button, button.text().replace("&", ""), room)


def _in_chooser(box: Chooser) -> Iterator[str]:
    words = box.currentText() or box.placeholderText()
    yield from _wider(box, words, box.width() - 40, box.help())


def _in_line(line: QLineEdit) -> Iterator[str]:
    yield from _wider(line, line.text() or line.placeholderText(), line.contentsRect().width() - 4)


def _in_bar(bar: QProgressBar) -> Iterator[str]:
    if bar.isTextVisible():
        yield from _wider(bar, bar.text(), bar.contentsRect().width())


def _in_painted(button: QAbstractButton) -> Iterator[str]:
    wanted = button.sizeHint()
    if button.text() and (wanted.width() > button.width() or wanted.height() > button.height()):
        yield f"{button.text()!r} needs {wanted.width()}×{wanted.height()} px of {button.width()}×{button.height()}"


def _in_header(header: QHeaderView) -> Iterator[str]:
    if header.orientation() != Qt.Orientation.Horizontal:
        return
    for section in range(header.count()):
        title = str(header.model().headerData(section, header.orientation()))
        yield from _wider(header, title, header.sectionSize(section) - 2 * _TITLE_MARGIN)
    if header.sizeHint().height() > header.height() + _ROUNDING:
        yield f"titles need {header.sizeHint().height()} px of {header.height()} in height"


def _in_table(table: QTableView) -> Iterator[str]:
    model = table.model()
    for column in range(model.columnCount()):
        for row in range(min(model.rowCount(), _ROWS)):
            index = model.index(row, column)
            wanted, room = table.sizeHintForIndex(index), table.visualRect(index)
            said = str(index.data(Qt.ItemDataRole.ToolTipRole) or "")
            if wanted.width() > room.width() + _ROUNDING and str(index.data()) not in said:
                yield f"cell {index.data()!r} needs {wanted.width()} px of {room.width()}"
            if wanted.height() > room.height() + _ROUNDING:
                yield f"cell {index.data()!r} needs {wanted.height()} px of {room.height()} in height"


_LOOKS: dict[type[QWidget], Callable[..., Iterator[str]]] = {
    QElidingLabel: lambda label: _wider(label, label.text(), label.contentsRect().width()),
    QLabel: _in_label,
    QPushButton: _in_button,
    QAbstractButton: _in_painted,
    Chooser: _in_chooser,
    QLineEdit: _in_line,
    QProgressBar: _in_bar,
    QHeaderView: _in_header,
    QTableView: _in_table,
}


def _cut_edges(widget: QWidget, window: QWidget) -> Iterator[str]:
    """Nothing scrolls sideways but a table: what lies beyond the left or right edge is lost."""
    if _lies_in_a_table(widget):
        return
    frame = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
    if frame.left() < 0 or frame.right() > window.width():
        yield f"reaches from {frame.left()} to {frame.right()} px in a window of {window.width()}"
    parent = widget.parentWidget()
    if not isinstance(parent.parentWidget(), QScrollArea) and not parent.rect().contains(widget.geometry()):
        yield f"{widget.geometry().getRect()} is not within {parent.rect().getRect()}"


def _lies_in_a_table(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    return parent is not None and (isinstance(parent, QAbstractItemView) or _lies_in_a_table(parent))
