"""Runs outlive the program that made them, though nobody saved them."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_ben.results import Predictions
from napari_ben.session import Session
from napari_ben.session import _kept as kept
from napari_ben.session import _safekeeping as safekeeping
from napari_ben.session._kept import kept_folder
from napari_ben.session._tasks import RunStep, Task
from napari_ben.workflow import Progress

CHILD = """
import sys, time
from pathlib import Path
sys.path.insert(0, {folder!r})
from test_kept import begun
begun(Path({plate!r}))
print("begun", flush=True)
time.sleep(600)
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NAPARI_BEN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def on_disk(tmp_path):
    """A plate of four wells."""
    folder = tmp_path / "P1"
    folder.mkdir()
    for number, well in enumerate(("A-01", "A-02", "B-01", "B-02"), start=1):
        tifffile.imwrite(folder / f"Channel1-{number:02d}-{well}.tif", np.full((32, 32), number, np.uint8))
    return folder


def drain(session: Session, task: Task) -> None:
    try:
        while True:
            session.receive(task, next(task.work))
    except StopIteration as finished:
        session.finish(task, finished.value)


def program(plate: Path) -> Session:
    """A program that has opened a plate; what it asks for is done at once, but for layouts."""
    session = Session()
    session.wanted.connect(lambda task: None if task.lane == "layout" else drain(session, task))
    session.open(plate)
    return session


def predicted(session: Session, n_wells: int, *, complete: bool) -> Predictions:
    plate = session.state.plate
    index = plate.fields[["well", "field"]].rename(columns={"field": "site"}).iloc[:n_wells]
    random = np.random.default_rng(n_wells)
    return Predictions(
        plate_name=plate.name,
        classes=("a", "b"),
        logits=random.normal(size=(n_wells, 2)).astype(np.float32),
        embeddings=random.normal(size=(n_wells, 3)).astype(np.float32),
        well_logits=random.normal(size=(n_wells, 2)).astype(np.float32),
        index=index.assign(role="treatment", treatment="x", in_context=False),
        run={"method": f"of {n_wells} wells"},
        complete=complete,
    )


def run_of(steps: list[RunStep]):
    yield from steps


def receive(session: Session, *wells: int) -> None:
    """Let a run hand on its finished wells; it does not come to its end."""
    task = Task("run", session._generations["run"], "Predicting", run_of([]))
    for number in wells:
        progress = Progress(number, 4, "wells", "prediction")
        session.receive(task, RunStep(progress, predicted(session, number, complete=False)))


def begun(plate: Path) -> Session:
    """A program in the middle of its second run."""
    session = program(plate)
    finish(session, predicted(session, 4, complete=True))
    session._due = 0.0
    receive(session, 2)
    return session


def finish(session: Session, predictions: Predictions) -> None:
    session._want("run", "Predicting", finished(predictions))


def finished(predictions: Predictions):
    yield RunStep(Progress(4, 4, "wells", "prediction"), None)
    return predictions


def test_what_was_finished_is_offered_to_the_next_program(on_disk):
    before = begun(on_disk)
    after = program(on_disk)
    assert after.state.predictions is None
    words = after.state.kept.words
    assert words.startswith("Not saved, from ")
    assert words.endswith(": 1 finished run and one that ended early, after 2 wells.")
    after.bring_back()
    np.testing.assert_array_equal(after.state.predictions.logits, before.state.predictions.logits)
    assert not after.state.predictions.complete
    assert [run.run["method"] for run in after.state.shown_runs] == ["of 4 wells"]
    assert after.state.file is None
    assert after.state.kept is None


def test_a_program_that_is_killed_leaves_its_finished_wells(on_disk):
    code = CHILD.format(folder=str(Path(__file__).parent), plate=str(on_disk))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=os.environ) as child:  # noqa: S603
        assert child.stdout.readline() == "begun\n"
        child.kill()
    assert child.returncode != 0
    session = program(on_disk)
    session.bring_back()
    assert session.state.predictions.index["well"].tolist() == ["A01", "A02"]
    assert len(session.state.shown_runs) == 1


def test_finished_wells_are_written_now_and_then(on_disk, monkeypatch):
    session = program(on_disk)
    asked = []
    session.wanted.connect(lambda task: asked.append(task.lane))
    receive(session, 1, 2, 3)
    assert asked == ["keep"]
    monkeypatch.setattr(safekeeping, "monotonic", lambda: session._due)
    receive(session, 4)
    assert asked == ["keep", "keep"]
    assert len(list(kept_folder().iterdir())) == 1


def test_a_run_that_is_begun_does_not_replace_what_is_offered(on_disk):
    begun(on_disk)
    session = program(on_disk)
    receive(session, 1)
    assert len(list(kept_folder().iterdir())) == 2
    assert session.state.kept is not None


def test_nothing_of_one_s_own_is_offered(on_disk):
    session = begun(on_disk)
    session._set(results={}, runs={})
    session.open(on_disk)
    assert session.state.kept is None


def test_what_is_saved_need_not_be_kept(on_disk, tmp_path):
    session = begun(on_disk)
    session.save_session(tmp_path / "s")
    assert not list(kept_folder().iterdir())
    assert program(on_disk).state.kept is None


def test_a_kept_file_that_is_damaged_is_passed_over(on_disk):
    begun(on_disk)
    (whole,) = kept_folder().iterdir()
    key = whole.name.partition("-")[0]
    (kept_folder() / f"{key}-later.bensession").write_bytes(b"half a fi")
    assert program(on_disk).state.kept.file == whole


def test_a_cache_that_cannot_be_written_is_said_and_the_run_goes_on(on_disk, tmp_path):
    session = program(on_disk)
    (tmp_path / "cache").mkdir(exist_ok=True)
    (tmp_path / "cache" / "kept").write_text("not a folder")
    receive(session, 3)
    assert "Finished wells are not safe from a crash." in session.state.notices["method"].problem
    assert session.state.predictions.index["well"].nunique() == 3


def test_kept_files_take_no_more_than_their_share(on_disk, monkeypatch):
    monkeypatch.setattr(kept, "MOST_BYTES", 0)
    begun(on_disk)
    assert not list(kept_folder().iterdir())


def test_runs_of_the_other_plates_stay_when_some_are_brought_back(on_disk):
    begun(on_disk)
    session = program(on_disk)
    elsewhere = (Path("elsewhere"), session.state.plate.view)
    session._set(results={elsewhere: predicted(session, 3, complete=True)})
    session.bring_back()
    assert len(session.state.results) == 2
