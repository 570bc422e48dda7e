"""``info`` and ``open``: what lies in a folder."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_ben.cli import _options as option
from napari_ben.cli._pattern import describe_pattern, pattern_in_words
from napari_ben.cli._progress import warn
from napari_ben.errors import ArgumentError

if TYPE_CHECKING:
    from napari_ben.plates import Plate, Screen


def info(
    path: option.Target,
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
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Say what a folder holds: layout, plates, wells, fields, channels, roles. Reads no pixel."""
    from napari_ben.plates import describe, describe_screen

    tried = {} if pattern is None else {"pattern": describe_pattern(path, pattern)}
    if tried and not as_json:
        typer.echo(pattern_in_words(tried["pattern"]))
    told = option.told(platemap, well_order, accept_suggestions, keep_failed, only, experiment)
    screen = open_all(path, told, layout, pattern, option.view(z, time, acquisition))
    if as_json:
        typer.echo(
            json.dumps(
                {"plates": [describe(plate) for plate in screen], "screen": describe_screen(screen), **tried}, indent=2
            )
        )
        return
    for plate in screen:
        typer.echo(_in_words(plate))
    if len(screen) > 1:
        typer.echo(_screen_in_words(screen))


def open_in_napari(
    path: option.Target,
    platemap: Annotated[Path | None, typer.Option(help="What is in the wells; looked for beside the plate.")] = None,
    layout: option.Layout = None,
    pattern: option.Pattern = None,
    z: option.Z = None,
    time: option.Time = None,
    acquisition: option.Acquisition = None,
) -> None:
    """Open a plate, a folder of plates, or a saved session (.bensession), in napari with the dock beside it."""
    from napari_ben.cli._window import open_window
    from napari_ben.plates import View
    from napari_ben.session import is_session_file

    asked = option.given(**option.view(z, time, acquisition))
    view = View(**asked) if asked else None
    opening = option.given(platemap=platemap, layout=layout, pattern=pattern, view=view)
    if opening and is_session_file(path):
        raise ArgumentError(
            f"The session {path.name!r} says itself how its plate is opened; {next(iter(opening))} was given too.",
            "Leave that out, and change it in the dock.",
        )
    open_window(path, **opening)


def open_all(
    path: Path | list[Path], told: option.Told, layout: str | None, pattern: str | None, view: option.View
) -> "Screen":
    """Open the plates of a folder, or of several, in one view: those asked for; with a pattern it is one plate."""
    from napari_ben.plates import screen_of
    from napari_ben.readers import open_plate, open_screen

    if pattern is not None and isinstance(path, list):
        raise ArgumentError(
            f"A pattern of file names describes one plate, and {len(path)} folders were given.", "Give one of them."
        )
    if pattern is not None and not isinstance(path, list):
        screen = screen_of(open_plate(path, platemap=told.platemap, layout=layout, pattern=pattern))
    else:
        screen = open_screen(path, platemap=told.platemap, layout=layout)
    warn(*screen.problems)
    screen = screen if told.only is None else screen.only(told.only)
    screen = screen if told.experiment is None else screen.grouped_by(told.experiment)
    return replace(screen, plates=tuple(_as_told(plate.at(**view), told) for plate in screen))


def _as_told(plate: "Plate", told: option.Told) -> "Plate":
    if told.accept_suggestions:
        plate = plate.with_suggested_roles()
    return plate.with_excluded(plate.wells.index, excluded=False) if told.keep_failed else plate


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
        *_dimensions(plate),
        *(f"  note      {note}" for note in plate.notes),
        *(f"  suggested {suggestion.describe()}" for suggestion in plate.suggestions),
        *(f"  problem   {problem}" for problem in facts["problems"]),
    ]
    return "\n".join(lines)


def _screen_in_words(screen: "Screen") -> str:
    from napari_ben.plates import describe_screen

    facts = describe_screen(screen)
    experiments = [f"{name} ({count})" for name, count in facts["experiments"].items()]
    listed = ", ".join(experiments[:6]) + (f" and {len(experiments) - 6} more" if len(experiments) > 6 else "")
    shared = ", ".join(f"{count} {role.replace('_', ' ')}" for role, count in facts["shared_treatments"].items())
    lines = [f"{facts['name']} · {facts['n_plates']} plates", f"  experiments  {listed}"]
    return "\n".join([*lines, f"  shared       treatments on all plates: {shared}"] if shared else lines)


def _dimensions(plate: "Plate") -> list[str]:
    lines = []
    if plate.n_z > 1:
        lines.append(f"  z planes  {plate.n_z} ({plate.z_planes[0]} to {plate.z_planes[-1]})")
    if plate.n_times > 1:
        lines.append(f"  times     {plate.n_times} ({plate.times[0]} to {plate.times[-1]})")
    if plate.acquisitions:
        lines.append(f"  acquired  {len(plate.acquisitions)} times: {', '.join(plate.acquisitions)}")
    if plate.pixel_um:
        lines.append(f"  pixel     {plate.pixel_um:g} µm")
    return lines
