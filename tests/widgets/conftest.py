"""The same small plate as the session's tests, and a session that opens it from anywhere."""

import importlib.util
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from qtpy.QtCore import QThreadPool

from napari_ben.plates import Screen
from napari_ben.session import Session, SessionState
from napari_ben.session import _layouts as layouts
from napari_ben.session import _tasks as tasks
from napari_ben.workflow import Progress

from . import full_dock as full


def load_beside(area: str) -> ModuleType:
    """The fixtures of another area's tests."""
    path = Path(__file__).parents[1] / area / "conftest.py"
    spec = importlib.util.spec_from_file_location(f"{area}_fakes", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fakes = load_beside("session")
plate, model, predict, drain = fakes.plate, fakes.model, fakes.predict, fakes.drain
full_session, full_dock = full.full_session, full.full_dock


@pytest.fixture
def ready(plate, model) -> Session:
    """A session with a plate and a model."""
    return Session(SessionState(plate=plate, model=model, source=Path("P1")))


def no_device():
    """Ask no other process."""
    yield
    return "CPU"


@pytest.fixture
def opens(plate, model, monkeypatch) -> None:
    """Whatever is opened is the plate, whatever is loaded the model; nothing is remembered."""
    screen = Screen("P1", Path("P1"), (plate,), pd.DataFrame({"experiment": [""]}, index=[plate.name]))
    monkeypatch.setattr(tasks, "open_screen", lambda *_, **__: screen)
    monkeypatch.setattr(tasks, "load_model", lambda _name: model)
    monkeypatch.setattr(tasks, "device_work", no_device)


@pytest.fixture
def runs(predict, monkeypatch) -> Callable[[], None]:
    """A run that finishes one well at a time and waits to be let go on; call it to let it finish."""
    gate = {"open": False}

    def run_work(plan, _cache):
        wells = list(plan.wells)
        for done in range(1, len(wells)):
            partial = predict(plan.plate, wells[:done], complete=False)
            if (yield tasks.RunStep(Progress(done, len(wells), "wells", "prediction"), partial)):
                return partial
            while done == 4 and not gate["open"]:
                time.sleep(0.01)
                if (yield tasks.RunStep(Progress(done, len(wells), "wells", "prediction"), None)):
                    return partial
        return predict(plan.plate)

    def layouts_work(predictions, _before):
        yield "UMAP: laying out"
        return predictions.with_layout("PCA", predictions.embeddings[:, :2].astype(float))

    monkeypatch.setattr(tasks, "run_work", run_work)
    monkeypatch.setattr(layouts, "layouts_work", layouts_work)
    return lambda: gate.update(open=True)


@pytest.fixture
def threads_end() -> Iterator[None]:
    """Wait for napari's workers, which outlive the objects that started them."""
    yield
    QThreadPool.globalInstance().waitForDone(5000)
