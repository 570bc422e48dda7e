"""Step 7: train a network on the open plates."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QPushButton, QSpinBox, QWidget

from napari_ben.errors import NapariBenError
from napari_ben.models import ARCHITECTURES, model_folder
from napari_ben.session import Notice, Session, SessionState, count_words, training_line
from napari_ben.training import TRAINING_METHODS, TrainingConfig
from napari_ben.widgets._chooser import Chooser
from napari_ben.widgets._curve import TrainingCurve
from napari_ben.widgets._step import NoticeLabel, Step, row
from napari_ben.widgets._tinted import ActionButton, QuietLabel
from napari_ben.workflow import make_config

if TYPE_CHECKING:
    from napari_ben.plates import Screen

_HELD_OUT = {
    "plate": "plates",
    "experiment": "experiments",
    "position": "well positions",
    "well": "wells",
    "": "nothing",
}
_SHARE = 0.2
_NOT_CLASSES = {"row", "column", "n_fields", "excluded", "raw_role", "quality_flags"}


class TrainStep(Step):
    """Chooses what to learn and how, shows the split and the curve, and hands the model to the Model step."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(7, "Train", parent)
        self._session = session
        self._outlined: tuple[Screen, TrainingConfig] | None = None
        self.labels = Chooser("Column with the classes", self)
        self.methods = Chooser("Training method", self)
        for name, words in TRAINING_METHODS.items():
            self.methods.addItem(name.upper(), name)
            self.methods.setItemData(self.methods.count() - 1, words, Qt.ItemDataRole.ToolTipRole)
        self.methods.setCurrentIndex(self.methods.findData("cs-arm-bn"))
        self.backbones = Chooser("Network", self)
        for backbone in ARCHITECTURES:
            self.backbones.addItem(backbone, backbone)
        self.epochs = QSpinBox(self)
        self.epochs.setAccessibleName("Epochs")
        self.epochs.setRange(1, 1000)
        self.epochs.setValue(40)
        self.epochs.setSuffix(" epochs")
        self.held_out = Chooser("What is held out", self)
        for value, nouns in _HELD_OUT.items():
            self.held_out.addItem(f"Hold out {nouns}", value)
        self._add_running()
        self.heading.setChecked(False)
        self.heading.toggled.connect(self._outline)
        for chooser in (self.labels, self.methods, self.backbones, self.held_out):
            chooser.activated.connect(self._outline)

    def _add_running(self) -> None:
        self.split = QuietLabel("", self)
        self.leaks = NoticeLabel(self)
        self.curve = TrainingCurve(self)
        self.resume = QPushButton("Go on", self)
        self.resume.setToolTip("Go on with the training that was stopped")
        self.resume.clicked.connect(self._resume)
        self.button = ActionButton("Train…", self)
        self.button.clicked.connect(self._on_pressed)
        self.body.addLayout(row(self.labels, self.methods, stretch=0))
        self.body.addLayout(row(self.backbones, self.epochs, stretch=0))
        self.body.addWidget(self.held_out)
        for widget in (self.split, self.leaks, self.curve):
            self.body.addWidget(widget)
        self.body.addLayout(row(QWidget(self), self.resume, self.button, stretch=0))

    def show_state(self, state: SessionState, old: SessionState) -> None:
        """Show what can be learned, and how far a training is."""
        training = state.training
        self.set_state(training_line(training))
        self.notice.show_notice(state.notices.get("train"))
        if state.plate is not old.plate:
            self._show_columns(state)
            self._suggest(state, old)
        is_idle = training.phase == "idle"
        for widget in (self.labels, self.methods, self.backbones, self.epochs, self.held_out):
            widget.setEnabled(is_idle)
        self.button.setText({"idle": "Train…", "running": "Cancel", "cancelling": "Cancelling…"}[training.phase])
        can_start = is_idle and state.screen is not None and self.labels.count() > 0 and not state.run.is_busy
        self.button.setEnabled(can_start or training.phase == "running")
        self.resume.setVisible(is_idle and training.out is not None)
        self.split.setText("\n".join(training.split.sizes) if training.split is not None else "")
        self.split.setVisible(training.split is not None)
        self.leaks.say("\n".join(training.split.leaks) if training.split is not None else "", "bad")
        self.curve.setVisible(bool(training.curve) or not is_idle)
        self.curve.set_points(training.curve, training.epoch.n_epochs if training.epoch is not None else 1)
        self._outline()

    def _show_columns(self, state: SessionState) -> None:
        chosen = self.labels.currentData()
        self.labels.clear()
        wells = pd.DataFrame() if state.plate is None else state.plate.imaged
        learned = wells[wells["role"] != "negative_control"] if len(wells) else wells
        for name in map(str, learned.columns):
            classes = learned[name].astype(str).replace("", None).nunique()
            if name not in _NOT_CLASSES and classes > 1:
                self.labels.addItem(f"{name} ({count_words(classes, 'class').replace('classs', 'classes')})", name)
        self.labels.setCurrentIndex(max(0, self.labels.findData(chosen or "treatment")))

    def _suggest(self, state: SessionState, old: SessionState) -> None:
        """Hold out wells where there is one plate only; of several, whole plates."""
        are_many, were_many = (shown.screen is not None and len(shown.screen) > 1 for shown in (state, old))
        if old.screen is None or are_many != were_many:
            self.held_out.setCurrentIndex(self.held_out.findData("plate" if are_many else "well"))

    def _outline(self, *_: object) -> None:
        """Ask what would train and what would be held out, when the step is unfolded and the choices are others."""
        state, asked = self._session.state, self._outlined
        is_due = self.heading.isChecked() and state.training.phase == "idle" and self.labels.count() > 0
        if not is_due or state.screen is None:
            return
        try:
            config = self.config()
        except NapariBenError as error:
            self.notice.show_notice(Notice.of("train", error))
            return
        if asked is None or asked[0] is not state.screen or asked[1] != config:
            self._outlined = state.screen, config
            self._session.outline_training(config)

    def config(self) -> TrainingConfig:
        """Give what is asked for.

        Raises
        ------
        ArgumentError
            When the choices do not go together.
        """
        held_out = self.held_out.currentData()
        return make_config(
            TrainingConfig,
            method=self.methods.currentData(),
            architecture=self.backbones.currentData(),
            labels=self.labels.currentData(),
            epochs=self.epochs.value(),
            validation_by=held_out or "plate",
            validation_share=_SHARE if held_out else 0.0,
        )

    def _on_pressed(self) -> None:
        if self._session.state.training.phase == "running":
            self._session.stop_training()
            return
        plate = self._session.state.plate
        start = model_folder() / f"{plate.name if plate is not None else 'my'}-{self.methods.currentData()}.safetensors"
        path, _ = QFileDialog.getSaveFileName(
            self, "Train a model and save it as", str(start), "Models (*.safetensors)"
        )
        if path:
            self.start(Path(path))

    def start(self, path: Path) -> None:
        """Train a model into a file."""
        try:
            self._session.train(self.config(), path)
        except NapariBenError as error:
            self.notice.show_notice(Notice.of("train", error))

    def _resume(self) -> None:
        training = self._session.state.training
        if training.out is not None and training.config is not None:
            self._session.train(training.config, training.out, resume=True)
