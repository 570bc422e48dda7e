"""Many planes, read at the pace that their storage allows.

A small chunk in the page cache is there in a millisecond, most of it the interpreter's, and threads only get into each
other's way. A large file, or one on a network share, takes longer, and several can be waited for at once. What came
last tells which it is.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import TypeVar

READERS = 4
SLOW = 0.002
"""Seconds a plane, above which several threads read."""

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")


def read_paced(read: Callable[[_Job], _Result], jobs: Sequence[_Job]) -> Iterator[tuple[_Job, _Result]]:
    """Give each job and its result, in order, a few at a time.

    Parameters
    ----------
    read
        May be called from several threads at once, and does not raise.
    jobs
        What to read.
    """
    pace, start = 0.0, 0
    with ThreadPoolExecutor(READERS) as pool:
        while start < len(jobs):
            is_slow = pace > SLOW
            batch = jobs[start : start + (2 * READERS if is_slow else 1)]
            begun = perf_counter()
            results = list(pool.map(read, batch)) if is_slow else [read(batch[0])]
            taken = (perf_counter() - begun) * (READERS if is_slow else 1) / len(batch)
            pace = 0.8 * pace + 0.2 * taken if start else taken
            yield from zip(batch, results, strict=True)
            start += len(batch)
