import importlib.util
from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from napari_ben.embedding import _umap as umap_module
from napari_ben.embedding import nearest_neighbours, umap, umap_refusal, umap_steps
from napari_ben.errors import ArgumentError

needs_umap = pytest.mark.skipif(importlib.util.find_spec("umap") is None, reason="the umap extra is not installed")


@pytest.fixture
def groups() -> np.ndarray:
    random = np.random.default_rng(5)
    centres = random.normal(size=(3, 20)) * 8
    return np.concatenate([centre + random.normal(size=(20, 20)) for centre in centres]).astype(np.float32)


@pytest.mark.parametrize("n", [7, 300])
def test_neighbours_are_exact(n: int) -> None:
    points = np.random.default_rng(n).normal(size=(n, 6)).astype(np.float32) + 50
    indices, distances = nearest_neighbours(points, 5)
    expected, rows = NearestNeighbors(n_neighbors=5, algorithm="brute").fit(points.astype(float)).kneighbors()
    reference = np.column_stack([np.arange(n), rows])[:, :5]
    np.testing.assert_array_equal(indices, reference)
    np.testing.assert_allclose(distances[:, 1:], expected[:, :4], rtol=1e-4)


def test_copies_of_a_field_are_their_own_first_neighbours() -> None:
    indices, distances = nearest_neighbours(np.ones((6, 2), dtype=np.float32), 3)
    np.testing.assert_array_equal(indices[:, 0], np.arange(6))
    np.testing.assert_array_equal(distances, 0)


@needs_umap
@pytest.mark.slow
def test_layout_keeps_groups_together_and_is_computed_once(groups: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = umap(groups, seed=1)
    nearest, _ = nearest_neighbours(layout.astype(np.float32), 10)
    labels = np.repeat(np.arange(3), 20)
    assert (labels[nearest] == labels[:, None]).mean() > 0.95

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("computed twice")

    monkeypatch.setattr(umap_module.subprocess, "Popen", fail)
    np.testing.assert_array_equal(umap(groups, seed=1), layout)


@needs_umap
def test_closing_the_generator_ends_the_process(
    groups: np.ndarray, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    start = umap_module.subprocess.Popen

    def remember(*arguments: object, **keywords: object) -> object:
        started.append(start(*arguments, **keywords))
        return started[-1]

    monkeypatch.setattr(umap_module.subprocess, "Popen", remember)
    steps = umap_steps(groups, every=0.01)
    assert "compiling" in next(steps).message
    steps.close()
    assert started[0].poll() is not None
    assert list(cache.rglob("*.npy")) == []


@needs_umap
def test_a_failure_of_the_process_is_reported_in_words(groups: np.ndarray) -> None:
    groups[0, 0] = np.nan
    with pytest.raises(ArgumentError, match=r"UMAP failed: .*NaN"):
        umap(groups)


def test_absence_is_said_in_words(groups: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(umap_module, "find_spec", lambda _: None)
    assert "PCA is shown instead" in (umap_refusal(60) or "")
    with pytest.raises(ArgumentError, match=r"UMAP is not installed \(pip install 'napari-ben\[umap\]'\)"):
        umap(groups)


@needs_umap
def test_too_few_points_are_refused() -> None:
    with pytest.raises(ArgumentError, match="at least 5 points and there are 3"):
        umap(np.zeros((3, 4), dtype=np.float32))
