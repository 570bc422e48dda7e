import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestCentroid

from napari_ben.errors import ArgumentError
from napari_ben.evaluation import fit_head
from napari_ben.results import softmax


@pytest.fixture
def examples() -> tuple[np.ndarray, list[str]]:
    random = np.random.default_rng(4)
    labels = np.repeat(["a", "b", "c"], 40)
    centres = {"a": [0, 0, 0, 0], "b": [3, 0, 100, 0], "c": [0, 4, -90, 0]}
    values = np.stack([centres[label] + random.normal(size=4) * [1, 1, 40, 0] for label in labels])
    return values + np.array([0, 0, 1000, 7]), list(labels)


def test_logistic_agrees_with_scikit_learn(examples: tuple[np.ndarray, list[str]]) -> None:
    values, labels = examples
    standardised = (values - values.mean(axis=0)) / np.where(values.std(axis=0) > 0, values.std(axis=0), 1)
    reference = LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000).fit(standardised, labels)
    head = fit_head(values, labels)
    np.testing.assert_allclose(softmax(head.logits(values)), reference.predict_proba(standardised), atol=2e-4)


def test_centroids_agree_with_scikit_learn(examples: tuple[np.ndarray, list[str]]) -> None:
    values, labels = examples
    varied = values[:, :3]  # scikit-learn warns of a constant dimension
    standardised = (varied - varied.mean(axis=0)) / varied.std(axis=0)
    expected = NearestCentroid().fit(standardised, labels).predict(standardised)
    head = fit_head(values, labels, "centroid")
    found = np.array(head.classes)[head.logits(values).argmax(axis=1)]
    assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("kind", ["logistic", "centroid"])
def test_a_class_without_examples_is_never_predicted(examples: tuple[np.ndarray, list[str]], kind: str) -> None:
    values, labels = examples
    head = fit_head(values, labels, kind, classes=["z", "c", "b", "a"])
    assert np.isneginf(head.logits(values)[:, 0]).all()
    assert (softmax(head.logits(values))[:, 0] == 0).all()


def test_one_class_is_refused() -> None:
    with pytest.raises(ArgumentError, match="examples of 2 or more of its classes; there are a"):
        fit_head(np.zeros((2, 3)), ["a", "a"])
