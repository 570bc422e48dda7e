"""The legend under a grid or a scatter: it names the colours, and a click on a name leaves only what carries it."""

from collections.abc import Sequence

from qtpy.QtCore import QEvent, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFontMetricsF, QLinearGradient, QPainter, QPaintEvent
from qtpy.QtWidgets import QSizePolicy, QWidget
from superqt import QFlowLayout

from napari_ben.widgets._legend_chip import Chip, chip_font
from napari_ben.widgets._legend_data import ColourScale, LegendEntry
from napari_ben.widgets._theme import THEME_EVENTS, Theme

_MOST = 24
_BAR = (96, 9)


class Legend(QWidget):
    """Chips that wrap, after the scale of a number where there is one.

    Attributes
    ----------
    filter_changed
        Signal(tuple): the entries that are chosen; none means everything. Also when a chosen entry goes away.
    """

    filter_changed = Signal(tuple)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: list[Chip] = []
        self._announced: tuple[LegendEntry, ...] = ()
        self._scale = ScaleBar(self)
        self._flow = _Flow(self)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self._flow.setHorizontalSpacing(2)
        self._flow.setVerticalSpacing(0)
        self._flow.addWidget(self._scale)
        self._scale.hide()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Legend")

    def chosen(self) -> tuple[LegendEntry, ...]:
        """Entries that filter; none means everything."""
        return tuple(chip.entry for chip in self._chips if chip.isChecked())

    def set_entries(self, entries: Sequence[LegendEntry], fill: Sequence[LegendEntry] | ColourScale = ()) -> None:
        """Show these meanings, the fill's first; what was chosen stays chosen where it is still there.

        Parameters
        ----------
        entries
            Of discs, hatch and outline.
        fill
            Of the fill: its labels, or the scale of a number.
        """
        scale = fill if isinstance(fill, ColourScale) else None
        labels = () if isinstance(fill, ColourScale) else tuple(fill)
        self._scale.set_scale(scale)
        self._show_chips((*labels, *entries))
        self._filter()

    def clear_filter(self) -> None:
        """Show everything again."""
        for chip in self._chips:
            chip.setChecked(False)
        self._filter()

    def _show_chips(self, entries: Sequence[LegendEntry]) -> None:
        left_out = len(entries) - _MOST
        more = (LegendEntry(f"and {left_out} more", mark="none"),) if left_out > 0 else ()
        shown = (*entries[:_MOST], *more)
        chosen = {entry.key for entry in self.chosen()}
        self._chips += [self._chip(entry) for entry in shown[len(self._chips) :]]
        for chip, entry in zip(self._chips, shown, strict=False):
            chip.set_entry(entry)
            chip.setChecked(entry.key in chosen)
            chip.show()
        for chip in self._chips[len(shown) :]:
            chip.setChecked(False)
            chip.hide()

    def _chip(self, entry: LegendEntry) -> Chip:
        chip = Chip(entry, self)
        chip.clicked.connect(self._filter)
        self._flow.addWidget(chip)
        return chip

    def _filter(self) -> None:
        chosen = self.chosen()
        for chip in self._chips:
            chip.set_faded(bool(chosen) and not chip.isChecked() and chip.isCheckable())
        if [entry.key for entry in chosen] != [entry.key for entry in self._announced]:
            self._announced = chosen
            self.filter_changed.emit(chosen)


class _Flow(QFlowLayout):
    """Chips in lines; how high they are is found once a width, though the dock asks whenever a word in it changes."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._heights: dict[int, int] = {}

    def heightForWidth(self, width: int) -> int:
        """Give the height that the chips take up in a width."""
        if width not in self._heights:
            self._heights[width] = super().heightForWidth(width)
        return self._heights[width]

    def invalidate(self) -> None:
        """Forget: a chip came, went, or has another size."""
        self._heights.clear()
        super().invalidate()


class ScaleBar(QWidget):
    """The colours of a number, between its lowest and highest value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scale: ColourScale | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_scale(self, scale: ColourScale | None) -> None:
        """Show another number, or nothing."""
        if scale != self._scale:
            self._scale = scale
            self.setVisible(scale is not None)
            self.setAccessibleName("" if scale is None else f"{scale.label}, {scale.low:.3g} to {scale.high:.3g}")
            self.updateGeometry()
            self.update()

    def changeEvent(self, event: QEvent | None) -> None:
        """Take on the window's new theme."""
        if event is not None and event.type() in THEME_EVENTS:
            self.update()
        super().changeEvent(event)

    def sizeHint(self) -> QSize:
        """Return the size of the bar with its words."""
        metrics = QFontMetricsF(chip_font(self.font()))
        words = sum(metrics.horizontalAdvance(text) for text in self._words())
        return QSize(round(words + _BAR[0] + 26), round(metrics.height() + 6))

    def _words(self) -> tuple[str, str, str]:
        scale = self._scale
        return ("", "", "") if scale is None else (scale.label, f"{scale.low:.3g}", f"{scale.high:.3g}")

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw label, low, bar, high."""
        if self._scale is None:
            return
        theme, painter = Theme.of(self), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(chip_font(self.font()))
        metrics = QFontMetricsF(painter.font())
        label, low, high = self._words()
        x = 4.0
        for text, colour in ((label, theme.text), (low, theme.quiet)):
            painter.setPen(QColor(colour))
            width = metrics.horizontalAdvance(text)
            painter.drawText(QRectF(x, 0, width + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
            x += width + 7
        bar = QRectF(x, (self.height() - _BAR[1]) / 2, *_BAR)
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        for step, colour in enumerate(self._scale.colours):
            gradient.setColorAt(step / max(len(self._scale.colours) - 1, 1), QColor(colour))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(gradient)
        painter.drawRoundedRect(bar, 2, 2)
        painter.setPen(QColor(theme.quiet))
        place = QRectF(bar.right() + 5, 0, metrics.horizontalAdvance(high) + 2, self.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, high)
        painter.end()
