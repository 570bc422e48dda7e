"""What can be asked for: one frozen schema for Python, command-line flags, run files and provenance."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from napari_ben.errors import ArgumentError
from napari_ben.results import Reducer

Weight = Annotated[float, Field(ge=0, le=1)] | Literal["count"]


class PredictConfig(BaseModel):
    """How to predict a plate.

    Parameters
    ----------
    method
        A name of `METHODS`.
    context
        ``plate``, ``controls``, a selection such as ``A1-C12, !B3``, or wells; the method's own when None.
    wells
        Selection of the wells to predict; all with images when None. In a method that mixes queries into its statistics
        these wells are the queries.
    weight
        Share of the context in mixed statistics, 0–1, or ``count`` (by number of images); the model's own, or the
        method's default, when None.
    variance
        ``biased`` is what a network sees in training; ``unbiased`` is what running statistics hold.
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
    seed
        Of everything drawn at random.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str = "cs-arm-bn"
    context: str | tuple[str, ...] | None = None
    wells: str | None = None
    weight: Weight | None = None
    variance: Literal["biased", "unbiased"] = "biased"
    channels: Mapping[str, str] = Field(default_factory=dict)
    reducer: Reducer = "logit"
    device: str = "auto"
    chunk_size: Annotated[int, Field(ge=1)] | None = None
    memory_budget: Annotated[int, Field(ge=1)] | None = None
    cache_bytes: Annotated[int, Field(ge=0)] | None = None
    threads: Annotated[int, Field(ge=1)] | None = None
    precision: Literal["float32", "mixed"] = "float32"
    seed: int = 0


_Config = TypeVar("_Config", bound=BaseModel)


def make_config(kind: type[_Config], **options: Any) -> _Config:
    """Check options and give them as a config.

    Raises
    ------
    ArgumentError
        When there is no such option, or its value is out of range.
    """
    try:
        return kind(**options)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "option"
        if first["type"] == "extra_forbidden":
            raise ArgumentError(
                f"There is no option {name!r}.", f"The options are {', '.join(kind.model_fields)}."
            ) from error
        raise ArgumentError(
            f"The option {name!r} cannot be {first['input']!r}: {first['msg']}.", "Choose another value."
        ) from error
