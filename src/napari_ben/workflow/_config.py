"""What can be asked for: one frozen schema for Python, command-line flags, run files and provenance."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from napari_ben.errors import ArgumentError
from napari_ben.results import Design, Prior, Reducer

PerPlate = Annotated[int, Field(ge=1)] | dict[str, Annotated[int, Field(ge=0)]]
Weight = Annotated[float, Field(ge=0, le=1)] | Literal["count"]


class PredictConfig(BaseModel):
    """How to predict a plate.

    Parameters
    ----------
    method
        A name of `METHODS`.
    context
        ``plate``, ``controls``, ``controls:positive`` or another set of controls, a selection such as ``A1-C12, !B3``,
        or wells; the method's own when None.
    wells
        Selection of the wells to predict; all with images when None. In a method that mixes queries into its statistics
        these wells are the queries.
    fields
        Numbers of the fields (sites) of each well that are predicted and form statistics; all when empty.
    weight
        Share of the context in mixed statistics, 0–1, or ``count`` (by number of images); the model's own, or the
        method's default, when None.
    variance
        ``biased`` is what a network sees in training; ``unbiased`` is what running statistics hold.
    pseudo_images
        Images that the statistics of the training count as, beside those of the context: for contexts of a few wells,
        16 or so; 0 leaves them out.
    shrink_towards
        Whose statistics these images stand for instead: ``statistics.safetensors`` of runs of the same model on plates
        of the same group, or the folders of these runs; several are averaged.
    context_images
        Images of the context that form statistics: each well gives one before any gives two, the controls first. All
        when None.
    channels
        Model channel → plate channel, where the guess by name is wrong.
    reducer
        How fields become wells.
    device
        ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
    chunk_size
        Images that go through the network together; changes speed and memory, not results. The device's own when None.
    memory_budget
        Bytes that the statistics of the context may hold; half of what is free on the device and in memory when None.
        Changes memory and time, not results.
    cache_bytes
        Bytes of decoded images kept for the second pass; a third of the free memory when None.
    threads
        Processor threads of the network; torch's own choice when None.
    precision
        ``mixed`` runs the queries in half precision where the device is faster at it; statistics never are.
    test_time
        ``dihedral`` averages logits and embeddings over the eight turns and flips of each image (four of one that is
        not square), at that many times the cost.
    prior, per_plate
        ``balance``, ``assign`` or ``both``: classes of wells that fit a layout in which each treatment stands
        ``per_plate`` times (one number, or one for each class that is there). Off unless asked for: it uses a promise
        about the layout and not the images, and is wrong where that is broken, on plates with controls as classes, or
        with other counts.
    ensemble
        How several models speak together: the mean of their ``probability``, in which networks of any scale count
        alike, or of their ``logit``.
    seed
        Of everything drawn at random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str = "cs-arm-bn"
    context: str | tuple[str, ...] | None = None
    wells: str | None = None
    fields: tuple[Annotated[int, Field(ge=0)], ...] = ()
    weight: Weight | None = None
    variance: Literal["biased", "unbiased"] = "biased"
    pseudo_images: Annotated[float, Field(ge=0)] = 0.0
    shrink_towards: tuple[str, ...] = ()
    context_images: Annotated[int, Field(ge=2)] | None = None
    channels: Mapping[str, str] = Field(default_factory=dict)
    reducer: Reducer = "logit"
    device: str = "auto"
    chunk_size: Annotated[int, Field(ge=1)] | None = None
    memory_budget: Annotated[int, Field(ge=1)] | None = None
    cache_bytes: Annotated[int, Field(ge=0)] | None = None
    threads: Annotated[int, Field(ge=1)] | None = None
    precision: Literal["float32", "mixed"] = "float32"
    test_time: Literal["none", "dihedral"] = "none"
    prior: Prior | None = None
    per_plate: PerPlate | None = None
    ensemble: Literal["probability", "logit"] = "probability"
    seed: int = 0

    @model_validator(mode="after")
    def _refuse_halves(self) -> Self:
        if self.shrink_towards and not self.pseudo_images:
            message = "shrink_towards needs pseudo_images: say how many images these statistics count as"
            raise ValueError(message)
        if (self.prior is None) != (self.per_plate is None):
            message = "prior and per_plate come together: say how often each treatment stands on a plate"
            raise ValueError(message)
        return self

    @property
    def design(self) -> Design | None:
        """What the layout promises; None when nobody said."""
        if self.prior is None or self.per_plate is None:
            return None
        return Design(self.prior, self.per_plate)


_Config = TypeVar("_Config", bound=BaseModel)


def make_config(kind: type[_Config], **options: Any) -> _Config:
    """Check options and give them as a config.

    Raises
    ------
    ArgumentError
        When there is no such option, its value is out of range, or options contradict each other.
    """
    try:
        return kind(**options)
    except ValidationError as error:
        first = error.errors()[0]
        name, beside = _locate(kind, first["loc"])
        words = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            raise ArgumentError(f"There is no option {name!r}.", f"The options are {', '.join(beside)}.") from error
        if not name:
            raise ArgumentError(f"These options do not go together: {words}.", "Change one of them.") from error
        raise ArgumentError(
            f"The option {name!r} cannot be {first['input']!r}: {words}.", "Choose another value."
        ) from error


def _locate(kind: type[BaseModel], place: tuple[int | str, ...]) -> tuple[str, tuple[str, ...]]:
    """Name an option such as ``schedule.kind``, and the options that there are beside it."""
    names: list[str] = []
    for step in map(str, place):
        if step not in kind.model_fields:
            return ".".join([*names, step] if step == str(place[-1]) else names), tuple(kind.model_fields)
        names.append(step)
        inner = kind.model_fields[step].annotation
        parts = [part for part in (inner, *get_args(inner)) if isinstance(part, type) and issubclass(part, BaseModel)]
        if not parts:
            break
        kind = parts[0]
    return ".".join(names), tuple(kind.model_fields)
