"""What is remembered between sessions, in napari's own preferences of this plugin.

They are declared in the manifest. Without napari 0.9, or where napari does not know the plugin (a bare widget in a
script), the defaults of the manifest hold and nothing is remembered.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject

from napari_ben.session import RunOptions
from napari_ben.widgets._timers import timer

_PLUGIN = "napari-ben"
_SEPARATOR = "|"
_KEPT_PLATES = 8
_UNTIL_AT_REST = 3000  # ms


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


class Memory(QObject):
    """Remembers wishes when the person has rested for a while, or the dock closes.

    napari writes its file at every change, in the window's thread: not at the moment at which a run starts.

    Parameters
    ----------
    parent
        Of this object.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wishes: dict[str, str] = {}
        self._resting = timer(self, _UNTIL_AT_REST, self.write, once=True)

    def note(self, **wishes: str) -> None:
        """Remember these soon."""
        self._wishes |= wishes
        self._resting.start()

    def write(self) -> None:
        """Write what changed, now."""
        kept = remembered()
        for name, value in self._wishes.items():
            if getattr(kept, name) != value:
                setattr(kept, name, value)
        self._wishes.clear()


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


def with_plate(path: Path) -> str:
    """Give the list of recent plates with a folder at its head, as it is kept."""
    others = [str(known) for known in recent_plates() if known != path]
    return _SEPARATOR.join([str(path), *others][:_KEPT_PLATES])
