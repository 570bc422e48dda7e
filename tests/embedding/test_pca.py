import numpy as np
import pytest
from sklearn.decomposition import PCA

from napari_ben.embedding import pca
from napari_ben.errors import ArgumentError


@pytest.fixture
def points() -> np.ndarray:
    random = np.random.default_rng(3)
    return (random.normal(size=(40, 9)) * np.arange(1, 10) + 100).astype(np.float32)


def test_agrees_with_scikit_learn_up_to_sign(points: np.ndarray) -> None:
    expected = PCA(3, svd_solver="full").fit_transform(points.astype(np.float64))
    ours = pca(points, 3)
    signs = np.sign((ours * expected).sum(axis=0))
    np.testing.assert_allclose(ours, expected * signs, rtol=1e-7, atol=1e-7)


def test_the_sign_does_not_depend_on_the_order_of_fields(points: np.ndarray) -> None:
    order = np.random.default_rng(0).permutation(len(points))
    np.testing.assert_allclose(pca(points[order]), pca(points)[order], atol=1e-8)


SMALL = {"no field": (0, 4), "one field": (1, 4), "one dimension": (6, 1)}


@pytest.mark.parametrize("shape", SMALL.values(), ids=SMALL)
def test_missing_components_are_zero(shape: tuple[int, int]) -> None:
    coordinates = pca(np.ones(shape, dtype=np.float32), 2)
    assert coordinates.shape == (shape[0], 2)
    np.testing.assert_array_equal(coordinates, 0)


def test_nan_is_refused_in_words(points: np.ndarray) -> None:
    points[[2, 5], 0] = np.nan
    with pytest.raises(ArgumentError, match="2 of 40 embeddings hold NaN or infinity"):
        pca(points)
