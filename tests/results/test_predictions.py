import numpy as np
import pytest
from scipy.special import softmax as scipy_softmax
from scipy.stats import entropy

from napari_ben.errors import ArgumentError
from napari_ben.results import Predictions, mean_direction, normalised_entropy, softmax


def test_fields_carry_place_and_prediction(predictions: Predictions) -> None:
    fields = predictions.fields
    assert len(fields) == 6
    expected = scipy_softmax(predictions.logits.astype(float), axis=1)
    np.testing.assert_allclose(fields[["prob_actin", "prob_tubulin", "prob_DNA"]], expected, rtol=1e-12)
    assert fields["pred_class"].tolist() == [predictions.classes[k] for k in expected.argmax(axis=1)]
    np.testing.assert_allclose(fields["uncertainty"], entropy(expected, axis=1) / np.log(3), rtol=1e-12)
    np.testing.assert_allclose(fields["confidence"], expected.max(axis=1))


def test_wells_are_indexed_by_name_and_lose_what_belongs_to_a_field(predictions: Predictions) -> None:
    wells = predictions.wells
    assert wells.index.tolist() == ["A01", "B03", "H12"]
    assert wells.index.name == "well"
    assert "site" not in wells
    assert wells["n_fields"].tolist() == [2, 2, 2]
    assert wells["in_context"].tolist() == [True, False, False]


REDUCED = {
    "logit": lambda p: scipy_softmax(p.logits.astype(float).reshape(3, 2, 3).mean(axis=1), axis=1),
    "probability": lambda p: scipy_softmax(p.logits.astype(float), axis=1).reshape(3, 2, 3).mean(axis=1),
    "embedding": lambda p: scipy_softmax(p.well_logits.astype(float), axis=1),
}


@pytest.mark.parametrize("reducer", REDUCED)
def test_reducers_agree_with_the_formula(predictions: Predictions, reducer: str) -> None:
    reduced = predictions.with_reducer(reducer)
    np.testing.assert_allclose(reduced.wells.filter(like="prob_"), REDUCED[reducer](predictions), rtol=1e-9)
    assert reduced.run["reducer"] == reducer
    assert predictions.reducer == "logit"


def test_unknown_reducer_is_refused(predictions: Predictions) -> None:
    with pytest.raises(ArgumentError, match=r"no reducer 'median'; there are logit, probability, embedding"):
        predictions.with_reducer("median")


def test_layout_must_fit(predictions: Predictions) -> None:
    with pytest.raises(ArgumentError, match=r"'UMAP' has shape \(5, 2\), but there are 6 fields"):
        predictions.with_layout("UMAP", np.zeros((5, 2)))


def test_mean_direction_of_one_field_is_that_field() -> None:
    field = np.array([[3.0, 4.0]], dtype=np.float32)
    np.testing.assert_allclose(mean_direction(field), field[0])


def test_mean_direction_ignores_lengths_but_keeps_their_mean() -> None:
    fields = np.array([[2.0, 0.0], [0.0, 8.0]])
    np.testing.assert_allclose(mean_direction(fields), np.array([0.5, 0.5]) * 5)


def test_a_field_of_zeros_has_no_direction() -> None:
    np.testing.assert_array_equal(mean_direction(np.zeros((2, 3))), 0)


UNCERTAINTIES = {"certain": ([1, 0, 0], 0.0), "no idea": ([1 / 3] * 3, 1.0), "single class": ([1], 0.0)}


@pytest.mark.parametrize(("row", "expected"), UNCERTAINTIES.values(), ids=UNCERTAINTIES)
def test_uncertainty_is_a_share_of_the_largest_entropy(row: list[float], expected: float) -> None:
    assert normalised_entropy(np.array([row], dtype=float))[0] == pytest.approx(expected)


def test_softmax_survives_large_logits() -> None:
    np.testing.assert_allclose(softmax(np.array([[1e4, 0.0], [-1e4, 0.0]], dtype=np.float32)), [[1, 0], [0, 1]])


def test_a_run_that_finished_no_well_is_an_empty_table(predictions: Predictions) -> None:
    empty = Predictions(
        plate_name="P",
        classes=predictions.classes,
        logits=np.zeros((0, 3), np.float32),
        embeddings=np.zeros((0, 12), np.float32),
        well_logits=np.zeros((0, 3), np.float32),
        index=predictions.index.iloc[:0],
        run={},
        complete=False,
    )
    assert len(empty.fields) == len(empty.wells) == 0
    assert "pred_class" in empty.wells
    assert repr(empty) == "<Predictions 'P': 0 wells, 0 fields, 3 classes, stopped early>"
