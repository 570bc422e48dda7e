"""``train``: a model from plates."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_ben.cli import _options as option
from napari_ben.cli._progress import STOPPED, Reporter

if TYPE_CHECKING:
    from napari_ben.models import Model
    from napari_ben.training import Epoch


def train(
    plates: Annotated[list[Path], typer.Argument(metavar="PLATES...", help="Plates, or folders of plates.")],
    out: Annotated[Path, typer.Option(help="Model file to write (.safetensors).")],
    labels: Annotated[str | None, typer.Option(help="Platemap column that holds the classes.")] = None,
    method: Annotated[str | None, typer.Option(help="erm, ben or cs-arm-bn.")] = None,
    wells: Annotated[str | None, typer.Option(help="Wells to train on, such as 'A1-D12, !B3'.")] = None,
    platemap: option.Platemap = None,
    layout: option.Layout = None,
    pattern: option.Pattern = None,
    well_order: option.WellOrder = None,
    accept_suggestions: option.AcceptSuggestions = False,
    keep_failed: option.KeepFailed = False,
    z: option.Z = None,
    time: option.Time = None,
    acquisition: option.Acquisition = None,
    architecture: Annotated[str | None, typer.Option(help="resnet10, resnet18, resnet50, densenet121 …")] = None,
    epochs: Annotated[int | None, typer.Option(help="At most.")] = None,
    tile: Annotated[
        int | None, typer.Option(help="Train on tiles of this many pixels; whole fields by default.")
    ] = None,
    label_controls: Annotated[
        bool, typer.Option("--label-controls", help="Controls are a class of their own.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    threads: option.Threads = None,
    settings: option.Settings = None,
) -> None:
    """Train a model on plates; an epoch a line."""
    from napari_ben.cli._look import open_all
    from napari_ben.training import TrainingConfig
    from napari_ben.workflow import make_config, run_training

    options = option.given(
        labels=labels,
        method=method,
        wells=wells,
        architecture=architecture,
        epochs=epochs,
        tiling=None if tile is None else {"size": (tile, tile), "fit": "tiles"},
        label_controls=label_controls or None,
        seed=seed,
    )
    config = make_config(TrainingConfig, **options, **option.parse_settings(settings))
    told = option.told(platemap, well_order, accept_suggestions, keep_failed)
    opened = [
        plate for path in plates for plate in open_all(path, told, layout, pattern, option.view(z, time, acquisition))
    ]
    _watch(run_training(opened, config, out, resume=resume, device=device, threads=threads), out)


def _watch(steps: "Generator[Epoch, None, Model]", out: Path) -> None:
    """Print a line an epoch, and say how to go on when the person stops it."""
    reporter, finished_epochs = Reporter(out.name), 0
    try:
        while True:
            epoch = next(steps)
            finished_epochs = epoch.number if epoch.is_complete else epoch.number - 1
            reporter.show(f"epoch {epoch.number}/{epoch.n_epochs}", epoch.step, epoch.n_steps, "steps")
            if epoch.is_complete:
                reporter.finish()
                accuracy = "" if epoch.accuracy is None else f"  held-out accuracy {epoch.accuracy:.3f}"
                typer.echo(f"epoch {epoch.number:>3}/{epoch.n_epochs}  loss {epoch.loss:.4f}{accuracy}")
    except StopIteration as finished:
        typer.echo(f"{finished.value.card.name} → {out}")
    except KeyboardInterrupt:
        reporter.finish()
        kept = f"Stopped after epoch {finished_epochs}. Go on with the same command and --resume."
        typer.echo(kept if finished_epochs else "Stopped in the first epoch; nothing is kept yet.", err=True)
        raise typer.Exit(STOPPED) from None
    finally:
        reporter.finish()
