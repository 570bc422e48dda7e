"""Tab goes through a window as one reads it, whatever was made first.

Qt goes by the age of widgets, and what is made while one works (the chips of a legend, the lines of a table) would come
after everything else in napari's window. So the order is set when somebody presses Tab.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLayout, QScrollArea, QWidget

if TYPE_CHECKING:
    _Widget = QWidget
else:
    _Widget = object


class ReadInOrder(_Widget):
    """Mixin of a window, or of a part of one, through which Tab goes as it is laid out."""

    def focusNextPrevChild(self, next: bool) -> bool:  # noqa: A002 (Qt's own name)
        """Go to the next or the previous control."""
        for one, other in pairwise(controls(self)):
            QWidget.setTabOrder(one, other)
        return bool(super().focusNextPrevChild(next))


def controls(widget: QWidget) -> Iterator[QWidget]:
    """Give what takes the keyboard in a widget, as it is laid out: the widget itself where nothing lies in it."""
    inner = widget.widget() if isinstance(widget, QScrollArea) else widget
    layout = None if inner is None else inner.layout()
    if layout is not None:
        yield from _laid_out(layout)
    elif widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
        yield widget


def _laid_out(layout: QLayout) -> Iterator[QWidget]:
    for place in range(layout.count()):
        item = layout.itemAt(place)
        widget, inner = (None, None) if item is None else (item.widget(), item.layout())
        if widget is not None:
            yield from controls(widget)
        elif inner is not None:
            yield from _laid_out(inner)
