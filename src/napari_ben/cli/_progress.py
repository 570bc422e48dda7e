"""Progress lines on stderr: one that is rewritten on a terminal, few that stay in a log."""

import sys
from collections.abc import Generator
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO

import typer

if TYPE_CHECKING:
    from napari_ben.workflow import Progress

STOPPED = 130  # the exit code of what a person stopped
_REWRITE_EVERY = 0.1
_LOG_EVERY = 10.0
_STAGES = {
    "waiting": "waiting for a worker",
    "pixels": "looking at pixels",
    "quality": "looking at image quality",
    "reading": "reading the context",
    "statistics": "measuring the context",
    "prediction": "predicting",
    "layout": "laying out with UMAP",
}


@dataclass
class Reporter:
    """Says how far something is.

    Parameters
    ----------
    title
        What is being done, such as the plate's name.
    stream
        Where to; stderr unless told.
    """

    title: str
    stream: TextIO = field(default_factory=lambda: sys.stderr)
    _stage: str = ""
    _started: float = 0.0
    _said: float = 0.0
    _width: int = 0

    def show(self, stage: str, done: int, total: int, unit: str) -> None:
        """Say it when it is worth saying: a new stage, its end, or some time after the last word."""
        now = monotonic()
        if stage != self._stage:
            self._stage, self._started, self._said = stage, now, now
        pause = _REWRITE_EVERY if self.stream.isatty() else _LOG_EVERY
        is_over = 0 < done == total
        if not is_over and now - self._said < pause:
            return
        self._said = now
        self._write(f"{self.title} · {_STAGES.get(stage, stage)} {done}/{total} {unit}{self._time_left(done, total)}")

    def finish(self) -> None:
        """Leave the terminal with an empty line of its own."""
        if self._width:
            self.stream.write("\n")
            self._width = 0

    def _time_left(self, done: int, total: int) -> str:
        seconds = monotonic() - self._started
        if not 0 < done < total or seconds < 1:
            return ""
        return f" · {seconds * (total - done) / done:.0f} s left"

    def _write(self, line: str) -> None:
        if self.stream.isatty():
            self.stream.write(f"\r{line.ljust(self._width)}")
            self._width = len(line)
        else:
            self.stream.write(f"{line}\n")
        self.stream.flush()


def warn(*sentences: str) -> None:
    """Say on stderr what may mislead or was left out."""
    for sentence in sentences:
        typer.echo(f"Note: {sentence}", err=True)


def follow(run: "Generator[Progress, None, Any]", title: str) -> Any:
    """Carry a run through, with its progress on stderr."""
    reporter = Reporter(title)
    try:
        while True:
            progress = next(run)
            reporter.show(progress.stage, progress.done, progress.total, progress.unit)
    except StopIteration as finished:
        return finished.value
    finally:
        reporter.finish()
