"""The thread: what comes out of a task reaches the session, also errors, and a cancel gives what there is."""

import gc
import subprocess
import sys
import threading
import warnings
from weakref import ref

import pytest
from qtpy.QtCore import QThreadPool

from napari_ben.errors import DeviceError
from napari_ben.session import Session, Task
from napari_ben.widgets import _job
from napari_ben.widgets._job import JobRunner

LATE = """
import os, time
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qtpy.QtWidgets import QApplication
app = QApplication([])
from napari_ben.session import Session, Task
from napari_ben.widgets._job import JobRunner
session, begun = Session(), []
runner = JobRunner(session)
def work():
    try:
        for _ in range(10):
            begun.append(True)
            time.sleep(0.1)
            yield
    finally:
        print("closed", flush=True)
session.wanted.emit(Task("details", 1, "Working", work()))
while not begun:
    app.processEvents()
print("leaving", flush=True)
"""


class Recorder(Session):
    """Writes down what comes back, and in which thread."""

    def __init__(self):
        super().__init__()
        self.heard = []

    def receive(self, task, value):
        self.heard.append(("yielded", value, threading.current_thread() is threading.main_thread()))

    def finish(self, task, value):
        self.heard.append(("returned", value, threading.current_thread() is threading.main_thread()))

    def fail(self, task, error):
        self.heard.append(("failed", error, threading.current_thread() is threading.main_thread()))


@pytest.fixture
def session(qtbot, threads_end):
    return Recorder()


@pytest.fixture
def runner(session):
    runner = JobRunner(session)
    yield runner
    runner.stop_all()


def last(session):
    return session.heard[-1][0] if session.heard else ""


def test_values_come_back_in_the_window_s_thread(qtbot, session, runner):
    threads = []

    def work():
        threads.append(threading.current_thread())
        yield 1
        yield 2
        return "done"

    runner.start(Task("run", 1, "Working", work()))
    qtbot.waitUntil(lambda: last(session) == "returned")
    assert session.heard == [("yielded", 1, True), ("yielded", 2, True), ("returned", "done", True)]
    assert threads[0] is not threading.main_thread()


def test_a_plate_s_task_prepares_napari_for_its_layers_outside_the_window_s_thread(qtbot, session, runner, monkeypatch):
    prepared = []
    monkeypatch.setattr(_job, "prepare_layers", lambda: prepared.append(threading.current_thread()))

    def work():
        yield
        return "done"

    for lane in ("plate", "run"):
        runner.start(Task(lane, 1, "Working", work()))
    qtbot.waitUntil(lambda: [kind for kind, *_ in session.heard].count("returned") == 2)
    assert len(prepared) == 1
    assert prepared[0] is not threading.main_thread()


@pytest.mark.parametrize("error", [DeviceError("No memory is left.", "Use smaller chunks."), DeviceError("a", "b")])
def test_errors_come_back_too_even_those_that_napari_swallows(qtbot, session, runner, error):
    def work():
        yield 1
        raise error

    runner.start(Task("run", 1, "Working", work()))
    qtbot.waitUntil(lambda: last(session) == "failed")
    assert session.heard[-1][1] is error


def test_stopping_gives_what_there_is_and_closes_the_work(qtbot, session, runner):
    closed = []

    def work():
        try:
            while True:
                if (yield "step"):
                    return "what there is"
        finally:
            closed.append(threading.current_thread() is threading.main_thread())

    runner.start(Task("run", 1, "Working", work()))
    qtbot.waitUntil(lambda: last(session) == "yielded")
    runner.stop("layout")
    runner.stop("run")
    qtbot.waitUntil(lambda: last(session) == "returned")
    assert session.heard[-1][1] == "what there is"
    assert closed == [False]


def test_work_may_be_stopped_before_it_starts(qtbot, session, runner):
    def work():
        while not (yield "step"):
            pass
        return "stopped"

    runner.start(Task("layout", 1, "Working", work()))
    runner.stop("layout")
    qtbot.waitUntil(lambda: last(session) == "returned")
    assert session.heard[-1][1] == "stopped"


