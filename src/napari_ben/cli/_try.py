"""``demo`` and ``sample``: the main job on plates that are drawn on the spot."""

from pathlib import Path
from typing import Annotated

import typer

from napari_ben.cli._progress import Reporter, warn

Out = Annotated[Path, typer.Option(help="Folder for figures, tables and summary.json.")]


def demo(
    headless: Annotated[bool, typer.Option("--headless", help="Write figures and tables instead of a window.")] = False,
    out: Out = Path("demo-results"),
    seed: Annotated[int, typer.Option(help="Of the sample screen.")] = 0,
) -> None:
    """Show the main job on the sample plates: in napari, or headless as figures, tables and summary.json."""
    from napari_ben.cli._window import open_window, window_refusal

    refusal = None if headless else window_refusal()
    if refusal:
        warn(f"napari cannot open a window here: {refusal}. Figures and tables are written instead.")
    warn("The sample plates are drawn the first time, and kept.")
    if headless or refusal:
        from napari_ben.cli._demo import run_demo

        run_demo(out, seed)
    else:
        from napari_ben.samples import sample_screen

        open_window(sample_screen(seed))


def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder.")],
    seed: Annotated[int, typer.Option(help="Any seed is a screen that nobody has seen.")] = 0,
    in_domain: Annotated[int, typer.Option(help="Plates of the training experiments.")] = 2,
    new_batch: Annotated[int, typer.Option(help="Plates of a new batch.")] = 2,
    other_lab: Annotated[int, typer.Option(help="Plates of another laboratory.")] = 2,
    label_shift: Annotated[int, typer.Option(help="Plates on which few mechanisms dominate.")] = 0,
    training: Annotated[int, typer.Option(help="Plates of each training experiment.")] = 0,
    fields: Annotated[int, typer.Option(help="Fields of a well.")] = 2,
    size: Annotated[int, typer.Option(help="Height and width of a field, pixels.")] = 128,
) -> None:
    """Draw a screen of Cell Painting-like plates with platemaps, known classes and known batch effects."""
    from napari_ben.samples import ScreenDesign, iter_screen

    design = ScreenDesign(in_domain, new_batch, other_lab, label_shift, training, fields, size)
    reporter = Reporter(folder.name)
    for done, total in iter_screen(folder, seed, design):
        reporter.show("drawing", done, total, "fields")
    reporter.finish()
    typer.echo(str(folder))
