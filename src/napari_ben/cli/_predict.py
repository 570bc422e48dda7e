"""``predict`` and ``rerun``."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_ben.cli import _options as option
from napari_ben.cli._look import open_all
from napari_ben.cli._progress import STOPPED, follow, warn
from napari_ben.cli._screen import watch_screen
from napari_ben.cli._study import Studies
from napari_ben.errors import ArgumentError, DeviceError, NapariBenError

if TYPE_CHECKING:
    from napari_ben.results import Predictions
    from napari_ben.workflow import Plan, Progress

DEFAULT_FORMATS = ("csv", "png", "svg")
Out = Annotated[Path, typer.Option(help="Folder for tables, figures and the run file.")]
Formats = Annotated[
    list[str] | None, typer.Option("--format", help="csv, parquet, anndata, png, svg; may be repeated.")
]
TEST_TIME = "none, or dihedral: the mean over the turns and flips of each image, at eight times the cost."
PRIOR = (
    "Fit the wells' classes to the layout: balance, assign or both; with --per-plate. Off by default, because it takes "
    "a promise about the layout for a fact."
)
CONTEXT_IMAGES = "Take statistics from this many images of the context: each well gives one before any gives two."
PSEUDO_IMAGES = "For a small context: the training's statistics count as this many images beside its own, 16 or so."
SHRINK_TOWARDS = (
    "With --pseudo-images: statistics.safetensors, or the folder, of a run on a plate of the same group, whose "
    "statistics count instead; repeated, their mean."
)
STABILITY = "How often the context's wells are drawn anew, to say how stable the classes are."
JACKKNIFE = "Groups of context wells, each left out in turn, to say how far probabilities move; for one plate."
Umap = Annotated[bool, typer.Option("--umap", help="Lay the embedding out with UMAP too.")]


def predict(
    path: option.Target,
    model: Annotated[list[str], typer.Option(help="Name or file of a model; repeated, they answer together.")],
    out: Out = Path("results"),
    method: Annotated[str | None, typer.Option(help="none, ben, cs-arm-bn, controls, arm-bn or custom.")] = None,
    context: option.ContextWells = None,
    context_images: Annotated[int | None, typer.Option(help=CONTEXT_IMAGES)] = None,
    pseudo_images: Annotated[float | None, typer.Option(help=PSEUDO_IMAGES)] = None,
    shrink_towards: Annotated[list[Path] | None, typer.Option(help=SHRINK_TOWARDS)] = None,
    wells: option.Wells = None,
    weight: option.Weight = None,
    platemap: option.Platemap = None,
    layout: option.Layout = None,
    pattern: option.Pattern = None,
    well_order: option.WellOrder = None,
    accept_suggestions: option.AcceptSuggestions = False,
    keep_failed: option.KeepFailed = False,
    only: option.Only = None,
    experiment: option.Experiment = None,
    z: option.Z = None,
    time: option.Time = None,
    acquisition: option.Acquisition = None,
    channel: option.Channels = None,
    reducer: option.Reducer = None,
    test_time: Annotated[str | None, typer.Option(help=TEST_TIME)] = None,
    prior: Annotated[str | None, typer.Option(help=PRIOR)] = None,
    per_plate: Annotated[
        int | None,
        typer.Option(help="How often each class stands on a plate; for one number each: --set per_plate={...}."),
    ] = None,
    device: option.Device = None,
    chunk_size: option.ChunkSize = None,
    memory_budget: option.MemoryBudget = None,
    threads: option.Threads = None,
    scheduler: option.Scheduler = None,
    workers: option.Workers = None,
    formats: Formats = None,
    umap: Umap = False,
    stability: Annotated[int, typer.Option(min=0, help=STABILITY)] = 0,
    jackknife: Annotated[int, typer.Option(min=0, help=JACKKNIFE)] = 0,
    settings: option.Settings = None,
) -> None:
    """Predict a plate, or every plate of a screen with statistics of its own; run again, it goes on."""
    from napari_ben import workflow
    from napari_ben.models import load_model
    from napari_ben.results import check_export

    check_export(out, formats or ())
    options = option.given(
        method=method,
        context=context,
        context_images=context_images,
        pseudo_images=pseudo_images,
        shrink_towards=tuple(str(path.absolute()) for path in shrink_towards) if shrink_towards else None,
        wells=wells,
        weight=option.parse_weight(weight),
        channels=option.parse_pairs(channel, "--channel"),
        reducer=reducer,
        test_time=test_time,
        prior=prior,
        per_plate=per_plate,
        device=device,
        chunk_size=chunk_size,
        memory_budget=option.parse_bytes(memory_budget),
        threads=threads,
    )
    config = workflow.make_config(workflow.PredictConfig, **options, **option.parse_settings(settings))
    networks = [load_model(name) for name in model]
    told = option.told(platemap, well_order, accept_suggestions, keep_failed, only, experiment)
    screen = open_all(path, told, layout, pattern, option.view(z, time, acquisition))
    if len(screen) > 1:
        if jackknife:
            raise ArgumentError(
                f"{path} holds {len(screen)} plates, and --jackknife is about one.", "Name it with --only."
            )
        extras = workflow.Extras(tuple(formats or DEFAULT_FORMATS), umap, stability)
        watch_screen(workflow.plan_screen(screen, networks, config, out, extras), scheduler, workers)
        return
    if scheduler is not None or workers is not None:
        raise ArgumentError(f"{path} is one plate, and workers share a screen.", "Leave --scheduler and --workers out.")
    plan = workflow.plan_ensemble(screen.ready_for(config.context).plates[0], networks, config)
    studies, cache = Studies(stability, jackknife), workflow.InputCache(config.cache_bytes)
    studies.check(plan)
    predictions = _watch(workflow.run_prediction(plan, cache), plan)
    _finish(predictions, out, formats, umap)
    studies.carry_out(plan, predictions, cache, out)


def rerun(
    run: Annotated[Path, typer.Argument(metavar="RUN.json", help="A run file beside an export.")],
    out: Out = Path("rerun"),
    plate: Annotated[Path | None, typer.Option(help="Where the plate lies now.")] = None,
    model: Annotated[str | None, typer.Option(help="Name or file of the model now.")] = None,
    layout: option.Layout = None,
    pattern: option.Pattern = None,
    formats: Formats = None,
) -> None:
    """Replay a run file: the same plate, wells, model and method give the same table."""
    from napari_ben.readers import open_plate
    from napari_ben.results import check_export
    from napari_ben.workflow import plan_rerun, read_run, run_again

    check_export(out, formats or ())
    record = read_run(run)
    place = plate if plate is not None else Path(record.plate.path)
    found = open_plate(place, layout=layout, pattern=pattern) if layout or pattern else plate
    plan = plan_rerun(record, plate=found, model=model)
    if record.layouts_followed:
        warn(
            f"The run laid out its {' and '.join(record.layouts_followed)} to lie as in an earlier run, which is not "
            "recorded. Here they are laid out anew, so that the points lie elsewhere; classes and numbers are the same."
        )
    _finish(_watch(run_again(record, plan), plan), out, formats, umap=False)


def _watch(run: "Generator[Progress, None, Predictions]", plan: "Plan") -> "Predictions":
    """Carry a run through; when it is interrupted or fails on the way, its finished wells are kept."""
    from napari_ben.workflow import FieldBatch, partial_predictions

    warn(*plan.warnings)
    finished: list[FieldBatch] = []

    def remember() -> "Generator[Progress, None, Predictions]":
        while True:
            try:
                progress = next(run)
            except StopIteration as stop:
                predictions: Predictions = stop.value
                return predictions
            finished.extend([progress.finished] if progress.finished else [])
            yield progress

    try:
        predictions: Predictions = follow(remember(), plan.plate.name)
    except (KeyboardInterrupt, DeviceError) as error:
        run.close()
        if not finished:
            raise
        warn(f"The run ended early. {error}".strip())
        return partial_predictions(plan, finished)
    return predictions


def _finish(predictions: "Predictions", folder: Path, formats: list[str] | None, umap: bool) -> None:
    """Save, say what was found and where it lies, and end when the run was interrupted."""
    warn(*predictions.run["problems"])
    laid_out = _with_umap(predictions) if umap else predictions
    laid_out.save(folder, formats or DEFAULT_FORMATS)
    wells = laid_out.wells
    typer.echo(f"{laid_out.plate_name}: {len(wells)} wells, {len(laid_out)} fields → {folder}")
    for name, count in wells["pred_class"].value_counts().items():
        typer.echo(f"  {count:>5}  {name}")
    if not predictions.complete:
        warn("Only the wells finished so far are saved.")
        raise typer.Exit(STOPPED)


def _with_umap(predictions: "Predictions") -> "Predictions":
    from napari_ben.embedding import umap_refusal
    from napari_ben.workflow import run_umap

    refusal = umap_refusal(len(predictions))
    if refusal:
        warn(f"{refusal}.")
        return predictions
    try:
        laid_out: Predictions = follow(run_umap(predictions), predictions.plate_name)
    except NapariBenError as error:  # the predictions are there, and are not to be lost for a picture
        warn(str(error))
        return predictions
    return laid_out
