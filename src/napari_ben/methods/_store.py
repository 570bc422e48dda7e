"""Where live activations wait between two stages: on the device, in host memory, or in files.

The chunks are visited in the same order in every stage. Under such a cycle any policy that moves out what was not used
for longest moves everything, every time; so values stay where they were first put, and a fixed part of the context
remains in the fastest memory that has room.
"""

import errno
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
import torch

from napari_ben._whole import scratch_folder
from napari_ben.errors import SaveError
from napari_ben.methods._ledger import Ledger, MemoryBudget

__all__ = ["Slot", "Store"]

_CPU = torch.device("cpu")


class Slot(Protocol):
    """One value that waits.

    Attributes
    ----------
    nbytes
        Bytes that it takes on the compute device while it waits.
    """

    nbytes: int

    def load(self) -> Any:
        """Return the value on the compute device; it stays in its slot too."""

    def free(self) -> None:
        """Forget the value."""


@dataclass
class _Resident:
    value: Any
    ledgers: tuple[Ledger, ...]
    nbytes: int = 0

    def __post_init__(self) -> None:
        self.nbytes = getattr(self.value, "nbytes", 0)
        for ledger in self.ledgers:
            ledger.hold(self.value)

    def load(self) -> Any:
        return self.value

    def free(self) -> None:
        for ledger in self.ledgers:
            ledger.release(self.value)
        self.value = None


@dataclass
class _OnHost:
    value: torch.Tensor
    device: torch.device
    ledger: Ledger
    clock: "_Clock"
    nbytes: int = 0

    def load(self) -> torch.Tensor:
        with self.clock.measure(self.value.nbytes):
            return self.value.to(self.device)

    def free(self) -> None:
        self.ledger.release(self.value)


@dataclass
class _OnDisk:
    path: Path
    like: torch.Tensor
    device: torch.device
    clock: "_Clock"
    nbytes: int = 0

    def load(self) -> torch.Tensor:
        with self.clock.measure(self.like.nbytes):
            flat = torch.from_numpy(np.fromfile(self.path, np.uint8)).view(self.like.dtype)
            return flat.as_strided(self.like.shape, self.like.stride()).to(self.device)

    def free(self) -> None:
        self.path.unlink()


@dataclass
class _Clock:
    """Learns how long a byte takes on its way; the first guess fades as bytes come and go."""

    nbytes: float
    seconds: float = 0.1

    @property
    def round_trip(self) -> float:
        """Seconds to move one byte out and back in."""
        return 2 * self.seconds / self.nbytes

    @contextmanager
    def measure(self, nbytes: int) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds += time.perf_counter() - start
        self.nbytes += nbytes


@dataclass
class Store:
    """Keeps values between visits within a memory budget; a context manager that leaves nothing behind.

    Attributes
    ----------
    held
        Ledger of all activations on the device, waiting or in work.
    """

    device: torch.device
    budget: MemoryBudget
    held: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.held, self._waiting, self._host = Ledger(self.device), Ledger(self.device), Ledger(_CPU)
        self._to_disk = _Clock(nbytes=50e6)  # 500 MB/s: an SSD behind the system's page cache
        self._to_host = _Clock(nbytes=600e6)  # 6 GB/s: pageable memory over PCI Express
        self._folder: Path | None = None
        self._exits = ExitStack()
        self._numbers = count()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._exits.close()

    def put(self, value: Any) -> Slot:
        """Keep a value in the fastest memory that has room for it.

        Raises
        ------
        SaveError
            When it has to go to a file and the disk is full.
        """
        if not isinstance(value, torch.Tensor) or _fits(value.nbytes, self._waiting, self.budget.device):
            return _Resident(value, (self.held, self._waiting))
        if self._has_host_room(value.nbytes):
            return self._put_on_host(value)
        return self._put_on_disk(value)

    def prefers_to_keep(self, nbytes: int, freed: int, seconds: float) -> bool:
        """Whether new values should be kept, rather than computed again at the next visit.

        Parameters
        ----------
        nbytes
            Bytes of the new values.
        freed
            Bytes on the device that become free by keeping them.
        seconds
            How long computing them took.
        """
        excess = self.excess(nbytes, freed)
        if excess <= 0 or self.budget.when_full != "cheaper":
            return excess <= 0 or self.budget.when_full == "spill"
        clock = self._to_host if self._has_host_room(excess) else self._to_disk
        return excess * clock.round_trip <= seconds

    def excess(self, nbytes: int, freed: int) -> int:
        """Bytes by which the budget would be exceeded, were these kept on the device and those freed."""
        return 0 if self.budget.device is None else self._waiting.held - freed + nbytes - self.budget.device

    def _has_host_room(self, nbytes: int) -> bool:
        return self.device != _CPU and _fits(nbytes, self._host, self.budget.host)

    def _put_on_host(self, value: torch.Tensor) -> Slot:
        with self._to_host.measure(value.nbytes):
            copy = value.cpu()
        self._host.hold(copy)
        return _OnHost(copy, self.device, self._host, self._to_host)

    def _put_on_disk(self, value: torch.Tensor) -> Slot:
        like = torch.empty_like(value, device="meta")
        if like.stride() != value.stride():  # a view with gaps: its bytes are not one run
            value = value.contiguous()
            like = torch.empty_like(value, device="meta")
        run = value.cpu().as_strided((value.numel(),), (1,))
        try:
            path = self._spill_folder() / f"{next(self._numbers)}.activation"
            with self._to_disk.measure(value.nbytes):
                run.view(torch.uint8).numpy().tofile(path)
        except OSError as error:
            raise SaveError(
                f"Activations of {value.nbytes} bytes cannot be moved to a file ({error}).",
                "Free disk space, give a larger memory budget, or name another folder (MemoryBudget.folder).",
            ) from error
        return _OnDisk(path, like, self.device, self._to_disk)

    def _spill_folder(self) -> Path:
        if self._folder is None:
            place = Path(tempfile.gettempdir() if self.budget.folder is None else self.budget.folder)
            if not place.is_dir():
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(place))
            self._folder = self._exits.enter_context(scratch_folder(place))
        return self._folder


def _fits(nbytes: int, ledger: Ledger, limit: int | None) -> bool:
    return limit is None or ledger.held + nbytes <= limit
