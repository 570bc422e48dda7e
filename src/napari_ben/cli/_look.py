"""``info`` and ``open``: what lies in a folder."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from napari_ben.cli._options import Layout, Pattern, Platemap, Target
from napari_ben.cli._progress import warn

if TYPE_CHECKING:
    from napari_ben.plates import Plate


def info(
    path: Target,
    platemap: Platemap = None,
    layout: Layout = None,
    pattern: Pattern = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Say what a folder holds: layout, plates, wells, fields, channels, roles. Reads no pixel."""
    from napari_ben.plates import describe

    plates = open_all(path, platemap, layout, pattern)
    if as_json:
        typer.echo(json.dumps({"plates": [describe(plate) for plate in plates]}, indent=2))
        return
    for plate in plates:
        typer.echo(_in_words(plate))


def open_in_napari(path: Target) -> None:
    """Open a plate, or a folder of plates, in napari with the dock beside it."""
    from napari_ben.cli._window import open_window

    open_window(path)


def open_all(path: Target, platemap: Platemap, layout: Layout, pattern: Pattern) -> "tuple[Plate, ...]":
    """Open the plates of a folder; with a pattern the folder is one plate."""
    from napari_ben.readers import open_plate, open_screen

    if pattern is not None:
        return (open_plate(path, platemap=platemap, layout=layout, pattern=pattern),)
    screen = open_screen(path, platemap=platemap, layout=layout)
    warn(*screen.problems)
    return tuple(screen)


def _in_words(plate: "Plate") -> str:
    from napari_ben.plates import describe

    facts = describe(plate)
    roles = ", ".join(f"{count} {role.replace('_', ' ')}" for role, count in facts["roles"].items())
    height, width = facts["shape"]
    lines = [
        f"{facts['name']} · {facts['layout']}",
        f"  wells     {facts['n_wells']} of {facts['format']}: {roles}",
        f"  fields    {facts['n_fields']}, {height}×{width} {facts['dtype']}",
        f"  channels  {', '.join(facts['channels'])}",
        *(f"  note      {note}" for note in plate.notes),
        *(f"  problem   {problem}" for problem in facts["problems"]),
    ]
    return "\n".join(lines)
