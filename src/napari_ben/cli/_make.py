"""``train``: a model from plates."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_ben.cli import _options as option
from napari_ben.cli._config_file import gather
from napari_ben.cli._progress import STOPPED, Reporter

if TYPE_CHECKING:
    from napari_ben.models import Model
    from napari_ben.training import Epoch

METHODS = "erm, ben, arm-bn, arm-cml, cs-arm-bn, controls, simclr or minclr."
TILE = "Train on tiles of this many pixels; whole fields by default."
HOLD_OUT = "Plate to choose the best epoch by; may be repeated."
HOLD_OUT_BY = "What to hold out with --validation-share: plate, experiment, position, or well (of the training plates)."
SCALING = "range, plate (the plate's own mean and deviation), percentile or image."
SCALE_OVER = "With --scaling plate: plate, experiment, or a platemap column such as the cell type."
CONTROL_WEIGHT = "Share of the controls in the statistics, 0–1, at validation and in the model's card."
FIXED = "Contexts of one size and control weight in training; drawn at random by default."
TEACHER = "A mean teacher with consistency and pseudo-labels on unlabelled images (DeepNoise); for erm."
UNLABELLED = "Plate whose labels are not looked at, for the teacher; may be repeated."
DISTORTION = "none, easy, normal or hard: shift and scale, erase, zoom."
DRY_RUN = "Say what trains, what validates and what leaks, print all settings as JSON, and train nothing."


def train(
    plates: Annotated[list[Path], typer.Argument(metavar="PLATES...", help="Plates, or folders of plates.")],
    out: Annotated[Path, typer.Option(help="Model file to write (.safetensors).")],
    labels: Annotated[str | None, typer.Option(help="Platemap column that holds the classes.")] = None,
    method: Annotated[str | None, typer.Option(help=METHODS)] = None,
    wells: Annotated[str | None, typer.Option(help="Wells to train on, such as 'A1-D12, !B3'.")] = None,
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
    architecture: Annotated[str | None, typer.Option(help="resnet10, resnet18, resnet50, densenet121 …")] = None,
    epochs: Annotated[int | None, typer.Option(help="At most.")] = None,
    validation_plate: Annotated[list[str] | None, typer.Option(help=HOLD_OUT)] = None,
    validation_by: Annotated[str | None, typer.Option(help=HOLD_OUT_BY)] = None,
    validation_share: Annotated[float | None, typer.Option(help="Share to hold out, 0–0.9.")] = None,
    patience: Annotated[int | None, typer.Option(help="Stop after so many epochs without a better validation.")] = None,
    scaling: Annotated[str | None, typer.Option(help=SCALING)] = None,
    scale_over: Annotated[str | None, typer.Option(help=SCALE_OVER)] = None,
    tile: Annotated[int | None, typer.Option(help=TILE)] = None,
    label_controls: Annotated[
        bool, typer.Option("--label-controls", help="Controls are a class of their own.")
    ] = False,
    batch_size: Annotated[int | None, typer.Option(help="Images that carry the loss in one batch.")] = None,
    control_batch_size: Annotated[int | None, typer.Option(help="Controls beside them.")] = None,
    accumulation: Annotated[int | None, typer.Option(help="Batches whose gradients make one step.")] = None,
    control_weight: Annotated[float | None, typer.Option(help=CONTROL_WEIGHT)] = None,
    fixed_context: Annotated[bool, typer.Option("--fixed-context", help=FIXED)] = False,
    optimizer: Annotated[str | None, typer.Option(help="adamw, adam or sgd.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="At its highest.")] = None,
    schedule: Annotated[str | None, typer.Option(help="Of the learning rate: cosine, step or constant.")] = None,
    precision: Annotated[str | None, typer.Option(help="float32 or mixed (bfloat16 where it is safe).")] = None,
    loss: Annotated[str | None, typer.Option(help="softmax, arcface or both.")] = None,
    teacher: Annotated[bool, typer.Option("--teacher", help=TEACHER)] = False,
    unlabelled_plate: Annotated[list[str] | None, typer.Option(help=UNLABELLED)] = None,
    distortion: Annotated[str | None, typer.Option(help=DISTORTION)] = None,
    cutmix: Annotated[float | None, typer.Option(help="Share of the batches with CutMix, 0–1.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put the model in the place of one that is there.")
    ] = False,
    log: Annotated[Path | None, typer.Option(help="Folder for metrics.csv and TensorBoard, as they come.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=DRY_RUN)] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    threads: option.Threads = None,
    config_file: option.Config = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="Any further option, such as teacher.per_plate=1 or gain=0.1."
        ),
    ] = None,
) -> None:
    """Train a model on plates: what is held out and what leaks first, then an epoch a line."""
    from napari_ben.cli._look import open_all
    from napari_ben.training import TrainingConfig
    from napari_ben.workflow import make_config, plan_training, run_training

    options = option.given(
        labels=labels,
        method=method,
        wells=wells,
        architecture=architecture,
        epochs=epochs,
        validation_plates=tuple(validation_plate) if validation_plate else None,
        validation_by=validation_by,
        validation_share=validation_share,
        patience=patience,
        scaling=scaling,
        scale_over=scale_over,
        tiling=None if tile is None else {"size": (tile, tile), "fit": "tiles"},
        label_controls=label_controls or None,
        batch_size=batch_size,
        control_batch_size=control_batch_size,
        accumulation=accumulation,
        control_weight=control_weight,
        random_context=False if fixed_context else None,
        optimizer=optimizer,
        learning_rate=learning_rate,
        precision=precision,
        loss=loss,
        teacher={} if teacher else None,
        unlabelled_plates=tuple(unlabelled_plate) if unlabelled_plate else None,
        distortion=distortion,
        cutmix=cutmix,
        seed=seed,
        **{"schedule.kind": schedule},
    )
    config = make_config(TrainingConfig, **gather(config_file, options, settings))
    told = option.told(platemap, well_order, accept_suggestions, keep_failed, only, experiment)
    view = option.view(z, time, acquisition)
    opened = open_all(plates[0] if len(plates) == 1 else plates, told, layout, pattern, view)
    if dry_run:
        typer.echo(str(plan_training(opened, config)))
        typer.echo(config.model_dump_json(indent=2))
        return
    _watch(
        run_training(opened, config, out, resume=resume, replace=replace, device=device, threads=threads, log=log), out
    )


def _watch(steps: "Generator[Epoch, None, Model]", out: Path) -> None:
    """Print a line an epoch, and say how to go on when the person stops it."""
    reporter, finished_epochs = Reporter(out.name), 0
    try:
        while True:
            epoch = next(steps)
            if epoch.split is not None:
                typer.echo(str(epoch.split), err=True)
                continue
            finished_epochs = epoch.number if epoch.is_complete else epoch.number - 1
            reporter.show(f"epoch {epoch.number}/{epoch.n_epochs}", epoch.step, epoch.n_steps, "steps")
            if epoch.is_complete:
                reporter.finish()
                accuracy = "" if epoch.accuracy is None else f"  held-out accuracy {epoch.accuracy:.3f}"
                typer.echo(f"epoch {epoch.number:>3}/{epoch.n_epochs}  loss {epoch.loss:.4f}{accuracy}")
    except StopIteration as finished:
        typer.echo(f"{_kept(finished.value)} → {out}")
    except KeyboardInterrupt:
        reporter.finish()
        kept = f"Stopped after epoch {finished_epochs}. Go on with the same command and --resume."
        typer.echo(kept if finished_epochs else "Stopped in the first epoch; nothing is kept yet.", err=True)
        raise typer.Exit(STOPPED) from None
    finally:
        reporter.finish()


def _kept(model: "Model") -> str:
    """Say which epoch a model is of, and how good it was.

    The last one where nothing is held out, else the first of the best.
    """
    record = model.card.training
    accuracy = record.settings.get("validation_accuracy")
    if accuracy is None:
        return model.card.name
    return f"{model.card.name}, epoch {record.epochs} with held-out accuracy {accuracy:.3f}"
