"""Timers in one line, spelled as both bindings understand it."""

from collections.abc import Callable

from qtpy.QtCore import QObject, QTimer


def timer(parent: QObject, milliseconds: int, do: Callable[[], object], *, once: bool = False) -> QTimer:
    """Make a timer that is not yet started.

    Parameters
    ----------
    parent
        Goes, and the timer with it.
    milliseconds
        Between two calls; 0 is once per turn of the event loop.
    do
        What to call; a bound method, which Qt forgets with its object. A lambda may be called after its time.
    once
        Whether it fires only once per start.
    """
    clock = QTimer(parent)
    clock.setInterval(milliseconds)
    clock.setSingleShot(once)
    clock.timeout.connect(do)
    return clock
