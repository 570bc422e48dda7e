"""Which channel of the plate is which channel of the model: guessed, shown, and corrected here."""

from collections.abc import Mapping, Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QLabel, QWidget

from napari_ben.widgets._chooser import Chooser

_NONE = "choose …"


class ChannelTable(QWidget):
    """One line for each of the model's channels.

    Attributes
    ----------
    mapped
        Signal(str, str): model channel and plate channel, when a person chose one.
    """

    mapped = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.choices: dict[str, Chooser] = {}

    def show_mapping(self, mapping: Mapping[str, str | None], plate_channels: Sequence[str]) -> None:
        """Show a mapping, None where a channel is not found."""
        if list(self.choices) != list(mapping):
            self._build(list(mapping))
        for name, choice in self.choices.items():
            offered = [_NONE, *plate_channels]
            if [choice.itemText(place) for place in range(choice.count())] != offered:
                choice.clear()
                choice.addItems(offered)
            choice.setCurrentText(mapping[name] or _NONE)

    def _build(self, names: list[str]) -> None:
        while self._form.rowCount():
            self._form.removeRow(0)
        self.choices = {}
        for name in names:
            choice = Chooser(f"Plate channel for {name}", self)
            choice.textActivated.connect(lambda text, name=name: self._on_chosen(name, text))
            self.choices[name] = choice
            self._form.addRow(QLabel(name, self), choice)

    def _on_chosen(self, name: str, text: str) -> None:
        if text != _NONE:
            self.mapped.emit(name, text)
