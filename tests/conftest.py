"""What every test stands on: no leaks, no skipped GUI, and the real plates where they are."""

import gc
import importlib
import os
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

OPEN_LIBRARIES: list[object] = []  # torch forgets a library of operators that nobody holds
REALDATA = Path(__file__).resolve().parents[2] / "shared" / "realdata"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--require-gui", action="store_true", help="fail when a test of the real window did not run")


class _GuiCount:
    """Count the tests of the real window that ran, so that a missing display cannot pass for success."""

    def __init__(self) -> None:
        self.ran = 0
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if "gui" not in report.keywords:
            return
        if report.skipped:
            self.skipped.append(report.nodeid)
        elif report.when == "call":
            self.ran += 1

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.skipped or not self.ran:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.skipped or not self.ran:
            terminalreporter.write_line(f"GUI tests: {self.ran} ran, skipped: {self.skipped or 'none'}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # workers share the folder; nobody's own cache is read or filled
        cache = tempfile.TemporaryDirectory(prefix="napari-ben-tests-", ignore_cleanup_errors=True)
        config.add_cleanup(cache.cleanup)
        os.environ["NAPARI_BEN_CACHE"] = cache.name
    if config.getoption("--require-gui"):
        config.pluginmanager.register(_GuiCount(), "gui-count")


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of real plates, kept beside the project and never inside it."""
    if not REALDATA.is_dir():
        pytest.skip("the real plates are not beside this checkout (../shared/realdata)")
    return REALDATA


POOLS = ("ThreadPoolExecutor", "asyncio", "zarr", "Dummy")  # zarr's and dask's own pools live as long as Python


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if not thread.daemon and not thread.name.startswith(POOLS)}


def _open_files(folder: Path) -> list[str]:
    return [file.path for file in psutil.Process().open_files() if Path(file.path).is_relative_to(folder)]


def _windows() -> set[int]:
    widgets = sys.modules.get("qtpy.QtWidgets")
    app = widgets.QApplication.instance() if widgets else None
    return {id(widget) for widget in app.topLevelWidgets() if widget.isVisible()} if app else set()


@pytest.fixture(autouse=True)
def nothing_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, a visible window, or an open file in its own folder behind."""
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    threads, windows = _threads(), _windows()
    yield
    if folder and _open_files(folder):
        gc.collect()
        assert not _open_files(folder), "the test left files open"
    deadline = time.monotonic() + 5
    while (left := _threads() - threads) and time.monotonic() < deadline:
        left.pop().join(timeout=0.1)
    assert not left, "the test left threads running"
    assert not _windows() - windows, "the test left windows open"


@pytest.fixture(scope="session")
def zoo():
    """torchvision's models; its compiled operators are declared first where they do not fit this torch."""
    with warnings.catch_warnings(action="ignore"):
        try:
            return importlib.import_module("torchvision.models")
        except ImportError:
            pytest.skip("torchvision is not installed")
        except RuntimeError:
            declare_operators()
            return importlib.import_module("torchvision.models")


def declare_operators() -> None:
    import torch

    library = torch.library.Library("torchvision", "DEF")
    OPEN_LIBRARIES.append(library)
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def timm(zoo):
    with warnings.catch_warnings(action="ignore"):
        return pytest.importorskip("timm", reason="timm is an extra")
