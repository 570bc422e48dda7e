"""What to train, and how: one schema for the command line, run files and the model card."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from napari_ben.models import Tiling
from napari_ben.training._options import Contrast, Schedule, Teacher

__all__ = ["TRAINING_METHODS", "TrainingConfig", "TrainingMethod"]

TrainingMethod = Literal["erm", "ben", "arm-bn", "arm-cml", "cs-arm-bn", "controls", "simclr", "minclr"]
TRAINING_METHODS: dict[TrainingMethod, str] = {
    "erm": "batches mixed over plates",
    "ben": "one plate a batch",
    "arm-bn": "support sets of several plates",
    "arm-cml": "the same with a context network",
    "cs-arm-bn": "queries and controls of one plate, loss on the queries",
    "controls": "statistics of the controls alone",
    "simclr": "no labels but two views of a tile, one plate a batch; then a linear probe",
    "minclr": "the same with two tiles of a field",
}
Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class TrainingConfig(BaseModel):
    """How a network is made.

    Parameters
    ----------
    method
        A key of `TRAINING_METHODS`.
    architecture, options
        Of the network, as ``build_network`` takes them.
    start_from
        Name or file of a model whose weights the network starts from, such as one trained on photographs; layers of
        another size, as most heads are, start at random.
    labels
        Platemap column that holds the classes.
    wells
        Selection of the wells to train on, in the selection language; empty means all that have a label.
    fields
        Numbers of the fields (sites) of each well to train on; empty means all.
    label_controls
        Whether negative controls carry their label as a class of its own. Otherwise they have none.
    channels
        Plate channels in the order of the network's input; empty means all of the first plate.
    scaling
        ``range``: the data type's range, then the mean and deviation of the training images. ``plate``: each channel by
        its plate's own mean and deviation; with ``pixel_jitter``.
    scale_over
        What shares its pixel statistics for ``plate``: ``plate``, ``experiment`` (the screen's table), or a platemap
        column with one value a plate, such as the cell type.
    pixel_jitter
        For ``plate``: each image's mean and deviation are off by up to this share in training.
    field_size
        Height and width that every field is brought to by its nearest pixels, before anything else; here and at
        inference.
    tiling
        Size of the network's input; None means whole fields.
    cache
        How decoded images are kept. ``exact``: as the camera's integers, one byte a pixel for 8-bit images and for
        ``percentile``, two for 16-bit ones, four for all others. ``uint8``: one byte, other images rounded to 256
        levels between the darkest and the brightest pixel of each channel of each. ``float32``: four.
    epochs
        At most.
    patience
        Stop after this many epochs without a better validation; None never stops early.
    validation_plates
        Plates held out to choose the best epoch by: names, or where a screen is trained on terms of a selection of
        plates, such as ``dataset:val``.
    validation_by, validation_share
        What is held out instead, when no plates are named, and which share of it: ``plate``, ``experiment``,
        ``position`` (the same wells of all plates) or ``well`` (wells of plates that are trained on). A share of 0
        keeps the last epoch.
    batch_size
        Images that carry the loss in one batch; the size of a set for ``arm-bn``.
    control_batch_size
        Controls beside them; ``cs-arm-bn`` and ``controls`` only.
    controls_in_loss
        Whether controls that form the statistics carry the loss too; with ``label_controls``.
    accumulation
        Batches whose gradients are summed before a step, each of one plate, or for ``erm`` mixed over plates. None
        stands for 4, and for 1 with ``erm``.
    random_context
        Draw the size of each context at random, and for ``cs-arm-bn`` the weight of its controls and the mix of its
        classes too, so that the network has met what it is given at inference.
    control_weight
        Share of the controls in the statistics at validation and inference; without ``random_context`` in training too.
    optimizer, learning_rate, weight_decay
        ``adamw``, ``adam`` or ``sgd`` (momentum 0.9).
    schedule
        How the rate goes.
    precision
        ``mixed`` computes in bfloat16 where it is safe; statistics of a context stay float32.
    loss, margin
        ``softmax``; ``arcface``: logits are 30 cos θ, with an angle of ``margin`` added to that of the true class;
        ``both``: 0.8 softmax and 0.1 ArcFace, on a head of its own.
    label_smoothing
        Share of the target spread over all classes.
    teacher
        A mean teacher; for ``erm``.
    unlabelled_plates
        Plates whose labels are not looked at: they serve the teacher, as images without a label do. Named as those
        to validate on.
    contrast
        For ``simclr`` and ``minclr``.
    augment
        Turn and flip every image at random.
    distortion
        ``easy``: shift, scale and stretch; ``normal``: and erase a rectangle; ``hard``: and zoom in (DeepNoise).
    cutmix
        Share of the batches in which a rectangle of each image comes from another one, and its share of the label.
    gain, bias
        Standard deviation of a factor and a summand for each channel of each image.
    crop
        Height and width of a random window of every image in training, pixels; None uses the whole. Of a field that
        `tiling` crops, the window may lie anywhere in the field.
    seed
        Of everything random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: TrainingMethod = "cs-arm-bn"
    architecture: str = "resnet18"
    options: dict[str, Any] = Field(default_factory=dict)
    start_from: str | None = None
    labels: str = "treatment"
    wells: str = ""
    fields: tuple[Annotated[int, Field(ge=0)], ...] = ()
    label_controls: bool = False
    channels: tuple[str, ...] = ()
    scaling: Literal["range", "percentile", "image", "plate"] = "range"
    scale_over: str = "plate"
    pixel_jitter: Annotated[float, Field(ge=0, lt=1)] = 0.1
    field_size: tuple[Count, Count] | None = None
    tiling: Tiling | None = None
    cache: Literal["exact", "uint8", "float32"] = "exact"
    epochs: Count = 40
    patience: Count | None = None
    validation_plates: tuple[str, ...] = ()
    validation_by: Literal["plate", "experiment", "position", "well"] = "plate"
    validation_share: Annotated[float, Field(ge=0, le=0.9)] = 0.0
    batch_size: Annotated[int, Field(ge=2)] = 64
    control_batch_size: Annotated[int, Field(ge=2)] = 64
    controls_in_loss: bool = False
    accumulation: Count | None = None
    random_context: bool = True
    control_weight: Share = 2 / 3
    optimizer: Literal["adamw", "adam", "sgd"] = "adamw"
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    schedule: Schedule = Schedule()
    precision: Literal["float32", "mixed"] = "float32"
    loss: Literal["softmax", "arcface", "both"] = "softmax"
    margin: Annotated[float, Field(ge=0, lt=1.5)] = 0.1
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.05
    teacher: Teacher | None = None
    unlabelled_plates: tuple[str, ...] = ()
    contrast: Contrast = Contrast()
    augment: bool = True
    distortion: Literal["none", "easy", "normal", "hard"] = "none"
    cutmix: Share = 0.0
    gain: Annotated[float, Field(ge=0)] = 0.0
    bias: Annotated[float, Field(ge=0)] = 0.0
    crop: Count | None = None
    seed: Annotated[int, Field(ge=0)] = 0

    @property
    def batches_a_step(self) -> int:
        """Number of batches whose gradients make one step."""
        return self.accumulation or (1 if self.method == "erm" else 4)

    @model_validator(mode="after")
    def _refuse_what_does_not_go_together(self) -> Self:
        for is_wrong, message in self._contradictions():
            if is_wrong:
                raise ValueError(message)
        return self

    def _contradictions(self) -> tuple[tuple[bool, str], ...]:
        is_contrastive = self.method in ("simclr", "minclr")
        validates = bool(self.validation_plates or self.validation_share)
        return (
            (self.patience is not None and not validates, "patience needs plates to validate on"),
            (self.patience is not None and is_contrastive, f"{self.method} has no labels to stop early by"),
            (self.teacher is not None and self.method != "erm", "a teacher goes with method='erm'"),
            (bool(self.unlabelled_plates) and self.teacher is None, "unlabelled_plates serve a teacher; there is none"),
            (self.controls_in_loss and not self.label_controls, "controls_in_loss needs label_controls"),
            (is_contrastive and self.loss != "softmax", f"{self.method} takes loss='softmax', for its linear probe"),
            (bool(set(self.validation_plates) & set(self.unlabelled_plates)), "a plate is unlabelled or validates"),
        )
