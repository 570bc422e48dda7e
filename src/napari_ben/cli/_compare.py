"""``compare``: models and methods side by side, with everything that was found on one page."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_ben.cli import _options as option
from napari_ben.cli._config_file import gather
from napari_ben.cli._look import open_all
from napari_ben.cli._progress import follow, warn
from napari_ben.errors import ArgumentError

if TYPE_CHECKING:
    from napari_ben.workflow import CompareConfig

Models = Annotated[
    list[str],
    typer.Option(
        "--model",
        "--models",
        help="Name or file; several with commas or repeated. LABEL=FILE makes models seeds of one recipe.",
    ),
]
Methods = Annotated[
    list[str] | None,
    typer.Option(
        "--method",
        "--methods",
        help="none, ben, arm-bn, cs-arm-bn (@count or @0.5 for its weight), controls; on embeddings unaligned, tvn, "
        "tvn-efaar, tvn-csarmbn, tvn-ando2017, coral, sphering. Several with commas or repeated.",
    ),
]
Sweeps = Annotated[
    list[str] | None,
    typer.Option("--sweep", "--sweeps", help="context, queries, label-shift or none; with --out all, without it none."),
]
MATCH = (
    "Platemap column, such as the mechanism: how often the nearest treatment of another compound (NSC), and of another "
    "batch too (NSCB), has the same."
)
Embeddings = Annotated[
    list[str] | None,
    typer.Option(
        "--embeddings",
        help="LABEL=FILE of embeddings made elsewhere (CSV, Parquet, AnnData); LABEL=timm:NAME for a frozen network.",
    ),
]


def compare(
    path: option.Target,
    model: Models = [],  # noqa: B006 # typer reads the default
    method: Methods = None,
    labels: Annotated[str | None, typer.Option(help="Platemap column with the true class.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for runs, tables, figures and report.html; goes on where it stopped.")
    ] = None,
    group: Annotated[str | None, typer.Option(help="Column of screen.csv by which plates are averaged.")] = None,
    match: Annotated[str | None, typer.Option(help=MATCH)] = None,
    compound: Annotated[str | None, typer.Option(help="Column of the compound, for --match; treatment.")] = None,
    reference: Annotated[
        str | None, typer.Option(help="Plates on which alignments and heads are fitted, with commas.")
    ] = None,
    head: Annotated[str | None, typer.Option(help="Of aligned embeddings: logistic or centroid.")] = None,
    sweep: Sweeps = None,
    draws: Annotated[int | None, typer.Option(help="Draws of each setting of a sweep.")] = None,
    embeddings: Embeddings = None,
    context: option.ContextWells = None,
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
    device: option.Device = None,
    threads: option.Threads = None,
    scheduler: option.Scheduler = None,
    workers: option.Workers = None,
    config_file: option.Config = None,
    settings: option.Settings = None,
) -> None:
    """Run methods and models on the same plates: accuracy, sweeps, batch effects, figures, one page."""
    from napari_ben import workflow

    options = option.given(
        methods=tuple(_split(method)) if method else None,
        labels=labels,
        match=match,
        compound=compound,
        reference=tuple(_split([reference])) if reference else None,
        head=head,
        sweeps=tuple(name for name in _split(sweep) if name != "none") if sweep else None,
        draws=draws,
        context=context,
        wells=wells,
        weight=option.parse_weight(weight),
        channels=option.parse_pairs(channel, "--channel"),
        reducer=reducer,
        device=device,
        threads=threads,
    )
    usual = {"sweeps": () if out is None else workflow.SWEEPS}
    config = workflow.make_config(workflow.CompareConfig, **gather(config_file, options, settings, usual))
    _check_embeddings(model, embeddings, config)
    told = option.told(platemap, well_order, accept_suggestions, keep_failed, only, experiment)
    plates = open_all(path, told, layout, pattern, option.view(z, time, acquisition))
    entrants = workflow.find_entrants(plates.ready_for(config.context), group)
    trials = workflow.plan_comparison(entrants, workflow.find_contenders(_split(model)), config)
    typer.echo(workflow.Costs.of(trials).describe(), err=True)
    sources = option.parse_pairs(embeddings, "--embeddings")
    tables = follow(workflow.find_embeddings(sources, entrants, out, config.device), "embeddings")
    elsewhere = workflow.runs_elsewhere(tables, entrants, config)
    with workflow.open_client(scheduler, workers) as client:
        run = workflow.run_comparison(trials, config, out, elsewhere, client)
        comparison = follow(run, f"{len(trials)} runs")
    typer.echo(comparison.to_markdown(), nl=False)
    warn(*comparison.notes)
    if not comparison.table["n_wells"].any() and config.match is None:
        warn("No column of the platemap holds the models' classes, so there is no accuracy. Name one with --labels.")
    if out is not None:
        comparison.save(out)
        typer.echo(f"Everything on one page → {out / 'report.html'}")


def _check_embeddings(models: list[str], embeddings: list[str] | None, config: "CompareConfig") -> None:
    if not models and not embeddings:
        raise ArgumentError(
            "There is nothing to compare.", "Name models with --models, or embeddings with --embeddings."
        )
    if embeddings and not config.of_embeddings:
        raise ArgumentError(
            "Embeddings have no network, so none of the methods fits them.",
            "Add methods for embeddings, such as --methods unaligned,tvn,coral.",
        )
    if embeddings and config.labels is None:
        raise ArgumentError("Embeddings name no classes.", "Name the platemap's column of them with --labels.")


def _split(texts: list[str]) -> list[str]:
    """Read lists with commas; a file whose name has one is given as it is."""
    return [
        part.strip() for text in texts for part in ([text] if Path(text).exists() else text.split(",")) if part.strip()
    ]
