"""The embedding panel: header, scatter, legend."""

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from napari_ben.widgets._embedding_canvas import EmbeddingCanvas
from napari_ben.widgets._embedding_data import NOTHING, EmbeddingData, LabelSource, PictureSource
from napari_ben.widgets._embedding_export import save_picture
from napari_ben.widgets._legend import Legend


class EmbeddingView(QWidget):
    """Where the images lie.

    Attributes
    ----------
    selection_changed
        Signal(object): (k,) int indices, ascending, when a person changed the selection.
    point_hovered
        Signal(int): index of the point under the mouse, -1 when it leaves.
    point_activated
        Signal(int): double-click: show this point's image.
    save_requested
        Signal(str): "png" or "svg", from the menu; ask for a path and call `save`.
    canvas
        The scatter; its `label_of` and `thumbnail_of` make the tooltips.
    """

    selection_changed = Signal(object)
    point_hovered = Signal(int)
    point_activated = Signal(int)
    save_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.header = QLabel(self)
        self.canvas = EmbeddingCanvas(self)
        self.legend = Legend(self)
        self.fit = QToolButton(self)
        self.fit.setText("Show all")
        self.fit.setToolTip("Show all points (0, or double-click beside the points)")
        self.fit.clicked.connect(self.canvas.reset_view)
        self.canvas.selection_changed.connect(self._announce)
        self.canvas.point_hovered.connect(self.point_hovered)
        self.canvas.point_activated.connect(self.point_activated)
        self.canvas.menu_requested.connect(lambda place: self.menu().popup(place))
        self.legend.filter_changed.connect(self.canvas.show_only)
        self._lay_out()
        self.set_data(NOTHING)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.header, 1)
        top.addWidget(self.fit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.legend)

    def set_data(self, data: EmbeddingData) -> None:
        """Show points; the view stays when they lie where they lay, the selection when there are as many."""
        self.canvas.set_data(data)
        self.legend.set_entries((), data.legend)
        self.fit.setVisible(len(data) > 0)
        self._describe()

    def selection(self) -> NDArray[np.intp]:
        """Return the indices of the selected points, ascending."""
        return self.canvas.selection()

    def set_selection(self, points: ArrayLike) -> None:
        """Show these points (indices) as selected; announces nothing."""
        self.canvas.set_selection(points)
        self._describe()

    def set_message(self, message: str) -> None:
        """Say why there is nothing yet, or what is being computed; empty says nothing."""
        self.canvas.set_message(message)

    def set_tooltips(self, label_of: LabelSource, thumbnail_of: PictureSource) -> None:
        """Give the words and the picture that hovering shows; both must return at once."""
        self.canvas.label_of, self.canvas.thumbnail_of = label_of, thumbnail_of

    def save(self, path: Path) -> None:
        """Write the scatter as it is on the screen, as PNG or SVG.

        Raises
        ------
        SaveError
            When the file cannot be written, or its name ends otherwise.
        """
        save_picture(self.canvas, path)

    def menu(self) -> QMenu:
        """Build the right-click menu."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, do in (
            ("Show all points\t0", self.canvas.reset_view),
            ("Select all\tCtrl+A", self.canvas.select_all),
            ("Invert selection\tCtrl+I", self.canvas.invert),
            ("Save as PNG…", lambda: self.save_requested.emit("png")),
            ("Save as SVG…", lambda: self.save_requested.emit("svg")),
        ):
            action = QAction(text, menu)
            action.setEnabled(len(self.canvas.data) > 0)
            action.triggered.connect(lambda _checked=False, do=do: do())
            menu.addAction(action)
        return menu

    def _announce(self, points: NDArray[np.intp]) -> None:
        self._describe()
        self.selection_changed.emit(points)

    def _describe(self) -> None:
        text = header_text(self.canvas.data, len(self.selection()))
        self.header.setText(text)
        self.canvas.setAccessibleDescription(text)


def header_text(data: EmbeddingData, n_selected: int) -> str:
    """One line about what is shown.

    Examples
    --------
    >>> points = EmbeddingData(np.zeros((1232, 2), np.float32), ("#999999",) * 1232, title="UMAP")
    >>> header_text(points, 16)
    'UMAP · 1,232 fields · 16 selected'
    """
    if not len(data):
        return ""
    words = [data.title, f"{len(data):,} {data.unit}", f"{n_selected:,} selected" if n_selected else ""]
    return " · ".join(word for word in words if word)
