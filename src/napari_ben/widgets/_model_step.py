"""Step 3: which network, and whether its channels are on the plate."""

from pathlib import Path

from qtpy.QtWidgets import QFileDialog, QPushButton, QWidget

from napari_ben.errors import ChannelError
from napari_ben.models import available_models, guess_channels
from napari_ben.session import Resolution, Session, SessionState, model_details, model_line
from napari_ben.widgets._channel_table import ChannelTable
from napari_ben.widgets._chooser import Chooser
from napari_ben.widgets._step import Step, row
from napari_ben.widgets._tinted import QuietLine

_OPEN = "Open file…"
_FILES = "Models (*.safetensors);;All files (*)"


class ModelStep(Step):
    """Chooses the model and maps its channels."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(3, "Model", parent)
        self._session = session
        self.models = Chooser("Model", self, fewest=12)
        self.models.addItems([*available_models(), _OPEN])
        self.models.setCurrentIndex(-1)
        self.models.setPlaceholderText("Choose a model")
        self.models.textActivated.connect(self._on_chosen)
        self.channels_button = QPushButton("Channels", self)
        self.channels_button.setCheckable(True)
        self.channels = ChannelTable(self)
        self.channels.mapped.connect(session.map_channel)
        self.channels.hide()
        self.channels_button.toggled.connect(self.channels.setVisible)
        self.details = QuietLine("", self)
        self.details.hide()
        self.device = QuietLine("", self)
        self.body.addLayout(row(self.models, self.channels_button, stretch=0))
        self.body.addWidget(self.channels)
        self.body.addWidget(self.details)
        self.body.addWidget(self.device)

    def show_state(self, state: SessionState, resolution: Resolution, old: SessionState) -> None:
        """Show the model and its channels."""
        self.set_state(model_line(state))
        self.content.setEnabled(not state.run.is_busy)
        self.device.say(state.device or "GPU or CPU is chosen at Run")
        self.notice.show_notice(state.notices.get("model") or resolution.refusals.get("model"))
        if state.model is not old.model:
            self._show_model(state)
        self._show_channels(state)
        refused = "model" in resolution.refusals
        if refused or not _is_same_pair(state, old):  # while a person mends the mapping it stays in sight
            self.channels_button.setChecked(refused)

    def _show_model(self, state: SessionState) -> None:
        if state.model is None:
            return
        name = state.model.card.name
        if self.models.findText(name) < 0:
            self.models.insertItem(self.models.count() - 1, name)
        self.models.setCurrentText(name)
        card = state.model.card
        self.details.say(" · ".join(part for part in (card.licence, ", ".join(card.classes)) if part))
        self.details.show()
        for widget in (self.models, self.details):
            widget.setToolTip(model_details(state.model))

    def _show_channels(self, state: SessionState) -> None:
        has_both = state.model is not None and state.plate is not None
        self.channels_button.setVisible(has_both)
        if state.model is None or state.plate is None:
            self.channels.hide()
            return
        wanted = state.model.card.channels
        mapping = self._mapping(state)
        found = sum(channel is not None for channel in mapping.values())
        self.channels_button.setText(f"Channels {found}/{len(wanted)}" + (" ✓" if found == len(wanted) else ""))
        self.channels.show_mapping(mapping, state.plate.channels)

    @staticmethod
    def _mapping(state: SessionState) -> dict[str, str | None]:
        if state.model is None or state.plate is None:
            return {}
        wanted, offered = state.model.card.channels, state.plate.channels
        try:
            return guess_channels(wanted, offered, state.overrides)
        except ChannelError:
            return guess_channels(wanted, offered)

    def _on_chosen(self, name: str) -> None:
        if name != _OPEN:
            self._session.load_model(name)
            return
        loaded = self._session.state.model
        self.models.setCurrentIndex(self.models.findText(loaded.card.name) if loaded else -1)
        path, _ = QFileDialog.getOpenFileName(self, "Open a model", "", _FILES)
        if path:
            self._session.load_model(Path(path))


def _is_same_pair(state: SessionState, old: SessionState) -> bool:
    """Whether plate and model are those of before; roles may be others."""
    paths = [None if moment.plate is None else moment.plate.path for moment in (state, old)]
    return state.model is old.model and paths[0] == paths[1]
