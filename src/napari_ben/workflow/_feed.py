"""Chunks of network inputs, prepared one ahead where the processor would otherwise wait for a GPU."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from napari_ben.workflow._inputs import FieldReader

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some fields, ready for the network.

    Parameters
    ----------
    rows
        Rows of ``plate.fields`` that could be read.
    n_tiles
        Images of each of them.
    digests
        Of their raw pixels.
    images
        (sum of n_tiles, C, y, x) float32; None when nothing could be read.
    """

    rows: tuple[int, ...]
    n_tiles: tuple[int, ...]
    digests: tuple[bytes, ...]
    images: "torch.Tensor | None"


class Feeder:
    """Prepares chunks; to be used in a ``with`` statement.

    Parameters
    ----------
    reader
        Where inputs come from; used by nobody else meanwhile.
    is_ahead
        Prepare the following chunk, in pinned memory, while the network is at work. On a processor that would only take
        cores from the network.
    """

    def __init__(self, reader: FieldReader, *, is_ahead: bool) -> None:
        self._reader = reader
        self._is_ahead = is_ahead
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._promised: tuple[NDArray[np.int64], Future[Chunk]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def take(self, rows: NDArray[np.int64], following: NDArray[np.int64]) -> Chunk:
        """Give the chunk of these rows, and begin with the one that is likely to be asked for next."""
        chunk = self._kept_promise(rows) or self._prepare(rows)
        if self._is_ahead and len(following):
            self._promised = following, self._pool.submit(self._prepare, following)
        return chunk

    def _kept_promise(self, rows: NDArray[np.int64]) -> Chunk | None:
        if self._promised is None:
            return None
        promised, future = self._promised
        self._promised = None
        chunk = future.result()
        return chunk if np.array_equal(promised, rows) else None

    def _prepare(self, rows: NDArray[np.int64]) -> Chunk:
        import torch

        found = zip(rows.tolist(), self._reader.read(rows), strict=True)
        read = [(row, inputs) for row, inputs in found if inputs is not None]
        images = torch.from_numpy(np.concatenate([inputs.images for _, inputs in read])) if read else None
        return Chunk(
            rows=tuple(row for row, _ in read),
            n_tiles=tuple(len(inputs.images) for _, inputs in read),
            digests=tuple(inputs.digest for _, inputs in read),
            images=images.pin_memory() if images is not None and self._is_ahead else images,
        )
