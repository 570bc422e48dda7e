"""What a model file says about itself. Knows no torch: a list of models opens at once."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from napari_ben.models._scaling import Scaling
from napari_ben.models._tiling import Tiling

__all__ = ["ModelCard", "TrainingRecord", "explain"]

Count = Annotated[int, Field(gt=0)]
Name = Annotated[str, Field(min_length=1)]


class TrainingRecord(BaseModel):
    """How a network was trained, as far as it decides how it may be used.

    Parameters
    ----------
    method
        ``erm``, ``ben``, ``cs-arm-bn`` or another name; ``unknown`` when nobody said.
    plates
        Names of the plates that it has seen.
    context_size
        Images whose joint statistics normalised each other in training; None for mixed batches.
    control_weight
        Share of the controls in these statistics, 0–1; None when there were no controls of their own.
    seed, epochs
        As the run was started; epochs as many as were kept.
    settings
        Everything else that the trainer wants to remember.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Name = "unknown"
    plates: tuple[str, ...] = ()
    context_size: Count | None = None
    control_weight: Annotated[float, Field(ge=0, le=1)] | None = None
    seed: int | None = None
    epochs: Annotated[int, Field(ge=0)] | None = None
    settings: dict[str, JsonValue] = Field(default_factory=dict)


class ModelCard(BaseModel):
    """Everything needed to use a network besides its weights.

    Parameters
    ----------
    name
        What people call it.
    architecture
        A key of `ARCHITECTURES`, or ``timm:<name>``.
    options
        Of that architecture, e.g. ``{"width": 24}``.
    channels
        In the order of the network's input.
    classes
        In the order of its logits.
    field_size
        (Y, X) that a field is brought to by its nearest pixels before it is scaled; None leaves it as it is.
    scaling, tiling
        From a field to the network's input.
    embedding_size
        Length of the vector before the classifier.
    pixel_size_um
        µm of a pixel of the field before tiling, when the training images had one size.
    training
        How it was made.
    licence, provenance, description, citation
        Free text; empty means that nobody said.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    architecture: Name
    options: dict[str, JsonValue] = Field(default_factory=dict)
    channels: Annotated[tuple[Name, ...], Field(min_length=1)]
    classes: Annotated[tuple[Name, ...], Field(min_length=1)]
    field_size: tuple[Count, Count] | None = None
    scaling: Scaling
    tiling: Tiling
    embedding_size: Count
    pixel_size_um: Annotated[float, Field(gt=0)] | None = None
    training: TrainingRecord = Field(default_factory=TrainingRecord)
    licence: str = ""
    provenance: str = ""
    description: str = ""
    citation: str = ""

    @property
    def preparation(self) -> str:
        """All that decides how a field becomes the network's input, as JSON: equal text gives equal inputs."""
        return self.model_dump_json(include={"field_size", "scaling", "tiling"})

    @model_validator(mode="after")
    def _refuse_ambiguous_names(self) -> Self:
        for kind, names in (("channel", self.channels), ("class", self.classes)):
            twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
            if twice:
                message = f"each {kind} needs a name of its own; twice: {', '.join(twice[:5])}"
                raise ValueError(message)
        if self.scaling.mean is not None and len(self.scaling.mean) != len(self.channels):
            message = f"scaling has {len(self.scaling.mean)} means for {len(self.channels)} channels"
            raise ValueError(message)
        return self


def explain(error: ValidationError) -> str:
    """Say in one line what the first thing wrong with a card is.

    >>> try:
    ...     Tiling(size=(0, 64))
    ... except ValidationError as error:
    ...     explain(error)
    'size.0: Input should be greater than 0'
    """
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    words = first["msg"].removeprefix("Value error, ")
    return f"{place}: {words}" if place else words
