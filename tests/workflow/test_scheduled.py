"""A screen on dask.distributed: the same tables as one plate after the other, whatever happens to the workers."""

import os
import pickle
import signal
import sys
from pathlib import Path

import pandas as pd
import pytest

from napari_ben.errors import ArgumentError, SaveError
from napari_ben.workflow import (
    CompareConfig,
    Extras,
    PredictConfig,
    compare,
    find_contenders,
    find_entrants,
    make_config,
    open_client,
    plan_comparison,
    plan_screen,
    predict_screen,
    run_comparison,
    run_screen,
)
from napari_ben.workflow._scheduled import _to_send

from .conftest import make_plate
from .test_screen_run import OPTIONS, plates_of, screen_of, without_channel

distributed = pytest.importorskip("distributed", reason="distributed is an extra")


@pytest.fixture
def client():
    settings = {"processes": False, "threads_per_worker": 1, "dashboard_address": None}
    with (
        distributed.LocalCluster(n_workers=2, **settings) as cluster,
        distributed.Client(cluster, set_as_default=False) as found,
    ):
        yield found


def tables(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.csv"))}


def plan_of(screen, model, folder):
    config = make_config(PredictConfig, method="controls", context="controls", threads=1)
    return plan_screen(screen, [model], config, folder, Extras(("csv",)))


def test_workers_write_the_tables_of_a_serial_run_and_skip_what_is_finished(model, client, tmp_path):
    screen = screen_of(plates_of("P1", "P2", "P3"))
    predict_screen(screen, model, tmp_path / "serial", **OPTIONS)
    results = predict_screen(screen, model, tmp_path / "spread", client=client, **OPTIONS)
    assert results.table["status"].tolist() == ["predicted"] * 3
    assert tables(tmp_path / "spread") == tables(tmp_path / "serial")
    again = predict_screen(screen, model, tmp_path / "spread", client=client, **OPTIONS)
    assert again.table["status"].tolist() == ["skipped"] * 3


def test_plates_that_are_refused_or_fail_do_not_stop_the_others(model, client, tmp_path):
    plates = plates_of("refused", "failing", "sound")
    plates[0] = without_channel(plates[0])
    (tmp_path / "out").mkdir()
    (tmp_path / "out/failing").write_text("a file where the folder should be")
    results = predict_screen(screen_of(plates), model, tmp_path / "out", client=client, **OPTIONS)
    assert results.table["status"].tolist() == ["failed", "failed", "predicted"]
    assert "could not be written" in results.table.at["failing", "problems"]


def test_who_listens_hears_at_once_that_plates_wait_for_a_worker(model, tmp_path):
    with (
        distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster, set_as_default=False) as nobody,
    ):
        run = run_screen(plan_of(screen_of(plates_of("P1", "P2")), model, tmp_path / "out"), nobody)
        heard = [next(run), next(run)]
        run.close()
    assert {(step.plate, step.progress.stage) for step in heard} == {("P1", "waiting")}


def comparison(model, out, client=None):
    return compare(screen_of(plates_of("P1", "P2", "P3")), [model], methods=("none", "ben"), labels="mechanism",
                   sweeps=("context",), draws=1, context_sizes=(2,), out=out, client=client)  # fmt: skip


def test_workers_make_the_runs_of_a_comparison_and_its_tables_are_those_of_a_serial_one(model, client, tmp_path):
    serial = comparison(model, tmp_path / "serial")
    spread = comparison(model, tmp_path / "spread", client)
    for name in ("table", "judged", "sweeps", "drift"):
        pd.testing.assert_frame_equal(getattr(spread, name), getattr(serial, name), check_exact=True)
    kept = {path.parent.name for path in (tmp_path / "spread/runs").glob("*/run.json")}
    assert kept == {path.parent.name for path in (tmp_path / "serial/runs").glob("*/run.json")}
    assert len(kept) == spread.costs.n_runs


