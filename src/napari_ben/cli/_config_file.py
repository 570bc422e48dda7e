"""Options from a file, from the command line and from ``--set``, put together: one schema whoever says it."""

import json
import tomllib
from pathlib import Path
from typing import Any

from napari_ben.cli._options import parse_settings
from napari_ben.errors import ArgumentError


def gather(
    path: Path | None, typed: dict[str, Any], settings: list[str] | None, usual: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Join options: what is usual, the file's, those typed, and ``--set`` in the end.

    Raises
    ------
    ArgumentError
        When the file cannot be read, or a setting has no ``=``.
    """
    return join_options(usual or {}, read_config(path), typed, parse_settings(settings))


def read_config(path: Path | None) -> dict[str, Any]:
    """Read a file of options; none gives none.

    Raises
    ------
    ArgumentError
        When it is neither TOML nor JSON, or cannot be read.
    """
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:  # of TOML, JSON and UTF-8
        raise ArgumentError(
            f"The options in {str(path)!r} cannot be read: {error}.",
            "Give a TOML file, or a .json with what --dry-run prints.",
        ) from error
    if not isinstance(found, dict):
        raise ArgumentError(f"{str(path)!r} holds a {type(found).__name__}, not options by name.", "Write {...}.")
    return found


def join_options(*sources: dict[str, Any]) -> dict[str, Any]:
    """Join options, later ones overruling earlier ones; a dot in a name leads into an option that has parts.

    >>> join_options({"epochs": 9, "schedule": {"warm_up": 0.2}}, {"epochs": 3, "schedule.kind": "step"})
    {'epochs': 3, 'schedule': {'warm_up': 0.2, 'kind': 'step'}}
    """
    joined: dict[str, Any] = {}
    for options in sources:
        for name, value in options.items():
            whole, dot, part = name.partition(".")
            known = joined.get(whole)
            joined[whole] = {**(known if isinstance(known, dict) else {}), part: value} if dot else value
    return joined
