"""A run's metrics as they come: one line an epoch in a CSV, and TensorBoard where it is installed."""

import csv
import time
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from napari_ben.errors import SaveError

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_ben.training import Epoch

COLUMNS = ("epoch", "loss", "accuracy", "learning_rate", "seconds")
METRICS_FILE = "metrics.csv"
_Result = TypeVar("_Result")


def keep_journal(steps: "Generator[Epoch, None, _Result]", folder: Path) -> "Generator[Epoch, None, _Result]":
    """Hand on the steps of a run, and write every epoch down as it ends.

    Parameters
    ----------
    steps
        From `napari_ben.training.fit`.
    folder
        For ``metrics.csv`` and TensorBoard's files. A run that goes on keeps the lines of the epochs that it keeps.

    Raises
    ------
    SaveError
        When the folder cannot be written.
    """
    start = time.monotonic()
    with ExitStack() as stack:
        board = _open_board(folder, stack)
        while True:
            try:
                epoch = next(steps)
            except StopIteration as finished:
                result: _Result = finished.value
                return result
            if epoch.split is not None:
                _begin(folder, epoch.number)
            if epoch.is_complete:
                _write(folder, epoch, time.monotonic() - start)
                _show(board, epoch)
                start = time.monotonic()
            yield epoch


def _begin(folder: Path, first: int) -> None:
    """Keep the lines of the epochs before the first one to come, or write the heading."""
    path = folder / METRICS_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() and first > 1 else []
        kept = [line for line in lines[1:] if line.partition(",")[0].isdigit() and int(line.partition(",")[0]) < first]
        path.write_text("\n".join([",".join(COLUMNS), *kept]) + "\n", encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error) from error


def _write(folder: Path, epoch: "Epoch", seconds: float) -> None:
    accuracy = "" if epoch.accuracy is None else f"{epoch.accuracy:.6f}"
    path = folder / METRICS_FILE
    try:
        with path.open("a", newline="", encoding="utf-8") as file:
            row = (epoch.number, f"{epoch.loss:.8g}", accuracy, f"{epoch.rate:.6g}", f"{seconds:.1f}")
            csv.writer(file, lineterminator="\n").writerow(row)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> SaveError:
    return SaveError(
        f"The metrics cannot be written to {str(path)!r}: {error.strerror}.",
        "Free some space, or choose another folder.",
    )


def _open_board(folder: Path, stack: ExitStack) -> Any:
    """TensorBoard's writer; None where it is not installed."""
    if find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return stack.enter_context(SummaryWriter(str(folder)))


def _show(board: Any, epoch: "Epoch") -> None:
    if board is None:
        return
    board.add_scalar("loss", epoch.loss, epoch.number)
    board.add_scalar("learning_rate", epoch.rate, epoch.number)
    if epoch.accuracy is not None:
        board.add_scalar("accuracy", epoch.accuracy, epoch.number)
    board.flush()
