import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from napari_ben.embedding import moved_onto, pca, starting_places, turned_onto
from napari_ben.embedding._following import in_a_square

needs_umap = pytest.mark.skipif(importlib.util.find_spec("umap") is None, reason="the umap extra is not installed")
THREE_LAYOUTS = """
import numpy as np
from napari_ben.embedding import moved_onto
from napari_ben.embedding._umap_process import lay_out
random = np.random.default_rng(5)
groups = np.concatenate([centre + random.normal(size=(20, 20)) for centre in random.normal(size=(3, 20)) * 8])
after = (groups + 0.2 * random.normal(size=groups.shape)).astype(np.float32)
before = lay_out(groups.astype(np.float32), None, 1)
start = before.astype(np.float32)
layouts = [lay_out(after, None, 1), *(moved_onto(lay_out(after, start, 1), before) for _ in range(2))]
print(*(np.median(np.linalg.norm(layout - before, axis=1)) for layout in layouts))
"""  # one process: numba compiles once
BLANK = (np.nan, np.nan)


@pytest.fixture
def layout() -> np.ndarray:
    places = np.random.default_rng(3).normal(size=(40, 2)) * (5.0, 2.0)
    return places - places.mean(axis=0)


@pytest.mark.parametrize("turn", [((1, 0), (0, -1)), ((0, 1), (-1, 0)), ((-0.6, 0.8), (0.8, 0.6))])
def test_a_turned_and_mirrored_layout_is_turned_back(layout: np.ndarray, turn: tuple) -> None:
    before = layout.copy()
    before[:5] = BLANK
    np.testing.assert_allclose(turned_onto(layout @ np.array(turn), before), layout, atol=1e-12)
    moved = 7 * layout @ np.array(turn) + (100, -3)
    np.testing.assert_allclose(moved_onto(moved, before), layout, atol=1e-12)


def test_turning_keeps_all_distances(layout: np.ndarray) -> None:
    turned = turned_onto(layout, np.random.default_rng(4).normal(size=layout.shape))
    np.testing.assert_allclose(turned @ turned.T, layout @ layout.T, atol=1e-9)


@pytest.mark.parametrize("sides", [(5.0, 0.2), (0.2, 5.0), (1.0, 1.0)])
def test_a_start_is_turned_until_it_is_as_wide_as_high(sides: tuple[float, float]) -> None:
    layout = np.random.default_rng(6).normal(size=(30, 2)) * sides
    turned = in_a_square(layout)
    width, height = np.ptp(turned, axis=0)
    assert width == pytest.approx(height, rel=1e-6)
    np.testing.assert_allclose(turned @ turned.T, layout @ layout.T, atol=1e-9)


def test_without_common_points_nothing_is_turned(layout: np.ndarray) -> None:
    before = np.full(layout.shape, np.nan)
    assert turned_onto(layout, before) is layout
    assert moved_onto(layout, before) is layout


def test_components_of_slightly_other_embeddings_stay_on_their_side() -> None:
    random = np.random.default_rng(8)
    embeddings = random.normal(size=(50, 12)) * np.r_[3.0, 2.9, np.ones(10)]
    first = pca(embeddings.astype(np.float32))
    second = pca((embeddings[:, ::-1] * -1).astype(np.float32))
    np.testing.assert_allclose(turned_onto(second, first), first, atol=1e-3)


def test_a_new_point_starts_among_its_neighbours(layout: np.ndarray) -> None:
    embeddings = np.repeat(np.arange(10.0), 4)[:, None].astype(np.float32)
    before = layout.copy()
    before[0] = BLANK
    start = starting_places(embeddings, before)
    near = {1, 2, 3, 4, 5, 6, 7}
    assert any(np.allclose(start[0], before[list(some)].mean(axis=0)) for some in ({1, 2, 3}, {1, 2, 3, 4, 5}, near))
    np.testing.assert_array_equal(start[1:], layout[1:])
    before[:21] = BLANK
    assert starting_places(embeddings, before) is None


@needs_umap
@pytest.mark.slow
def test_a_layout_with_a_start_moves_far_less() -> None:
    done = subprocess.run([sys.executable, "-c", THREE_LAYOUTS], capture_output=True, text=True, check=True)  # noqa: S603
    afresh, followed, again = map(float, done.stdout.split())
    assert followed < afresh / 3
    assert again == followed
