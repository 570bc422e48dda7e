"""From a wish and the facts to what will be done: pure, and the place where a run is refused.

Nothing here reads a pixel or loads torch, so a plan can be made at every keystroke, and whatever can be known before
the run is said before the run.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from napari_ben.errors import ContextError, MethodError
from napari_ben.methods import DEFAULT_CONTROL_WEIGHT, METHODS, Method
from napari_ben.models import Model, map_channels, n_tiles
from napari_ben.plates import Context, Plate, resolve_context
from napari_ben.workflow._cautions import find_cautions
from napari_ben.workflow._config import PredictConfig
from napari_ben.workflow._design import refuse_design
from napari_ben.workflow._fields import chosen_fields, complete_fields, left_out
from napari_ben.workflow._plan_rows import rows_of_context, rows_of_pixels, rows_of_queries, rows_to_predict
from napari_ben.workflow._prior import prior_files

if TYPE_CHECKING:
    from napari_ben.workflow._pixels import PixelGroup


@dataclass(frozen=True, eq=False)
class Plan:
    """What a prediction run will do.

    Parameters
    ----------
    plate, model, config
        What was asked for.
    method
        The method named in `config`.
    context
        The wells that stand for the plate's normal; None when the method needs none.
    weight
        Share of the context in mixed statistics; None when nothing is mixed.
    channels
        For each of the model's channels its position on the plate.
    rows
        (n,) rows of ``plate.fields`` to predict, well by well.
    statistics_rows
        (m,) rows whose images form the statistics.
    in_context
        (m,) whether each of these lies in the context; the others are queries.
    pixel_rows
        Rows whose pixels are measured before anything else; none unless the model is scaled by the plate.
    n_tiles
        Network inputs that a field of the nominal size gives.
    problems
        What had to be left out.
    warnings
        What may mislead.
    pixel_group
        Plates that are measured together with this one before anything else; itself alone when None.
    others
        Plans of further models that answer together with this one.
    """

    plate: Plate
    model: Model
    config: PredictConfig
    method: Method
    context: Context | None
    weight: float | Literal["count"] | None
    channels: tuple[int, ...]
    rows: NDArray[np.int64]
    statistics_rows: NDArray[np.int64]
    in_context: NDArray[np.bool_]
    pixel_rows: NDArray[np.int64]
    n_tiles: int
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    pixel_group: "PixelGroup | None" = None
    others: tuple["Plan", ...] = ()

    @property
    def forward_passes(self) -> int:
        """Network inputs that will go through the network: each image of the statistics once, each view of a query."""
        own = self.n_tiles * (len(self.statistics_rows) + len(self.rows) * self.n_views)
        return own + sum(other.forward_passes for other in self.others)

    @property
    def n_views(self) -> int:
        """Turns and flips of each query that are averaged."""
        if self.config.test_time == "none":
            return 1
        height, width = self.model.card.tiling.size
        return 8 if height == width else 4

    @property
    def context_rows(self) -> NDArray[np.int64]:
        """Rows of ``plate.fields`` that lie in the context."""
        return self.statistics_rows[self.in_context]

    def require_context(self) -> tuple[str, ...]:
        """Give the wells of the one context that speaks for the whole plate, or refuse.

        Raises
        ------
        MethodError
            When the method has none, or one for each of many sets.
        """
        if self.context is None or self.method.in_sets:
            raise MethodError(
                f"The method {self.method.name!r} has no one context for the plate, so nothing of it can be drawn anew "
                "or left out.",
                "Choose a method that takes its statistics from the plate.",
            )
        return self.context_wells

    @property
    def context_wells(self) -> tuple[str, ...]:
        """The wells of these, in order."""
        return tuple(dict.fromkeys(self.plate.fields["well"].iloc[self.context_rows]))

    @property
    def wells(self) -> tuple[str, ...]:
        """The wells to predict, in order."""
        return tuple(dict.fromkeys(self.plate.fields["well"].iloc[self.rows]))

    def describe(self) -> str:
        """One line for a person before the run."""
        context = f" with statistics of {self.context.describe(self.plate)}" if self.context else ""
        return f"{self.method.title} on {len(self.wells)} wells, {len(self.rows)} images{context}"


def plan_prediction(plate: Plate, model: Model, config: PredictConfig) -> Plan:
    """Decide what a prediction run will do, or refuse it.

    Raises
    ------
    MethodError
        When there is no such method, or the layout promised has fewer places than wells.
    ChannelError
        When the model's channels are not on the plate, or no field has all of them.
    ContextError, SelectionError
        When the context or the wells cannot be resolved, or nothing usable is left of them.
    """
    method = _find_method(config.method)
    prior_files(config)
    channels = map_channels(model.card.channels, plate.channels, config.channels)
    is_complete = complete_fields(plate, channels)
    is_used = is_complete & chosen_fields(plate, config)
    rows = rows_to_predict(plate, config, is_used)
    refuse_design(plate, rows, model, config)
    context = _resolve_context(plate, method, config)
    own = rows_of_context(plate, context, config, is_used)
    queries = rows_of_queries(plate, rows, context) if context and method.uses_queries else own[:0]
    return Plan(
        plate=plate,
        model=model,
        config=config,
        method=method,
        context=context,
        weight=_control_weight(model, method, config),
        channels=channels,
        rows=rows,
        statistics_rows=np.concatenate([own, queries]),
        in_context=np.arange(len(own) + len(queries)) < len(own),
        pixel_rows=rows_of_pixels(plate, model, is_used),
        n_tiles=n_tiles(model.card.field_size or plate.shape, model.card.tiling),
        problems=left_out(plate, channels, is_complete),
        warnings=find_cautions(plate, model, method, context, config),
    )


def _find_method(name: str) -> Method:
    if name not in METHODS:
        raise MethodError(f"There is no method {name!r}; there are {', '.join(METHODS)}.", "Choose one of these.")
    return METHODS[name]


def _resolve_context(plate: Plate, method: Method, config: PredictConfig) -> Context | None:
    if method.name == "none":
        return None
    wish = config.context if config.context is not None else method.default_context
    if wish is None:
        raise ContextError(
            f"The method {method.name!r} takes its statistics from wells that you choose, and none were chosen.",
            "Give a context such as 'A1-C12', 'controls' or 'plate'.",
        )
    return resolve_context(plate, wish)


def _control_weight(model: Model, method: Method, config: PredictConfig) -> float | Literal["count"] | None:
    if not method.uses_queries:
        return None
    if config.weight is not None:
        return config.weight
    trained = model.card.training.control_weight
    return DEFAULT_CONTROL_WEIGHT if trained is None else trained
