"""``models``: what networks there are, and how published ones become ours."""

from pathlib import Path
from typing import Annotated

import typer

from napari_ben.cli import _options as option
from napari_ben.errors import ArgumentError

app = typer.Typer(no_args_is_help=True, help="List, show and import models.", rich_markup_mode=None)


@app.command("list")
def list_models() -> None:
    """List the models at hand."""
    from napari_ben.models import available_models

    cards = available_models()
    width = max(map(len, cards), default=0)
    for name, card in cards.items():
        facts = (card.architecture, f"{len(card.classes)} classes", ", ".join(card.channels), card.training.method)
        typer.echo(f"{name:<{width}}  {'  '.join(facts)}")


@app.command()
def show(model: Annotated[str, typer.Argument(metavar="NAME", help="Name or file of a model.")]) -> None:
    """Show a model's card as JSON."""
    from napari_ben.models import load_model

    typer.echo(load_model(model).card.model_dump_json(indent=2))


@app.command("import")
def import_checkpoint(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A published checkpoint: .pt, .pth or .safetensors.")],
    architecture: Annotated[str | None, typer.Option(help="resnet50, resnet50_avgstride, densenet161 …")] = None,
    channels: Annotated[str | None, typer.Option(help="In the network's order: 'RNA,ER,AGP,Mito,DNA'.")] = None,
    classes: Annotated[str | None, typer.Option(help="In the network's order, or @FILE with one a line.")] = None,
    name: Annotated[str | None, typer.Option(help="What to call it; the file's name by default.")] = None,
    licence: Annotated[str | None, typer.Option(help="Under which it may be used.")] = None,
    out: Annotated[Path | None, typer.Option(help="Model file; in your own models by default.")] = None,
    settings: option.Settings = None,
) -> None:
    """Turn a published checkpoint into a model. Nothing in it is executed."""
    from napari_ben.models import import_model, model_folder

    target = out if out is not None else model_folder() / f"{name or file.stem}.safetensors"
    target.parent.mkdir(parents=True, exist_ok=True)
    model = import_model(
        file,
        architecture=architecture,
        channels=_names(channels),
        classes=_names(classes),
        out=target,
        **option.given(name=name, licence=licence),
        **option.parse_settings(settings),
    )
    typer.echo(f"{model.card.name} ({model.card.architecture}, {len(model.card.classes)} classes) → {target}")


def _names(text: str | None) -> list[str] | None:
    if text is None:
        return None
    names = _lines(Path(text[1:])) if text.startswith("@") else text.split(",")
    return [name.strip() for name in names if name.strip()]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ArgumentError(
            f"The names in {str(path)!r} cannot be read: {error}.", "Give a text file with one name a line."
        ) from error
