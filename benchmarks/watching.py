"""A watch on the window's thread: when it stands still, how long it computes meanwhile, and for whom.

A timer in the window's thread beats every 5 ms; a gap of more than 100 ms between two beats is a pause. While that
thread computes, a signal makes it note where it is and how much it has computed since it last did so. A pause is thus
ascribed by what was computed, not by what was waited for: other programs of the machine do not count. A full collection
of the interpreter's garbage goes through all objects of the process, most of them napari's, wherever it happens to
fall: it is told apart.
"""

import gc
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from time import clock_gettime, perf_counter, pthread_getcpuclockid, sleep
from types import FrameType
from typing import Literal

from qtpy.QtCore import QTimer

BEAT, LOOK, PAUSE = 0.005, 0.002, 0.1
ENTRY = 4
"""Bytes of code at the very beginning of a function."""

Whose = Literal["ours", "napari for us", "napari and Qt", "garbage"]
Line = tuple[str, str, int]


@dataclass(frozen=True)
class Look:
    """Where the window's thread was, and how long it has computed since the look before, seconds."""

    time: float
    busy: float
    stack: tuple[Line, ...]
    is_garbage: bool = False

    @property
    def ours(self) -> Line | None:
        """The innermost line of ours."""
        return next((line for line in self.stack if _is_of(line, "napari_ben")), None)

    @property
    def theirs(self) -> Line | None:
        """The innermost line of napari or of what draws for it, where that is further in than ours."""
        inner = next((line for line in self.stack if _is_of(line, "napari_ben", "napari")), None)
        return None if inner is None or _is_of(inner, "napari_ben") else inner

    @property
    def whose(self) -> Whose:
        """Whose work it is: computed by our code, by napari when our code called it, or without us."""
        if self.is_garbage:
            return "garbage"
        if self.ours is None:
            return "napari and Qt"
        return "ours" if self.theirs is None else "napari for us"

    def describe(self) -> str:
        """Name the innermost line of napari, and the one of ours that led to it."""
        ours, theirs = self.ours, self.theirs
        if self.is_garbage:
            return "a full collection of garbage"
        if ours is None:
            return f"napari {words(theirs)}" if theirs else "Qt and what it calls"
        return f"napari {words(theirs)}  <- {words(ours)}" if theirs else f"OURS {words(ours)}"


@dataclass(frozen=True)
class Pause:
    """A gap between two beats, how much of it the window's thread was computing, and at what; seconds."""

    seconds: float
    busy: float
    looks: tuple[Look, ...]

    def shares(self) -> Counter[Whose]:
        """Say how long was computed for whom."""
        return _sum(self.looks, lambda look: look.whose)

    def causes(self, most: int) -> list[tuple[str, float]]:
        """Name what was computed longest."""
        return _sum(self.looks, Look.describe).most_common(most)

    def stack(self) -> tuple[Line, ...]:
        """Give the stack in which most was computed."""
        return _sum(self.looks, lambda look: look.stack).most_common(1)[0][0] if self.looks else ()


def _sum(looks, key) -> Counter:
    total: Counter = Counter()
    for look in looks:
        total[key(look)] += look.busy
    return total


@dataclass
class Watch:
    """Beats of the window's thread, and looks at it between them."""

    clock: int
    beats: list[tuple[float, float]] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)
    seen: tuple[float, int] = (0.0, 0)

    def beat(self) -> None:
        """Note that the window's thread is alive."""
        self.beats.append((perf_counter(), clock_gettime(self.clock)))

    def ask(self, thread: int) -> None:
        """Ask the window's thread to look, as long as it computes."""
        asked = 0.0
        while not self.is_over.is_set():
            sleep(LOOK)
            now = clock_gettime(self.clock)
            if now - asked > LOOK / 2:
                signal.pthread_kill(thread, signal.SIGUSR1)
                asked = now

    def look(self, _signal: int, frame: FrameType | None) -> None:
        """Note where this thread is; what was computed before a function began was its caller's."""
        if frame is not None and frame.f_lasti < ENTRY:
            frame = frame.f_back
        now, number = clock_gettime(self.clock), gc.get_stats()[-1]["collections"]
        self.looks.append(Look(perf_counter(), now - self.seen[0], _stack(frame)))
        if number > self.seen[1]:  # it may have let this look in before its end, and was then most of the one before
            longer = max((-1, -2)[: len(self.looks)], key=lambda place: self.looks[place].busy)
            self.looks[longer] = replace(self.looks[longer], is_garbage=True)
        self.seen = now, number

    def pauses(self, start: float, end: float) -> Iterator[Pause]:
        """Gaps between two beats."""
        beats = [beat for beat in self.beats if start <= beat[0] <= end]
        for (earlier, was_busy), (later, is_busy) in pairwise(beats):
            if later - earlier > PAUSE:
                looks = tuple(look for look in self.looks if earlier < look.time <= later)
                yield Pause(later - earlier, is_busy - was_busy, looks)

    def shares(self, start: float, end: float) -> Counter[Whose]:
        """Say how long was computed for whom, in pauses and between them."""
        return _sum([look for look in self.looks if start < look.time <= end], lambda look: look.whose)


def _stack(frame: FrameType | None) -> tuple[Line, ...]:
    lines = []
    while frame is not None:
        lines.append((frame.f_code.co_filename, frame.f_code.co_name, frame.f_lineno))
        frame = frame.f_back
    return tuple(lines)


def _is_of(line: Line, *packages: str) -> bool:
    return not _folders(line[0]).isdisjoint(packages)


@lru_cache(None)
def _folders(path: str) -> frozenset[str]:
    return frozenset(Path(path).parts)


def words(line: Line) -> str:
    """Name a line of code by its file within its package."""
    path, name, number = line
    parts = Path(path).parts
    start = next((place for place, part in enumerate(parts) if part == "site-packages"), None)
    shown = parts[start + 1 :] if start is not None else parts[-2:]
    return f"{'/'.join(shown)}:{number} {name}"


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch the thread that calls, the main one."""
    thread = threading.get_ident()
    watch = Watch(pthread_getcpuclockid(thread))
    watch.look(0, None)
    heart = QTimer()
    heart.timeout.connect(watch.beat)
    heart.start(round(1000 * BEAT))
    before = signal.signal(signal.SIGUSR1, watch.look)
    watcher = threading.Thread(target=watch.ask, args=(thread,), daemon=True)
    watcher.start()
    try:
        yield watch
    finally:
        watch.is_over.set()
        watcher.join()
        signal.signal(signal.SIGUSR1, before)
        heart.stop()
