"""What can be asked of a comparison."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from napari_ben.embedding import ALIGNMENTS, find_alignment
from napari_ben.errors import MethodError
from napari_ben.evaluation import HeadKind
from napari_ben.methods import METHODS
from napari_ben.results import Reducer
from napari_ben.workflow._config import PredictConfig, Weight

__all__ = ["SWEEPS", "UNALIGNED", "CompareConfig", "Sweep", "is_of_embeddings"]

Sweep = Literal["context", "queries", "label-shift"]
SWEEPS: tuple[Sweep, ...] = get_args(Sweep)
UNALIGNED = "unaligned"
_OWN = {
    "methods",
    "labels",
    "match",
    "compound",
    "reference",
    "head",
    "sweeps",
    "draws",
    "sweep_plates",
    "context_sizes",
    "shifts",
}


class CompareConfig(BaseModel):
    """How to compare methods and models.

    Parameters
    ----------
    methods
        Names of `METHODS`, such as ``ben``, a mixing one with its weight if wanted (``cs-arm-bn@count``,
        ``cs-arm-bn@0.5``); names of `ALIGNMENTS` (``tvn-efaar``, ``coral`` …; ``tvn`` is ``tvn-csarmbn``), or
        ``unaligned``: these take the embeddings of the unadapted network, and classify them by a head of their own.
    labels
        Platemap column with the true class; found by itself when None.
    match
        Platemap column of what treatments may have in common, such as their mechanism: says how often the nearest
        treatment of another compound has the same (NSC), and of another compound and batch (NSCB).
    compound
        Platemap column of the compound, for `match`.
    context
        For all methods that take one; each method's own when None.
    wells, fields, weight, pseudo_images, context_images, channels, reducer
        As in `PredictConfig`.
    device, chunk_size, memory_budget, cache_bytes, threads
        As in `PredictConfig`.
    reference
        Plates on which alignments and heads are fitted. When there are none, each experiment's plates are judged by
        what was fitted on all other experiments (on all other plates, where there is one experiment).
    head
        Key of `HEADS`.
    sweeps
        What to vary: ``context`` (how many of the context's wells are there), ``queries`` (how many treated wells are
        on the plate), ``label-shift`` (how uneven the classes are).
    draws
        How often each setting of a sweep is drawn.
    sweep_plates
        Plates of each group that sweeps are made on, the first ones.
    context_sizes
        Settings of ``context`` and ``queries``; those that are not there are left out, and all wells are always tried.
    shifts
        Dirichlet parameters of ``label-shift``.
    seed
        Of everything drawn.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    methods: Annotated[tuple[str, ...], Field(min_length=1)] = ("none", "ben", "cs-arm-bn")
    labels: str | None = None
    match: str | None = None
    compound: str = "treatment"
    context: str | tuple[str, ...] | None = None
    wells: str | None = None
    fields: tuple[Annotated[int, Field(ge=0)], ...] = ()
    weight: Weight | None = None
    pseudo_images: Annotated[float, Field(ge=0)] = 0.0
    context_images: Annotated[int, Field(ge=2)] | None = None
    channels: Mapping[str, str] = Field(default_factory=dict)
    reducer: Reducer = "logit"
    device: str = "auto"
    chunk_size: Annotated[int, Field(ge=1)] | None = None
    memory_budget: Annotated[int, Field(ge=1)] | None = None
    cache_bytes: Annotated[int, Field(ge=0)] | None = None
    threads: Annotated[int, Field(ge=1)] | None = None
    reference: tuple[str, ...] = ()
    head: HeadKind = "logistic"
    sweeps: tuple[Sweep, ...] = ()
    draws: Annotated[int, Field(ge=1)] = 3
    sweep_plates: Annotated[int, Field(ge=1)] = 1
    context_sizes: tuple[Annotated[int, Field(ge=1)], ...] = (1, 4, 16, 64)
    shifts: tuple[Annotated[float, Field(gt=0)], ...] = (10.0, 1.0, 0.1, 0.01)
    seed: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _refuse_repeated_methods(self) -> Self:
        names = [find_alignment(name).name if name == "tvn" else name for name in self.methods]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            message = f"each method once; twice: {', '.join(twice)}"
            raise ValueError(message)
        return self

    @property
    def of_networks(self) -> tuple[str, ...]:
        """The methods that run the network, as they were asked for."""
        return tuple(name for name in self.methods if not is_of_embeddings(name))

    @property
    def of_embeddings(self) -> tuple[str, ...]:
        """The methods that align embeddings, by their full names; and `UNALIGNED`."""
        asked = [name for name in self.methods if is_of_embeddings(name)]
        return tuple(name if name == UNALIGNED else find_alignment(name).name for name in asked)

    def of_method(self, method: str) -> PredictConfig:
        """Give the config of one of the runs.

        Raises
        ------
        MethodError
            When there is no such method, or its weight cannot be read.
        """
        name, sign, weight = method.partition("@")
        if name not in METHODS:
            raise MethodError(
                f"There is no method {method!r}; there are {', '.join((*METHODS, *ALIGNMENTS, 'tvn', UNALIGNED))}.",
                "Choose among these.",
            )
        shared = self.model_dump(exclude=_OWN)
        return PredictConfig(method=name, **{**shared, "weight": _weight(method, weight) if sign else self.weight})


def is_of_embeddings(method: str) -> bool:
    """Whether a method works on embeddings and not on the network."""
    return method in ALIGNMENTS or method in ("tvn", UNALIGNED)


def _weight(method: str, text: str) -> Weight:
    if text == "count":
        return "count"
    try:
        weight = float(text)
    except ValueError:
        weight = -1.0
    if not 0 <= weight <= 1:
        raise MethodError(f"The weight in {method!r} is neither 0 to 1 nor 'count'.", "Write cs-arm-bn@0.5 or @count.")
    return weight
