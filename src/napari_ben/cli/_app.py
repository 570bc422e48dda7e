"""The commands put together, and the one place where an error becomes two lines of text."""

import sys
from collections.abc import Sequence
from io import TextIOWrapper

import typer

from napari_ben import __version__
from napari_ben.cli import _compare, _look, _make, _models, _predict, _try
from napari_ben.errors import NapariBenError

app = typer.Typer(
    name="napari-ben",
    help="Plate-aware deep learning for high-content screening.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(_try.demo)
app.command("open")(_look.open_in_napari)
app.command()(_look.info)
app.command()(_predict.predict)
app.command()(_compare.compare)
app.command()(_predict.rerun)
app.command()(_make.train)
app.add_typer(_models.app, name="models")
app.command()(_try.sample)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; an error that napari-ben raises on purpose ends it with two lines and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a log on Windows may not know every sign
    try:
        app(args=arguments)
    except NapariBenError as error:
        typer.echo(f"Error: {error.problem}", err=True)
        typer.echo(error.remedy, err=True)
        sys.exit(2)


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _napari_ben(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Show the version."),
) -> None:
    """Plate-aware deep learning for high-content screening."""
