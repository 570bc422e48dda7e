"""A choice in a narrow place: words without room end in an ellipsis, and are whole in the list and on hover."""

from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QHelpEvent, QPaintEvent, QPalette
from qtpy.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter, QToolTip, QWidget

_INSET = 4  # what a style leaves free beside the words


class Chooser(QComboBox):
    """Exclusive choices behind a button.

    Parameters
    ----------
    name
        What is chosen, for those who cannot see it.
    meaning
        The tooltip; the name when left out.
    fewest
        Room for this many characters at least.
    """

    def __init__(self, name: str, parent: QWidget | None = None, *, meaning: str = "", fewest: int = 8) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip(meaning or name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(fewest)

    def help(self) -> str:
        """Give the tooltip: with the choice that holds where it is cut."""
        whole = self._words()
        return f"{whole}\n{self.toolTip()}" if self._fitting() != whole else self.toolTip()

    def _words(self) -> str:
        return self.currentText() if self.currentIndex() >= 0 else self.placeholderText()

    def _fitting(self) -> str:
        option, style = QStyleOptionComboBox(), self.style()
        self.initStyleOption(option)
        if style is None:
            return self._words()
        control, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = style.subControlRect(control, option, part, self).width() - _INSET
        return self.fontMetrics().elidedText(self._words(), Qt.TextElideMode.ElideRight, room)

    def event(self, event: QEvent | None) -> bool:
        """Show the tooltip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.help(), self)
            return True
        return super().event(event)

    def showPopup(self) -> None:
        """Open a list that is wide enough for all choices."""
        if (view := self.view()) is not None and (bar := view.verticalScrollBar()) is not None:
            view.setMinimumWidth(view.sizeHintForColumn(0) + bar.sizeHint().width())
        super().showPopup()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the box with the words that fit."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        option.currentText = self._fitting()
        if self.currentIndex() < 0:
            option.palette.setBrush(QPalette.ColorRole.ButtonText, option.palette.placeholderText())
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()
