"""How much the controls count in the statistics: a slider with its meaning in words."""

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QWidget

from napari_ben.session import Resolution, SessionState, weight_words
from napari_ben.widgets._step import GAP
from napari_ben.widgets._timers import timer
from napari_ben.widgets._tinted import QuietLabel

_UNTIL_IT_RESTS = 400
_MEANING = (
    "The share of the controls in the statistics of the plate.\n"
    "To the left the treated wells decide: best where every plate holds the same mixture of treatments.\n"
    "To the right the controls decide: safest where a plate holds few treatments, or one treatment only.\n"
    "A network knows the shares that it was trained with best."
)


class WeightRow(QWidget):
    """The controls' share, from the treated wells alone to the controls alone.

    Attributes
    ----------
    chosen
        Signal(object): a share of 0–1, or None for the model's own, once the slider rests.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = QSlider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, 100)
        self.slider.setPageStep(10)
        self.slider.setAccessibleName("Share of the controls in the statistics")
        self.slider.setToolTip(_MEANING)
        self.reset = QPushButton("As trained", self)
        self.reset.setToolTip("Take the share that the model was trained with")
        self.words = QuietLabel("", self)
        self._rest = timer(self, _UNTIL_IT_RESTS, self._on_rest, once=True)
        self.slider.valueChanged.connect(self._on_moved)
        self.reset.clicked.connect(lambda: self.chosen.emit(None))
        label = QLabel("Controls", self)
        label.setToolTip(_MEANING)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        for widget, stretch in ((label, 0), (self.slider, 1), (self.words, 0), (self.reset, 0)):
            layout.addWidget(widget, stretch)

    def show_state(self, state: SessionState, resolution: Resolution) -> None:
        """Show the share that a run would take; hidden where the method does not weigh."""
        weight = resolution.plan.weight if resolution.plan is not None else None
        self.setVisible(weight is not None)
        self.setEnabled(not state.run.is_busy)
        self.reset.setEnabled(state.weight is not None)
        if isinstance(weight, float) and not self._rest.isActive() and not self.slider.isSliderDown():
            with QSignalBlocker(self.slider):
                self.slider.setValue(round(100 * weight))
            self.words.setText(weight_words(weight))

    def _on_rest(self) -> None:
        self.chosen.emit(self.slider.value() / 100)

    def _on_moved(self, value: int) -> None:
        self.words.setText(weight_words(value / 100))
        self._rest.start()
