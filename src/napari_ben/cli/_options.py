"""Options that several commands share, and what people type into them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, cast

import typer

from napari_ben.errors import ArgumentError

if TYPE_CHECKING:
    from napari_ben.plates import PlatemapFiles, ZChoice
    from napari_ben.plates import WellOrder as WellOrders

Target = Annotated[
    Path,
    typer.Argument(metavar="PATH", help="A plate's folder, a folder of plates, or a table of plates (screen.csv)."),
]
Platemap = Annotated[
    list[Path] | None,
    typer.Option(
        help="What is in the wells: CSV, TSV, Excel, a grid, or a folder with barcode_platemap.csv; looked for beside "
        "the plate. Repeated, the files are joined on the columns that they share."
    ),
]
WellOrder = Annotated[str | None, typer.Option(help="row-major or column-major, where the platemap numbers its wells.")]
AcceptSuggestions = Annotated[
    bool, typer.Option("--accept-suggestions", help="Take wells that look like negative controls (DMSO, …) for such.")
]
KeepFailed = Annotated[bool, typer.Option("--keep-failed", help="Let wells that failed quality control into contexts.")]
Only = Annotated[
    str | None,
    typer.Option(
        "--only",
        help="Plates of the screen: names, HUVEC-*, or a column with a value such as 'dataset:train, !batch:B3'.",
    ),
]
Experiment = Annotated[
    str | None,
    typer.Option("--experiment", help="Column of screen.csv or of the platemaps that says which plates are one batch."),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", help="TOML or JSON file of options, as --dry-run prints them; options typed overrule it."),
]
Layout = Annotated[str | None, typer.Option(help="How the files lie on disk, when it is not found by itself.")]
Pattern = Annotated[
    str | None, typer.Option(help="Regular expression of file names with groups well, field, channel; for one plate.")
]
Z = Annotated[
    str | None, typer.Option("--z", help="A z plane's number, max, or auto: a stored projection, else the middle one.")
]
Time = Annotated[int | None, typer.Option(help="A time point's number; the first by default.")]
Acquisition = Annotated[str | None, typer.Option(help="What was imaged another time; the first by default.")]
Methods = Annotated[
    list[str] | None, typer.Option("--method", help="none, ben, cs-arm-bn, controls, arm-bn, custom; may be repeated.")
]
ContextWells = Annotated[
    str | None,
    typer.Option(
        "--context",
        help="plate, controls, controls:positive, controls:all, controls:shared (by all plates), controls:NAME of a "
        "set, or wells such as 'A1-C12, !B3, treatment:DMSO'.",
    ),
]
Wells = Annotated[str | None, typer.Option(help="Wells to predict; all with images by default.")]
Weight = Annotated[str | None, typer.Option(help="Share of the controls in mixed statistics, 0–1, or 'count'.")]
Channels = Annotated[
    list[str] | None, typer.Option("--channel", help="MODEL=PLATE, where the guess by name is wrong; may be repeated.")
]
Reducer = Annotated[str | None, typer.Option(help="Fields to wells: logit, probability or embedding.")]
Device = Annotated[str | None, typer.Option(help="auto, cpu, cuda, cuda:1 or mps.")]
ChunkSize = Annotated[int | None, typer.Option(help="Images at a time; changes speed and memory, not results.")]
MemoryBudget = Annotated[str | None, typer.Option(help="What the statistics may hold, such as 4GB.")]
Threads = Annotated[int | None, typer.Option(help="Processor threads of the network.")]
Scheduler = Annotated[
    str | None, typer.Option(help="Address of a dask scheduler whose workers take the plates of a screen.")
]
Workers = Annotated[
    int | None,
    typer.Option(help="Processes on this machine that take the plates of a screen; without it one after the other."),
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Any further option, the value as JSON or text.")
]

_UNITS = {"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40, "B": 1}


def given(**options: Any) -> dict[str, Any]:
    """Keep the options that were typed."""
    return {name: value for name, value in options.items() if value is not None}


def parse_pairs(texts: Sequence[str] | None, option: str) -> dict[str, str]:
    """Read ``NAME=VALUE`` texts.

    Raises
    ------
    ArgumentError
        When one has no ``=``.
    """
    pairs = [text.partition("=") for text in texts or ()]
    for name, sign, _ in pairs:
        if not sign:
            raise ArgumentError(f"{option} {name!r} has no '='.", f"Write it as {option} NAME=VALUE.")
    return {name.strip(): value.strip() for name, _, value in pairs}


def parse_settings(texts: Sequence[str] | None) -> dict[str, Any]:
    """Read ``NAME=VALUE`` texts, the values as JSON where they are JSON.

    >>> parse_settings(["epochs=3", "method=ben", "channels=[1, 2]"])
    {'epochs': 3, 'method': 'ben', 'channels': [1, 2]}
    """
    return {name: _parse_value(value) for name, value in parse_pairs(texts, "--set").items()}


@dataclass(frozen=True)
class Told:
    """What is said about the plates and their wells.

    Parameters
    ----------
    platemap
        Files to be joined; looked for beside each plate when None.
    accept_suggestions
        Whether wells that look like controls are taken for such.
    keep_failed
        Whether wells that failed quality control stay in contexts.
    only
        Selection of plates; all when None.
    experiment
        Column that groups plates; as the screen groups them when None.
    """

    platemap: "PlatemapFiles | None"
    accept_suggestions: bool
    keep_failed: bool
    only: str | None
    experiment: str | None


def told(
    platemap: Sequence[Path] | None,
    well_order: str | None,
    accept_suggestions: bool,
    keep_failed: bool,
    only: str | None,
    experiment: str | None,
) -> Told:
    """Gather the options that say which plates are meant, and what is in their wells.

    Raises
    ------
    ArgumentError
        When the order of wells is unknown, or given without a platemap.
    """
    from napari_ben.plates import PlatemapFiles

    if well_order is not None and (well_order not in ("row-major", "column-major") or not platemap):
        raise ArgumentError(
            f"--well-order {well_order!r} says how a platemap numbers its wells: row-major or column-major.",
            "Write one of these, together with --platemap.",
        )
    files = PlatemapFiles(tuple(platemap), cast("WellOrders", well_order)) if platemap else None
    return Told(files, accept_suggestions, keep_failed, only, experiment)


class View(TypedDict):
    """What is shown of a plate: arguments of `Plate.at`."""

    z: "ZChoice | None"
    time: int | None
    acquisition: str | None


def view(z: str | None, time: int | None, acquisition: str | None) -> View:
    """Gather the options that say what is shown of a plate."""
    return {"z": parse_z(z), "time": time, "acquisition": acquisition}


def parse_z(text: str | None) -> "ZChoice | None":
    """Read a z plane: a number, ``auto`` or ``max``.

    Raises
    ------
    ArgumentError
        When it is neither.
    """
    match text:
        case None | "auto" | "max":
            return text
    try:
        return int(text)
    except ValueError:
        raise ArgumentError(f"--z {text!r} is no z plane.", "Write auto, max, or a plane's number.") from None


def parse_weight(text: str | None) -> float | str | None:
    """Read a weight: a number where it is one, else the word as it stands."""
    value = None if text is None else _parse_value(text)
    return value if isinstance(value, (int, float)) else text


def parse_bytes(text: str | None) -> int | None:
    """Read a size such as ``4GB`` or ``512 MB``.

    Raises
    ------
    ArgumentError
        When it is no size.

    Examples
    --------
    >>> parse_bytes("1.5 GB")
    1610612736
    """
    if text is None:
        return None
    plain = text.replace(" ", "").upper()
    unit = next((name for name in _UNITS if plain.endswith(name)), "")
    try:
        return int(float(plain.removesuffix(unit)) * _UNITS.get(unit, 1))
    except ValueError:
        raise ArgumentError(f"{text!r} is no amount of memory.", "Write it as 4GB or 512MB.") from None


def _parse_value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
