import io

import pytest

from napari_ben.cli import _progress
from napari_ben.cli._options import parse_bytes, parse_weight
from napari_ben.errors import ArgumentError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(_progress, "monotonic", lambda: now[0])
    return now


def test_a_log_gets_few_lines(clock: list[float]) -> None:
    log = io.StringIO()
    reporter = _progress.Reporter("P1", log)
    for done in range(101):
        clock[0] += 0.2
        reporter.show("prediction", done, 100, "wells")
    assert log.getvalue().splitlines() == [
        "P1 · predicting 50/100 wells · 10 s left",
        "P1 · predicting 100/100 wells",
    ]


def test_a_terminal_gets_one_line_that_is_rewritten(clock: list[float]) -> None:
    terminal = Terminal()
    reporter = _progress.Reporter("P1", terminal)
    for done in range(4):
        clock[0] += 1
        reporter.show("statistics", done, 3, "steps")
    reporter.finish()
    reporter.finish()
    assert terminal.getvalue().count("\n") == 1
    assert terminal.getvalue().count("\r") == 3
    assert "measuring the context 3/3 steps" in terminal.getvalue()


SIZES = {"4GB": 4 << 30, "512 mb": 512 << 20, "1000": 1000, "10B": 10}


@pytest.mark.parametrize(("text", "expected"), SIZES.items())
def test_sizes(text: str, expected: int) -> None:
    assert parse_bytes(text) == expected


def test_weights() -> None:
    assert [parse_weight(text) for text in ("0.5", "1", "count", None)] == [0.5, 1, "count", None]
    with pytest.raises(ArgumentError, match="'four GB' is no amount of memory"):
        parse_bytes("four GB")
