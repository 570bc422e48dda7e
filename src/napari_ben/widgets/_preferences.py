"""What is remembered between sessions, in napari's own preferences of this plugin.

They are declared in the manifest. Without napari 0.9, or where napari does not know the plugin (a bare widget in a
script), the defaults of the manifest hold and nothing is remembered.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_ben.session import RunOptions

_PLUGIN = "napari-ben"
_SEPARATOR = "|"
_KEPT_PLATES = 8


@dataclass(frozen=True)
class Defaults:
    """What the manifest declares; the same values, for where napari cannot be asked."""

    method: str = "cs-arm-bn"
    device: str = "auto"
    memory_gb: float = 0.0
    threads: int = 0
    model: str = ""
    recent_plates: str = ""


def remembered() -> Any:
    """Give the preferences, to be read and written by attribute."""
    try:
        from napari.settings import get_plugin_settings
    except ImportError:  # before napari 0.9
        return _Forgetful()
    known = get_plugin_settings()
    return known[_PLUGIN].running if _PLUGIN in known else _Forgetful()


class _Forgetful(Defaults):
    def __setattr__(self, name: str, value: object) -> None:
        """Remember nothing."""


def remember(**wishes: str) -> None:
    """Remember what changed; napari writes its file at every change, which takes a moment."""
    kept = remembered()
    for name, value in wishes.items():
        if getattr(kept, name) != value:
            setattr(kept, name, value)


def run_options() -> RunOptions:
    """Read how runs should be made; without a wish the network leaves one core to the window."""
    wishes = remembered()
    budget = int(wishes.memory_gb * 1e9) or None
    threads = wishes.threads or max((os.cpu_count() or 2) - 1, 1)
    return RunOptions(device=wishes.device, memory_budget=budget, threads=threads)


def recent_plates() -> tuple[Path, ...]:
    """List the folders opened last that are still there, latest first."""
    paths = [Path(text) for text in remembered().recent_plates.split(_SEPARATOR) if text]
    return tuple(path for path in paths if path.exists())


def remember_plate(path: Path) -> None:
    """Put a folder at the head of the recent plates."""
    others = [str(known) for known in recent_plates() if known != path]
    remember(recent_plates=_SEPARATOR.join([str(path), *others][:_KEPT_PLATES]))