def test_closing_the_dock_ends_work_and_listens_no_longer(qtbot, session):
    closed = threading.Event()

    def work():
        try:
            while not (yield "step"):
                pass
        finally:
            closed.set()

    runner = JobRunner(session)
    session.wanted.emit(Task("picture", 1, "Working", work()))
    qtbot.waitUntil(lambda: last(session) == "yielded")
    runner.stop_all()
    qtbot.waitUntil(closed.is_set)
    session.wanted.emit(Task("picture", 2, "Working", work()))
    assert len(runner._workers) <= 1


def test_work_that_waits_does_not_hold_up_other_work(qtbot, session, runner):
    gate = threading.Event()

    def waiting():
        while not gate.wait(0.01):
            yield
        return "waited"

    for number in range(4):
        runner.start(Task("layout", number, "Waiting", waiting()))

    def quick():
        yield
        return "quick"

    runner.start(Task("run", 1, "Working", quick()))
    qtbot.waitUntil(lambda: ("returned", "quick", True) in session.heard)
    gate.set()
    qtbot.waitUntil(lambda: sum(kind == "returned" for kind, _, _ in session.heard) == 5)


def test_work_that_overlaps_leaves_python_s_warnings_alone(qtbot, session, runner):
    before = warnings.showwarning, list(warnings.filters)
    gates = [threading.Event(), threading.Event()]

    def waiting(gate):
        yield "begun"
        while not gate.wait(0.01):
            yield

    for number, gate in enumerate(gates):
        runner.start(Task("run", number, "Waiting", waiting(gate)))
    qtbot.waitUntil(lambda: [kind for kind, value, _ in session.heard if value == "begun"] == ["yielded"] * 2)
    for number, gate in enumerate(gates, start=1):
        gate.set()
        qtbot.waitUntil(lambda n=number: sum(kind == "returned" for kind, _, _ in session.heard) == n)
    QThreadPool.globalInstance().waitForDone(5000)
    assert (warnings.showwarning, list(warnings.filters)) == before


def test_what_fails_when_work_is_closed_is_said_too(qtbot, session, runner):
    def work():
        try:
            yield 1
        finally:
            raise OSError(28, "No space left on device")

    runner.start(Task("run", 1, "Working", work()))
    qtbot.waitUntil(lambda: last(session) == "failed")
    assert session.heard[-1][1].errno == 28


def test_nobody_keeps_a_worker_that_finished_by_what_would_make_it_quit(qtbot, session, runner, monkeypatch):
    kept, create = [], _job.create_worker

    def create_and_keep(*arguments, **named):
        worker = create(*arguments, **named)
        kept.append((worker.quit, ref(worker)))
        return worker

    def work():
        yield

    monkeypatch.setattr(_job, "create_worker", create_and_keep)
    task = Task("run", 1, "Working", work())
    alive = ref(task)
    runner.start(task)
    qtbot.waitUntil(lambda: last(session) == "returned")
    QThreadPool.globalInstance().waitForDone(5000)
    session.heard.clear()
    del task
    ((quits, worker),) = kept
    qtbot.waitUntil(lambda: gc.collect() >= 0 and alive() is None and worker() is None)
    quits()


def test_what_napari_keeps_makes_a_living_worker_quit(qtbot, session, runner, monkeypatch):
    kept, create = [], _job.create_worker
    monkeypatch.setattr(_job, "create_worker", lambda *a, **k: kept.append(create(*a, **k)) or kept[-1])
    closed = threading.Event()

    def work():
        try:
            while True:
                yield
        finally:
            closed.set()

    runner.start(Task("run", 1, "Working", work()))
    qtbot.waitUntil(lambda: last(session) == "yielded")
    kept.pop().quit()
    qtbot.waitUntil(closed.is_set)
    QThreadPool.globalInstance().waitForDone(5000)
    qtbot.wait(20)
    assert last(session) != "returned"


def test_work_that_ends_after_the_window_says_nothing():
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, timeout=120)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "leaving\nclosed\n"
