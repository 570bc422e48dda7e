"""Several methods and models on the same plates, side by side."""

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from napari_ben.evaluation import Run, bootstrap_accuracy, judge_runs
from napari_ben.models import Model
from napari_ben.results import check_export
from napari_ben.workflow._aligned import align_runs
from napari_ben.workflow._compare_checks import check_comparison
from napari_ben.workflow._compare_config import CompareConfig
from napari_ben.workflow._comparison import Comparison, Costs
from napari_ben.workflow._config import make_config
from napari_ben.workflow._contenders import Contender, Entrant, find_contenders, find_entrants
from napari_ben.workflow._drift import drift_of_runs
from napari_ben.workflow._inputs import InputCache
from napari_ben.workflow._kept import run_kept
from napari_ben.workflow._open import Plates
from napari_ben.workflow._plan import plan_prediction
from napari_ben.workflow._progress import Progress
from napari_ben.workflow._spread import spread_trials
from napari_ben.workflow._sweeps import plan_sweeps
from napari_ben.workflow._trials import Trial

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["compare", "plan_comparison", "run_comparison", "summarise_sweeps"]

_SWEEP_KEYS = ["sweep", "setting", "model", "method", "group"]


def compare(
    plates: Plates, models: Sequence[str | Path | Model], *, client: "Client | None" = None, **options: object
) -> Comparison:
    """Run several methods and models on the same plates.

    Parameters
    ----------
    plates
        A plate, a screen, or the path of either.
    models
        Models, names or files; ``LABEL=FILE`` makes models seeds of one recipe.
    client
        Of `open_client`, whose workers take a plate each; they need ``out``.
    **options
        Fields of `CompareConfig`: ``methods``, ``labels``, ``sweeps``, ``device`` and so on; ``group``, the column of
        the screen's table by which plates are averaged; ``out``, a folder in which every finished run is kept, so that
        a stopped comparison goes on where it was.

    Raises
    ------
    NapariBenError
        When any of the runs is refused; then nothing is run.
    """
    group, out = options.pop("group", None), options.pop("out", None)
    config = make_config(CompareConfig, **options)
    entrants = find_entrants(plates, None if group is None else str(group))
    trials = plan_comparison(entrants, find_contenders(models), config)
    run = run_comparison(trials, config, None if out is None else Path(str(out)), client=client)
    while True:
        try:
            next(run)
        except StopIteration as finished:
            comparison: Comparison = finished.value
            return comparison


def plan_comparison(
    entrants: Sequence[Entrant], contenders: Sequence[Contender], config: CompareConfig
) -> tuple[Trial, ...]:
    """Plan all runs, plate by plate, so that a refusal comes before the first of them.

    Raises
    ------
    NapariBenError
        When any of the runs is refused.
    """
    check_comparison(entrants, contenders, config)
    swept = _swept(entrants, config)
    return tuple(
        trial
        for entrant in entrants
        for contender in contenders
        for trial in (
            *_main(entrant, contender, config),
            *(plan_sweeps(entrant, contender, config) if entrant in swept else ()),
        )
    )


def run_comparison(
    trials: Sequence[Trial],
    config: CompareConfig,
    folder: Path | None = None,
    elsewhere: Sequence[Run] = (),
    client: "Client | None" = None,
) -> Generator[Progress, None, Comparison]:
    """Carry runs out one after the other, or a plate a worker; images of a plate are decoded once.

    Parameters
    ----------
    trials
        From `plan_comparison`.
    config
        The same as there.
    folder
        Where finished runs are kept, and found again; nowhere when None.
    elsewhere
        Embeddings made elsewhere, as runs of the method ``none``, to be aligned too.
    client
        Of `open_client`, whose workers take a plate's runs each; they need a folder.

    Yields
    ------
    Progress
        Of each run in turn; with workers in plates.

    Raises
    ------
    NapariBenError
        When the folder takes no results, a run cannot be finished, or alignments find no plate to be fitted on.
    """
    if folder is not None:
        check_export(folder, ())
    if client is not None:
        yield from spread_trials(trials, folder, client)
    runs: list[Run] = []
    base: list[Run] = []
    judged: list[pd.DataFrame] = []
    cache = InputCache(config.cache_bytes)
    for number, trial in enumerate(trials):
        if number and trial.entrant is not trials[number - 1].entrant:
            cache = InputCache(config.cache_bytes)
        predictions = yield from run_kept(trial.plan, cache, None if folder is None else trial.place(folder))
        run = trial.to_run(predictions)
        if trial.sweep is not None:
            judged.append(_judge_sweep(trial, run, config))
            continue
        base += [run] if trial.plan.method.name == "none" else []
        runs += [run] if trial.is_shown else []
    aligned, notes = _align([*base, *elsewhere], config)
    everything = _in_order([*runs, *aligned], config)
    contenders = list(dict.fromkeys(trial.contender for trial in trials))
    drift = drift_of_runs(runs, contenders)
    return Comparison(tuple(everything), config, summarise_sweeps(judged), notes, Costs.of(trials), drift)


