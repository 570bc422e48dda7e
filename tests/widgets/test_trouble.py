"""What goes wrong at the bench while a plate is open: said in words at the right step, and the next run works."""

import errno
import threading

import pytest
import torch
from napari.components import ViewerModel

from napari_ben.readers import _file_source
from napari_ben.session import _tasks as tasks
from napari_ben.training import TrainingConfig, _checkpoint
from napari_ben.widgets import BenDock
from napari_ben.widgets import _preferences as preferences

from .conftest import load_beside, no_device

bench = load_beside("bad_input")
tiff_plate, tiny_model = bench.plate, bench.model
SLOW = 60000
TRAINING = TrainingConfig(
    method="ben", architecture="resnet10", options={"width": 4}, labels="role", label_controls=True, epochs=2,
    batch_size=4, accumulation=1, validation_share=0.0,
)  # fmt: skip


@pytest.fixture
def dock(qtbot, threads_end, monkeypatch, tmp_path, tiff_plate, tiny_model):
    """A dock with a plate of TIFF files and a model, before the first run."""
    monkeypatch.setattr(preferences, "_PLUGIN", "not there")
    monkeypatch.setattr(tasks, "device_work", no_device)
    monkeypatch.setenv("NAPARI_BEN_CACHE", str(tmp_path / "cache"))
    dock = BenDock(ViewerModel())
    qtbot.addWidget(dock)
    dock.show()
    dock.session.load_model(tiny_model)
    dock.session.open(tiff_plate)
    qtbot.waitUntil(lambda: dock.session.state.loading == "" and dock.session.state.opening is None, timeout=SLOW)
    qtbot.waitUntil(lambda: dock.canvas.is_complete and dock.method.button.isEnabled(), timeout=SLOW)
    return dock


def run(qtbot, dock):
    dock.session.run()
    qtbot.waitUntil(lambda: not dock.session.state.run.is_busy, timeout=SLOW)
    qtbot.waitUntil(dock.method.button.isEnabled, timeout=SLOW)


def no_memory(*_arguments, **_keywords):
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")


def no_space(*_arguments, **_keywords):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_plate_that_goes_while_it_is_open(qtbot, dock, tiff_plate):
    elsewhere = tiff_plate.rename(tiff_plate.with_name("elsewhere"))
    run(qtbot, dock)
    assert dock.method.notice.isVisible()
    assert "can be read" in dock.method.notice.text()
    assert "Traceback" not in dock.method.notice.text()
    elsewhere.rename(tiff_plate)
    run(qtbot, dock)
    assert dock.session.state.predictions.complete
    assert "method" not in dock.session.state.notices


def test_images_that_go_while_the_plate_is_open(qtbot, dock, tiff_plate):
    for well in ("B02", "C03"):
        bench.file_of(tiff_plate, well).unlink()
    run(qtbot, dock)
    predictions = dock.session.state.predictions
    assert set(bench.WELLS) - set(predictions.wells.index) == {"B02", "C03"}
    assert sum("left out" in problem for problem in predictions.run["problems"]) == 2


def test_a_gpu_that_runs_out(qtbot, dock, monkeypatch):
    with monkeypatch.context() as full:
        full.setattr(torch.nn.Module, "to", no_memory)
        run(qtbot, dock)
    assert "does not suffice" in dock.method.notice.text()
    run(qtbot, dock)
    assert dock.session.state.predictions.complete


def test_a_disk_that_fills_while_results_are_saved(qtbot, dock, monkeypatch, tmp_path):
    run(qtbot, dock)
    with monkeypatch.context() as full:
        full.setattr("napari_ben.results._save.write_csv", no_space)
        dock.session.export(tmp_path / "out", ("csv",))
        qtbot.waitUntil(dock.results.notice.isVisible, timeout=SLOW)
    assert "No space left on device" in dock.results.notice.text()
    assert not (tmp_path / "out").exists()
    dock.session.export(tmp_path / "out", ("csv",))
    qtbot.waitUntil(lambda: "Saved 4 files" in dock.results.notice.text(), timeout=SLOW)


def test_a_disk_that_fills_while_a_model_is_trained(qtbot, dock, monkeypatch, tmp_path):
    out = tmp_path / "mine.safetensors"
    with monkeypatch.context() as full:
        full.setattr(_checkpoint, "save_file", no_space)
        dock.session.train(TRAINING, out)
        qtbot.waitUntil(dock.train.notice.isVisible, timeout=SLOW)
    assert "could not be written" in dock.train.notice.text()
    assert "Free some space" in dock.train.notice.text()
    qtbot.waitUntil(dock.train.button.isEnabled, timeout=SLOW)
    dock.session.train(TRAINING, out)
    qtbot.waitUntil(out.exists, timeout=SLOW)
    qtbot.waitUntil(lambda: dock.session.state.training.phase == "idle", timeout=SLOW)
    assert [path.name for path in tmp_path.glob("*mine*")] == ["mine.safetensors"]


def test_a_slow_share_is_never_waited_for_in_the_window_s_thread(qtbot, dock, tiff_plate, monkeypatch):
    readers = []
    read = _file_source.FileSource.read

    def noted(source, row, channel, level=0):
        readers.append(threading.current_thread())
        return read(source, row, channel, level)

    monkeypatch.setattr(_file_source.FileSource, "read", noted)
    dock.session.open(tiff_plate)
    qtbot.waitUntil(lambda: dock.session.state.opening is None, timeout=SLOW)
    qtbot.waitUntil(lambda: dock.canvas.is_complete and dock.method.button.isEnabled(), timeout=SLOW)
    dock.session.select(bench.WELLS[:6])
    dock.canvas.go_to("B02")
    run(qtbot, dock)
    assert len(readers) >= 2 * len(bench.WELLS)
    assert readers.count(threading.main_thread()) == 0
