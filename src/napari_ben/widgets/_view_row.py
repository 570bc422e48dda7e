"""Which z plane, time point and acquisition of the plate is shown; each choice is there only where there is one."""

from collections.abc import Mapping
from typing import Any

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from napari_ben.plates import Plate, ZChoice
from napari_ben.widgets._chooser import Chooser
from napari_ben.widgets._step import GAP
from napari_ben.widgets._timers import timer

_UNTIL_IT_RESTS = 250
_Z_WORDS: dict[ZChoice, str] = {"auto": "z: best single plane", "max": "z: brightest of all planes"}
_Z_MEANING = (
    "The best single plane is the projection that the microscope stored, or the middle plane.\n"
    "The brightest of all planes is their maximum, read as it is shown."
)


class ViewRow(QWidget):
    """A row of choices; hidden for a plate that has one plane, one time point and one acquisition.

    Attributes
    ----------
    z_chosen, time_chosen, acquisition_chosen
        Signal(object): `auto`, `max` or a plane's number; a time point's number; an acquisition's name.
    """

    z_chosen = Signal(object)
    time_chosen = Signal(object)
    acquisition_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._times: tuple[int, ...] = ()
        self.acquisitions = Chooser("Acquisition", self)
        self.acquisitions.textActivated.connect(
            lambda _text: self.acquisition_chosen.emit(self.acquisitions.currentData())
        )
        self.planes = Chooser("z plane", self, meaning=_Z_MEANING)
        self.planes.textActivated.connect(lambda _text: self.z_chosen.emit(self.planes.currentData()))
        self.time = QSlider(Qt.Orientation.Horizontal, self)
        self.time.setAccessibleName("Time point")
        self.time.setPageStep(1)
        self.time_words = QLabel(self)
        self._rest = timer(self, _UNTIL_IT_RESTS, self._on_rest, once=True)
        self.time.valueChanged.connect(self._on_moved)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GAP)
        for widget, stretch in ((self.acquisitions, 1), (self.planes, 1), (self.time_words, 0), (self.time, 1)):
            layout.addWidget(widget, stretch)

    def show_plate(self, plate: Plate) -> None:
        """Offer what this plate has, and show what is shown of it."""
        planes: list[ZChoice] = ["auto", "max", *plate.z_planes] if plate.n_z > 1 else []
        acquisitions = plate.acquisitions if len(plate.acquisitions) > 1 else ()
        _offer(self.planes, {number: _Z_WORDS.get(number, f"z: plane {number}") for number in planes}, plate.view.z)
        _offer(self.acquisitions, {name: name for name in acquisitions}, plate.view.acquisition)
        self._times = plate.times if plate.n_times > 1 else ()
        with QSignalBlocker(self.time):
            self.time.setRange(0, max(0, len(self._times) - 1))
            self.time.setValue(self._times.index(plate.view.time) if plate.view.time in self._times else 0)
        self._say_time()
        for widget in (self.time, self.time_words):
            widget.setVisible(bool(self._times))
        self.setVisible(bool(planes or acquisitions or self._times))

    def _say_time(self) -> None:
        if self._times:
            self.time_words.setText(f"time {self._times[self.time.value()]}")

    def _on_moved(self, _value: int) -> None:
        self._say_time()
        self._rest.start()

    def _on_rest(self) -> None:
        if self._times:
            self.time_chosen.emit(self._times[self.time.value()])


def _offer(box: Chooser, choices: Mapping[Any, str], shown: object) -> None:
    box.clear()
    for value, words in choices.items():
        box.addItem(words, value)
    box.setCurrentIndex(max(0, box.findData(shown)))
    box.setVisible(bool(choices))