def summarise_sweeps(judged: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Average judged wells of sweeps over draws, plates and seeds.

    Returns
    -------
    pandas.DataFrame
        ``sweep``, ``setting``, ``model``, ``method``, ``group``, ``n_wells`` judged, ``accuracy``, ``low``, ``high``
        (bootstrap over draws and plates together, and over seeds).
    """
    known = [part for part in judged if len(part)]
    if not known:
        return pd.DataFrame(columns=[*_SWEEP_KEYS, "n_wells", "accuracy", "low", "high"])
    rows = []
    for key, part in pd.concat(known).groupby(_SWEEP_KEYS, sort=False):
        unit = part["plate"].astype(str) + " " + part["draw"].astype(str)
        estimate = bootstrap_accuracy(part.assign(plate=unit))
        rows.append(
            {
                **dict(zip(_SWEEP_KEYS, key, strict=True)),
                "n_wells": len(part),
                "accuracy": estimate.value,
                "low": estimate.low,
                "high": estimate.high,
            }
        )
    return pd.DataFrame(rows)


def _swept(entrants: Sequence[Entrant], config: CompareConfig) -> list[Entrant]:
    groups: dict[str, list[Entrant]] = {}
    for entrant in entrants:
        groups.setdefault(entrant.group, []).append(entrant)
    return [entrant for members in groups.values() for entrant in members[: config.sweep_plates] if config.sweeps]


def _main(entrant: Entrant, contender: Contender, config: CompareConfig) -> Iterator[Trial]:
    for method in config.of_networks:
        plan = plan_prediction(entrant.plate, contender.model, config.of_method(method))
        yield Trial(plan, contender, entrant, method)
    if config.of_embeddings and "none" not in config.of_networks:
        plan = plan_prediction(entrant.plate, contender.model, config.of_method("none"))
        yield Trial(plan, contender, entrant, "none", is_shown=False)


def _judge_sweep(trial: Trial, run: Run, config: CompareConfig) -> pd.DataFrame:
    judged = judge_runs([run], config.labels)
    return judged.assign(sweep=trial.sweep, setting=trial.setting, draw=trial.draw)


def _align(base: Sequence[Run], config: CompareConfig) -> tuple[list[Run], tuple[str, ...]]:
    runs: list[Run] = []
    notes: dict[str, None] = {}
    for key in dict.fromkeys((run.model, run.seed) for run in base if config.of_embeddings):
        found = align_runs([run for run in base if (run.model, run.seed) == key], config)
        runs += found.runs
        notes |= dict.fromkeys(found.notes)
    return runs, tuple(notes)


def _in_order(runs: Sequence[Run], config: CompareConfig) -> list[Run]:
    """Sort by plate, model and seed as they first appear, then by method as asked for."""
    methods = [*config.of_networks, *config.of_embeddings]
    plates = list(dict.fromkeys(run.predictions.plate_name for run in runs))
    models = list(dict.fromkeys(run.model for run in runs))
    return sorted(
        runs,
        key=lambda run: (
            plates.index(run.predictions.plate_name),
            models.index(run.model),
            run.seed,
            methods.index(run.method),
        ),
    )
