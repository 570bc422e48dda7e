"""The next batch is read while the network computes."""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["prefetch"]

Item = TypeVar("Item")
Ready = TypeVar("Ready")


def prefetch(items: Iterable[Item], prepare: Callable[[Item], Ready]) -> Generator[Ready, None, None]:
    """Prepare each item in a thread of its own, in order and one ahead of the caller.

    Items are drawn by the caller's thread. Closing the generator waits for what is being prepared.

    Parameters
    ----------
    items
        What to prepare.
    prepare
        Draws nothing at random: it runs beside the caller.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        coming: Future[Ready] | None = None
        for item in items:
            following = thread.submit(prepare, item)
            if coming is not None:
                yield coming.result()
            coming = following
        if coming is not None:
            yield coming.result()
