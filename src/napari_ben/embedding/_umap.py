"""UMAP that can be stopped, and that gives the same picture each time.

It runs in a process of its own: numba compiles for seconds while holding the interpreter, which would freeze a window,
and only a process can truly be stopped. The neighbours are exact, because umap-learn's approximate search compiles
for another 20 seconds and depends on the machine. A finished layout is kept by content, and by where it started from.
"""

import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_ben._cache import cache_folder, keep_newest
from napari_ben._whole import scratch_folder
from napari_ben.embedding._following import moved_onto
from napari_ben.errors import ArgumentError, SaveError

N_NEIGHBOURS = 15
FEWEST_POINTS = 5
_KEPT_LAYOUTS = 64
_VERSION = "3"


@dataclass(frozen=True)
class Waiting:
    """A sign of life of a layout that is being computed.

    Parameters
    ----------
    message
        What is being waited for.
    seconds
        Since the start.
    """

    message: str
    seconds: float


def umap_refusal(n_points: int) -> str | None:
    """Say why UMAP cannot lay out this many points here; None when it can. Nothing is imported."""
    if find_spec("umap") is None:
        return "UMAP is not installed (pip install 'napari-ben[umap]'); PCA is shown instead"
    if n_points < FEWEST_POINTS:
        return f"UMAP needs at least {FEWEST_POINTS} points and there are {n_points}; PCA is shown instead"
    return None


def umap(
    embeddings: NDArray[np.float32], seed: int = 1, start: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Lay embeddings out in two dimensions with UMAP, and wait for it.

    Parameters
    ----------
    embeddings
        (n, d) float32.
    seed
        Of the layout; the neighbours are exact.
    start
        (n, 2) places from which the points move, such as those of an earlier layout; UMAP's own when None.

    Returns
    -------
    numpy.ndarray
        (n, 2) float64.

    Raises
    ------
    ArgumentError
        When umap-learn is not installed, or there are too few points.
    SaveError
        When the cache folder cannot be written.
    """
    steps = umap_steps(embeddings, seed, start)
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            layout: NDArray[np.float64] = finished.value
            return layout


def umap_steps(
    embeddings: NDArray[np.float32],
    seed: int = 1,
    start: NDArray[np.float64] | None = None,
    *,
    every: float = 0.1,
) -> Generator[Waiting, None, NDArray[np.float64]]:
    """Lay embeddings out with UMAP, handing back control every `every` seconds; closing the generator ends the work.

    Yields
    ------
    Waiting
        What is going on.

    Returns
    -------
    numpy.ndarray
        (n, 2) float64.

    Raises
    ------
    ArgumentError, SaveError
        As `umap`.
    """
    refusal = umap_refusal(len(embeddings))
    if refusal:
        raise ArgumentError(f"{refusal}.", "Use PCA, or mend that and run again.")
    inputs = {"embeddings": np.ascontiguousarray(embeddings, dtype=np.float32)}
    if start is not None:
        inputs["start"] = np.ascontiguousarray(start, dtype=np.float32)
    kept = cache_folder("umap") / f"{_content_key(inputs, seed)}.npy"
    if not kept.exists():
        yield from _compute(inputs, seed, kept, every)
    layout: NDArray[np.float64] = np.load(kept)
    return layout if start is None else moved_onto(layout, start)


def _content_key(inputs: Mapping[str, NDArray[np.float32]], seed: int) -> str:
    content = sha256(f"{_VERSION} {seed} {N_NEIGHBOURS}".encode())
    for name, array in inputs.items():
        content.update(f" {name} {array.shape} ".encode())
        content.update(array.tobytes())
    return content.hexdigest()[:32]


def _compute(inputs: Mapping[str, NDArray[np.float32]], seed: int, kept: Path, every: float) -> Generator[Waiting]:
    with _workshop(kept.parent) as folder:
        source, target = folder / "inputs.npz", folder / "layout.npy"
        np.savez(source, allow_pickle=False, **inputs)
        command = [sys.executable, "-m", "napari_ben.embedding._umap_process", str(source), str(target), str(seed)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)  # noqa: S603 # our own interpreter and script
        try:
            yield from _wait(process, every)
        finally:
            process.kill()
            _, complaint = process.communicate()
        if process.returncode != 0:
            last_line = complaint.strip().rpartition("\n")[2]
            raise ArgumentError(f"UMAP failed: {last_line}.", "Use PCA, or look at the embeddings.")
        target.replace(kept)
        keep_newest(kept.parent, "*.npy", _KEPT_LAYOUTS)


@contextmanager
def _workshop(cache: Path) -> Generator[Path]:
    """Give a folder that goes again, on the cache's disk; a disk that is full is said in words."""
    try:
        with scratch_folder(cache) as folder:
            yield folder
    except OSError as error:
        raise SaveError(
            f"UMAP cannot work in {str(cache)!r}: {error.strerror or error}.",
            "Free some space, or name another folder in NAPARI_BEN_CACHE.",
        ) from error


def _wait(process: subprocess.Popen[str], every: float) -> Generator[Waiting]:
    start = time.monotonic()
    while process.poll() is None:
        seconds = time.monotonic() - start
        message = "UMAP: compiling (the first time takes tens of seconds)" if seconds < 10 else "UMAP: laying out"
        yield Waiting(message, seconds)
        time.sleep(every)
