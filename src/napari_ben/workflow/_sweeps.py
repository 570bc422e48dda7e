"""What is varied in a comparison: how many wells speak for the plate, how many are on it, how uneven its classes are.

A smaller plate is the same plate with all other wells left out, so that every method takes its own context from what is
left, and the run file of such a run replays it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from napari_ben.errors import ContextError
from napari_ben.evaluation import find_label_column, label_shift
from napari_ben.methods import METHODS
from napari_ben.plates import Plate, format_selection, resolve_context
from napari_ben.workflow._compare_config import CompareConfig, Sweep
from napari_ben.workflow._contenders import Contender, Entrant
from napari_ben.workflow._plan import plan_prediction
from napari_ben.workflow._trials import Trial

__all__ = ["keep_wells", "plan_sweeps"]

_LEAST_JUDGED = 8


@dataclass(frozen=True)
class _Draw:
    """One drawn variant: the plate's wells that are left, those to predict, and the context where it is set."""

    setting: float
    number: int
    left: tuple[str, ...]
    asked: tuple[str, ...]
    context: tuple[str, ...] | None = None


def keep_wells(plate: Plate, wells: Iterable[str]) -> Plate:
    """Give the plate with all other wells left out of contexts and queries."""
    table = plate.wells.copy()
    table["excluded"] = table["excluded"].astype(bool) | ~table.index.isin(list(wells))
    return replace(plate, wells=table)


def plan_sweeps(entrant: Entrant, contender: Contender, config: CompareConfig) -> Iterator[Trial]:
    """Plan the sweeps of one model on one plate; none where no class is known."""
    truth = _truth(entrant.plate, contender, config)
    if truth.empty:
        return
    for method in config.of_networks:
        for sweep in config.sweeps:
            for draw in _draws(sweep, method, entrant.plate, truth, config):
                yield _plan(sweep, draw, entrant, contender, (method, config))


def _plan(sweep: Sweep, draw: _Draw, entrant: Entrant, contender: Contender, wish: tuple[str, CompareConfig]) -> Trial:
    method, config = wish
    plate = keep_wells(entrant.plate, draw.left)
    update = {"wells": format_selection(draw.asked, plate), "context": draw.context, "seed": config.seed + draw.number}
    own = config.of_method(method).model_copy(update=update)
    plan = plan_prediction(plate, contender.model, own)
    return Trial(plan, contender, entrant, method, is_shown=False, sweep=sweep, setting=draw.setting, draw=draw.number)


def _truth(plate: Plate, contender: Contender, config: CompareConfig) -> "pd.Series[str]":
    """Classes of the treated wells that can be judged."""
    classes = contender.model.card.classes
    wells = plate.imaged
    column = config.labels or find_label_column(wells, classes)
    if column is None or column not in wells:
        return pd.Series(dtype=str)
    usable = wells[~wells["role"].isin(["negative_control", "empty"]) & ~wells["excluded"].astype(bool)]
    return usable.loc[usable[column].isin(list(classes)), column].astype(str)


def _draws(sweep: Sweep, method: str, plate: Plate, truth: "pd.Series[str]", config: CompareConfig) -> Iterator[_Draw]:
    controls = _controls(plate)
    treated = tuple(map(str, truth.index))
    random = np.random.default_rng([config.seed, len(sweep)])
    if sweep == "label-shift":
        yield from _shifted(controls, truth, config)
    elif sweep == "queries":
        for size in _sizes(len(treated), config):
            for number in range(_n_draws(size, len(treated), config)):
                drawn = _choose(random, treated, size)
                yield _Draw(size, number, (*controls, *drawn), drawn)
    else:
        pool = _context_pool(method, plate, controls)
        for size in _sizes(len(pool), config):
            for number in range(1 if size == len(pool) else config.draws):
                drawn = _choose(random, pool, size)
                if plate.wells["n_fields"].loc[list(drawn)].sum() > 1:
                    yield _Draw(size, number, tuple(dict.fromkeys((*drawn, *treated))), treated, drawn)


def _shifted(controls: tuple[str, ...], truth: "pd.Series[str]", config: CompareConfig) -> Iterator[_Draw]:
    """Each Dirichlet draw is rotated through the classes; as many rotations as draws are taken, evenly spaced."""
    for alpha in config.shifts:
        rotations = label_shift(list(truth), alpha, len(truth) // 2, config.seed)
        step = max(1, len(rotations) // config.draws)
        for number, chosen in enumerate(rotations[::step][: config.draws]):
            drawn = tuple(map(str, truth.index[chosen]))
            if drawn:
                yield _Draw(alpha, number, (*controls, *drawn), drawn)


def _context_pool(method: str, plate: Plate, controls: tuple[str, ...]) -> tuple[str, ...]:
    kind = METHODS[method.partition("@")[0]]
    if kind.default_context is None or kind.in_sets:
        return ()
    return controls if kind.default_context == "controls" else resolve_context(plate, "plate").wells


def _controls(plate: Plate) -> tuple[str, ...]:
    try:
        return resolve_context(plate, "controls").wells
    except ContextError:
        return ()


def _sizes(n_wells: int, config: CompareConfig) -> list[int]:
    return [*(size for size in config.context_sizes if size < n_wells), *([n_wells] if n_wells else [])]


def _n_draws(size: int, n_wells: int, config: CompareConfig) -> int:
    """One draw of all; else enough draws that a few wells do not decide."""
    return 1 if size == n_wells else max(config.draws, -(-_LEAST_JUDGED // size))


def _choose(random: np.random.Generator, wells: Sequence[str], size: int) -> tuple[str, ...]:
    return tuple(str(wells[place]) for place in np.sort(random.choice(len(wells), size, replace=False)))
