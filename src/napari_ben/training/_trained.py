"""What a run gives: a network, how it came about, and its model."""

from dataclasses import dataclass
from pathlib import Path

from napari_ben.models import Classifier, Model, ModelCard, TrainingRecord, save_model, to_model
from napari_ben.training._config import TrainingConfig
from napari_ben.training._data import TrainingData
from napari_ben.training._network import network_options
from napari_ben.training._recipes import RECIPES

__all__ = ["TrainedNetwork"]


@dataclass(frozen=True)
class TrainedNetwork:
    """The outcome of a training run.

    Parameters
    ----------
    network
        Of the epoch kept, in inference mode.
    data, config
        What it was made from.
    epoch
        Number of the epoch kept, from 1.
    losses, accuracies
        Of every epoch; accuracies of held-out wells, empty when none were held out.
    """

    network: Classifier
    data: TrainingData
    config: TrainingConfig
    epoch: int
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]

    def card(self, name: str, **words: str) -> ModelCard:
        """Model card of the network.

        Parameters
        ----------
        name
            What people call the model.
        **words
            licence, provenance, description, citation.
        """
        data, config = self.data, self.config
        return ModelCard(
            name=name,
            architecture=config.architecture,
            options=network_options(config),
            channels=data.channels,
            classes=data.classes,
            scaling=data.scaling,
            tiling=data.tiling,
            field_size=config.field_size,
            embedding_size=self.network.embedding_size,
            training=self._record(),
            **words,
        )

    def to_model(self, name: str, **words: str) -> Model:
        """Model in memory."""
        return to_model(self.network, self.card(name, **words))

    def save(self, path: Path, name: str, **words: str) -> Model:
        """Save the bundle, whole or not at all."""
        return save_model(path, self.network, self.card(name, **words))

    def _record(self) -> TrainingRecord:
        config = self.config
        recipe = RECIPES[config.method]
        kept = {"loss": self.losses[self.epoch - 1]}
        if self.accuracies:
            kept["validation_accuracy"] = self.accuracies[self.epoch - 1]
        return TrainingRecord(
            method=config.method,
            plates=self.data.plate_names,
            context_size=recipe.context_size(config),
            control_weight=recipe.control_weight(config),
            seed=config.seed,
            epochs=self.epoch,
            settings={**config.model_dump(mode="json"), **kept},
        )
