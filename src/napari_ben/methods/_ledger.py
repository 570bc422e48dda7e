"""How much memory live activations may take, and how much they do take."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch

from napari_ben.errors import MethodError

__all__ = ["Ledger", "MemoryBudget"]


@dataclass(frozen=True)
class MemoryBudget:
    """How much memory live activations may take.

    Parameters
    ----------
    device
        Bytes on the device where the network runs (the process's memory when that is the CPU); None for no limit.
        One chunk's own activations come on top.
    host
        Bytes in host memory when the device is another one; None for no limit.
    when_full
        ``"spill"`` moves activations to host memory, then to files; ``"recompute"`` keeps the latest activations that
        fit and computes the rest again; ``"cheaper"`` compares the two by the time they took so far.
    folder
        Where a folder for spilled activations is made, removed at the end; None for the system's temporary folder.

    Raises
    ------
    MethodError
        When a limit is negative.
    """

    device: int | None = None
    host: int | None = None
    when_full: Literal["cheaper", "spill", "recompute"] = "cheaper"
    folder: Path | None = None

    def __post_init__(self) -> None:
        for name, limit in (("device", self.device), ("host", self.host)):
            if limit is not None and limit < 0:
                raise MethodError(
                    f"The memory budget for the {name} is {limit} bytes; zero or more is allowed.",
                    "Give a number of bytes, or None for no limit.",
                )


@dataclass
class Ledger:
    """Bytes of tensors that are held on one device, each storage counted once however many tensors share it."""

    device: torch.device
    held: int = 0
    peak: int = 0
    _holders: dict[int, int] = field(default_factory=dict, repr=False)

    def hold(self, value: Any) -> None:
        """Count a value's tensors; tuples and lists are looked into."""
        for storage in _storages(value, self.device):
            holders = self._holders.get(storage.data_ptr(), 0)
            self._holders[storage.data_ptr()] = holders + 1
            self.held += 0 if holders else storage.nbytes()
        self.peak = max(self.peak, self.held)

    def release(self, value: Any) -> None:
        """Take back one :meth:`hold` of the same value."""
        for storage in _storages(value, self.device):
            holders = self._holders.pop(storage.data_ptr()) - 1
            if holders:
                self._holders[storage.data_ptr()] = holders
            else:
                self.held -= storage.nbytes()


def _storages(value: Any, device: torch.device) -> Iterator[torch.UntypedStorage]:
    if isinstance(value, torch.Tensor):
        if value.device == device and value.numel():
            yield value.untyped_storage()
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _storages(part, device)
