"""Teaching by example: the person's classes for all wells, and a model that says the same headlessly."""

import numpy as np
import pytest

from napari_ben.errors import ArgumentError
from napari_ben.workflow import PredictConfig, plan_prediction, predict, teach


@pytest.fixture
def predicted(plate, model):
    return predict(plate, model, method="ben")


@pytest.fixture
def labels(predicted):
    """Two wells of each of two invented classes."""
    wells = list(predicted.wells.index)
    return {wells[0]: "round", wells[1]: "round", wells[-1]: "spiky", wells[-2]: "spiky"}


def test_every_well_is_predicted_in_the_person_s_classes(predicted, model, labels):
    taught = teach(predicted, model, labels)
    assert taught.predictions.classes == ("round", "spiky")
    assert list(taught.predictions.wells.index) == list(predicted.wells.index)
    assert all(taught.predictions.wells.at[well, "pred_class"] == label for well, label in labels.items())
    np.testing.assert_array_equal(taught.predictions.embeddings, predicted.embeddings)


def test_the_taught_model_says_the_same_headlessly(plate, predicted, model, labels, tmp_path):
    taught = teach(predicted, model, labels)
    path = tmp_path / "taught.safetensors"
    path.write_bytes(taught.model.content)
    again = predict(plate, path, method="ben")
    np.testing.assert_allclose(again.logits, taught.predictions.logits, rtol=1e-3, atol=1e-3)
    assert again.run["model"]["sha256"] == taught.predictions.run["model"]["sha256"]
    assert taught.model.card.training.settings["taught"]["labels"] == labels
    assert not [words for words in again.run.get("warnings", ()) if "were taught on" in words]


def test_a_taught_model_is_to_be_run_with_the_method_that_it_was_taught_on(plate, predicted, model, labels):
    taught = teach(predicted, model, labels).model
    told = {
        method: [
            words
            for words in plan_prediction(plate, taught, PredictConfig(method=method)).warnings
            if "taught" in words
        ]
        for method in ("ben", "cs-arm-bn")
    }
    assert told["ben"] == []
    assert "Choose the method 'ben'" in told["cs-arm-bn"][0]


def test_suggested_wells_have_no_label(predicted, model, labels):
    taught = teach(predicted, model, labels, n_next=3)
    assert not set(taught.suggested) & set(labels)
    assert len(taught.suggested) <= 3


@pytest.mark.parametrize(
    ("said", "problem"),
    [({}, "there is none"), ({"first": "round"}, "only 'round' has one"), ({"P24": "a", "first": "b"}, "P24")],
)
def test_what_cannot_be_learned_is_said(predicted, model, said, problem):
    first = predicted.wells.index[0]
    with pytest.raises(ArgumentError, match=problem):
        teach(predicted, model, {first if well == "first" else well: label for well, label in said.items()})
