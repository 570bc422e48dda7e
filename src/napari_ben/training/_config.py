"""What to train, and how: one schema for the command line, run files and the model card."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from napari_ben.models import Tiling

__all__ = ["TrainingConfig", "TrainingMethod"]

TrainingMethod = Literal["erm", "ben", "cs-arm-bn"]
Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class TrainingConfig(BaseModel):
    """How a network is made.

    Parameters
    ----------
    method
        ``erm``: batches mixed over plates. ``ben``: one plate a batch. ``cs-arm-bn``: queries and controls of one
        plate a batch, loss on the queries.
    architecture, options
        Of the network, as ``build_network`` takes them.
    labels
        Platemap column that holds the classes.
    wells
        Selection of the wells to train on, in the selection language; empty means all that have a label.
    label_controls
        Whether negative controls carry their label as a class of its own. Otherwise they have none.
    channels
        Plate channels in the order of the network's input; empty means all of the first plate.
    scaling
        ``range``: the data type's range, then the mean and deviation of the training images.
    tiling
        Size of the network's input; None means whole fields.
    epochs
        At most.
    patience
        Stop after this many epochs without a better validation; None never stops early.
    validation_plates
        Plates held out to choose the best epoch by.
    validation_share
        Share of the wells held out instead, when no plates are named; 0 keeps the last epoch.
    batch_size
        Images that carry the loss in one batch.
    control_batch_size
        Controls beside them; ``cs-arm-bn`` only.
    accumulation
        Batches, each of one plate, whose gradients are summed before a step; ``erm`` takes 1.
    random_context
        Draw the size of each context at random, and for ``cs-arm-bn`` the weight of its controls and the mix of its
        classes too, so that the network has met what it is given at inference.
    control_weight
        Share of the controls in the statistics at validation and inference; without ``random_context`` in training too.
    learning_rate, weight_decay
        Of AdamW; the rate rises over the first tenth of the steps, then falls as a cosine.
    label_smoothing
        Share of the target spread over all classes.
    augment
        Turn and flip every image at random.
    crop
        Height and width of a random window of every image in training, pixels; None uses the whole.
    seed
        Of everything random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: TrainingMethod = "cs-arm-bn"
    architecture: str = "resnet18"
    options: dict[str, Any] = Field(default_factory=dict)
    labels: str = "treatment"
    wells: str = ""
    label_controls: bool = False
    channels: tuple[str, ...] = ()
    scaling: Literal["range", "percentile", "image"] = "range"
    tiling: Tiling | None = None
    epochs: Count = 40
    patience: Count | None = None
    validation_plates: tuple[str, ...] = ()
    validation_share: Annotated[float, Field(ge=0, le=0.9)] = 0.0
    batch_size: Annotated[int, Field(ge=2)] = 64
    control_batch_size: Annotated[int, Field(ge=2)] = 64
    accumulation: Count = 4
    random_context: bool = True
    control_weight: Share = 2 / 3
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.05
    augment: bool = True
    crop: Count | None = None
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _refuse_patience_without_validation(self) -> Self:
        if self.patience is not None and not self.validation_plates and not self.validation_share:
            message = "patience needs plates or a share of wells to validate on"
            raise ValueError(message)
        return self
