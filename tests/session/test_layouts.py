"""Points start where those of the run before lay."""

from dataclasses import replace

import numpy as np
import pytest

from napari_ben import embedding
from napari_ben.session import _layouts as layouts
from napari_ben.session import _tasks as tasks
from napari_ben.session._layouts import umap_start, with_turned_pca


def laid_out(run, *names):
    random = np.random.default_rng(2)
    for name in names or ("PCA", "UMAP"):
        places = random.normal(size=(len(run), 2))
        run = run.with_layout(name, places - places.mean(axis=0))
    return run


def last_of(work):
    try:
        while True:
            next(work)
    except StopIteration as finished:
        return finished.value


@pytest.fixture
def before(plate, predict):
    return laid_out(predict(plate))


@pytest.fixture
def starts(monkeypatch):
    """Where UMAP was told to start; nothing is computed."""
    asked = []

    def steps(embeddings, seed=1, start=None):
        asked.append(start)
        return np.zeros((len(embeddings), 2)) if start is None else start + 0.01
        yield

    monkeypatch.setattr(embedding, "umap_steps", steps)
    monkeypatch.setattr(embedding, "umap_refusal", lambda _: None)
    return asked


def test_unchanged_embeddings_do_not_move_and_cost_nothing(plate, predict, before, starts):
    again = last_of(layouts.layouts_work(predict(plate), before))
    assert not starts
    for name in ("PCA", "UMAP"):
        np.testing.assert_array_equal(again.layouts[name], before.layouts[name])


def test_changed_embeddings_start_where_the_same_fields_lay(plate, predict, before, starts):
    run = predict(plate)
    changed = last_of(layouts.layouts_work(replace(run, embeddings=run.embeddings + 0.1), before))
    np.testing.assert_array_equal(starts[0], before.layouts["UMAP"])
    np.testing.assert_allclose(changed.layouts["UMAP"], before.layouts["UMAP"], atol=0.02)
    assert changed.run["layouts_followed"] == ["PCA", "UMAP"]


def test_fields_are_told_by_well_and_site_not_by_their_place(plate, predict, before):
    run = predict(plate, [str(well) for well in plate.wells.index[2:]])
    np.testing.assert_array_equal(umap_start(run, before), before.layouts["UMAP"][4:])


def test_another_network_starts_afresh(plate, predict, before):
    run = replace(predict(plate), run={"model": {"sha256": "another"}})
    assert umap_start(run, before) is None
    assert umap_start(run, None) is None


def test_the_first_run_follows_nothing(plate, predict, starts):
    run = last_of(layouts.layouts_work(predict(plate)))
    assert starts == [None]
    assert run.run["layouts_followed"] == []


def test_principal_components_keep_their_sides(plate, predict, before):
    mirrored = predict(plate).with_layout("PCA", -before.layouts["PCA"])
    np.testing.assert_allclose(with_turned_pca(mirrored, before).layouts["PCA"], before.layouts["PCA"], atol=1e-12)


def test_a_run_remembers_its_layouts_for_the_next_one(ready, predict, drain, wanted, starts, monkeypatch):
    def run_work(plan, _cache):
        run = predict(plan.plate)
        return replace(run, embeddings=run.embeddings * (1 + len(starts)), run={"control_weight": len(starts)})
        yield

    monkeypatch.setattr(tasks, "run_work", run_work)
    todo = wanted(ready)
    for _ in range(2):
        ready.run()
        drain(ready, todo[-1])
        assert ready.state.layout_note
        drain(ready, todo[-1])
    first, second = ready.state.shown_runs
    assert ready.state.placed is ready.state.predictions is second
    np.testing.assert_array_equal(starts[1], first.layouts["UMAP"])