def test_a_comparison_that_was_stopped_goes_on_with_workers(model, client, count_images, tmp_path):
    config = CompareConfig(methods=("none", "ben"), labels="mechanism")
    trials = plan_comparison(find_entrants(screen_of(plates_of("P1", "P2"))), find_contenders([model]), config)
    run = run_comparison(trials, config, tmp_path, client=client)
    while not list(tmp_path.glob("runs/*/run.json")):
        next(run)
    run.close()
    *_, _last = run_comparison(trials, config, tmp_path, client=client)
    assert len(list(tmp_path.glob("runs/*/run.json"))) == 4
    before = len(count_images)
    *_, _last = run_comparison(trials, config, tmp_path, client=client)
    assert len(count_images) == before


def test_a_plate_whose_runs_fail_does_not_stop_the_others(model, client, tmp_path):
    config = CompareConfig(methods=("none",))
    trials = plan_comparison(find_entrants(screen_of(plates_of("P1", "P2"))), find_contenders([model]), config)
    (tmp_path / "runs").mkdir()
    trials[0].place(tmp_path).write_text("a file where the folder should be")
    with pytest.raises(SaveError, match="could not be written"):
        list(run_comparison(trials, config, tmp_path, client=client))
    assert len(list(tmp_path.glob("runs/*/run.json"))) == 1


def test_workers_need_a_folder_for_the_runs_of_a_comparison(model, client):
    with pytest.raises(ArgumentError, match="--out"):
        compare(screen_of(plates_of("P1", "P2")), [model], methods=("none",), client=client)


def test_closing_the_run_cancels_what_is_not_finished(model, client, tmp_path):
    run = run_screen(plan_of(screen_of(plates_of(*"ABCDEF")), model, tmp_path / "out"), client)
    first = next(step.outcome for step in run if step.outcome)
    run.close()
    assert first.status == "predicted"
    assert len(list((tmp_path / "out").glob("*/run.json"))) < 6


def test_plates_are_sent_without_the_weights(model, tmp_path):
    task = plan_of(screen_of(plates_of("P1")), model, tmp_path / "out").tasks[0]
    assert model.content in pickle.dumps(task)
    assert model.content not in pickle.dumps(_to_send(task))


SENSELESS = {"both": ("tcp://head:8786", 2, "Choose one"), "none": (None, 0, "at least one")}


@pytest.mark.parametrize(("scheduler", "workers", "words"), SENSELESS.values(), ids=SENSELESS)
def test_senseless_wishes_are_refused(scheduler, workers, words):
    with pytest.raises(ArgumentError, match=words), open_client(scheduler, workers):
        pass


def test_without_a_wish_there_is_no_client():
    with open_client() as found:
        assert found is None


def test_how_to_install_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ArgumentError, match=r"napari-ben\[distributed\]"), open_client(workers=2):
        pass


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_killed_worker_loses_nothing(model, tmp_path):
    plates = [make_plate(n_fields=20, size=64, seed=number) for number in range(4)]
    named = [type(plate)(**{**plate.__getstate__(), "name": f"P{number}"}) for number, plate in enumerate(plates)]
    screen = screen_of(named)
    predict_screen(screen, model, tmp_path / "serial", **OPTIONS)
    with open_client(workers=2) as client:
        pids = client.run(os.getpid)
        run = run_screen(plan_of(screen, model, tmp_path / "spread"), client)
        step = next(step for step in run if step.progress and step.progress.stage != "waiting")
        busy = next(worker for worker, keys in client.processing().items() if any("plate-" in key for key in keys))
        os.kill(pids[busy], signal.SIGKILL)
        steps = [step, *run]
        assert pids[busy] not in client.run(os.getpid).values()
    assert [step.outcome.status for step in steps if step.outcome] == ["predicted"] * 4
    assert tables(tmp_path / "spread") == tables(tmp_path / "serial")
