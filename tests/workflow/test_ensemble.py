"""Several models as one, several views of an image as one, and a design that the wells must fit."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from napari_ben.errors import ArgumentError
from napari_ben.models import Model, build_network, prepare_image, save_model
from napari_ben.plates import Plate
from napari_ben.results import softmax
from napari_ben.workflow import predict, rerun

from .conftest import CLASSES, make_model


def make_other(path: Path, classes: tuple[str, ...] = CLASSES[::-1]) -> Model:
    """Another network of another width, with the same classes in another order."""
    network = build_network("resnet10", 3, 4, seed=9, width=12)
    card = make_model().card.model_copy(
        update={"name": "other", "options": {"width": 12}, "classes": classes, "embedding_size": network.embedding_size}
    )
    return save_model(path / "other.safetensors", network, card)


@pytest.mark.parametrize("how", ["probability", "logit"])
def test_two_models_answer_with_their_mean(plate: Plate, model: Model, tmp_path: Path, how: str) -> None:
    other = make_other(tmp_path)
    one, two = (predict(plate, each, "ben") for each in (model, other))
    both = predict(plate, [model, other], "ben", ensemble=how)
    order = [two.classes.index(name) for name in CLASSES]
    if how == "logit":
        np.testing.assert_allclose(both.logits, (one.logits + two.logits[:, order]) / 2, rtol=1e-5, atol=1e-6)
    else:
        expected = (softmax(one.logits) + softmax(two.logits[:, order])) / 2
        np.testing.assert_allclose(softmax(both.logits), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(both.embeddings, np.hstack([one.embeddings, two.embeddings]))
    assert both.classes == CLASSES
    assert list(both.wells.index) == list(one.wells.index)
    assert [record["name"] for record in both.run["ensemble"]] == ["other"]


def test_an_ensemble_is_replayed(plate: Plate, tmp_path: Path) -> None:
    other = make_other(tmp_path)
    first = replace(make_model(), path=None)
    both = predict(plate, [first, other], "ben")
    (tmp_path / "run.json").write_text(json.dumps(dict(both.run)))
    again = rerun(tmp_path / "run.json", plate=plate, model=first)
    np.testing.assert_array_equal(again.logits, both.logits)


def test_models_of_other_classes_do_not_answer_together(plate: Plate, model: Model, tmp_path: Path) -> None:
    other = make_other(tmp_path, ("actin", "tubulin", "kinase", "taxol"))
    with pytest.raises(ArgumentError, match=r"cannot answer together: 2 classes .* \(DMSO, taxol\)"):
        predict(plate, [model, other])


def test_turns_and_flips_are_averaged(plate: Plate, model: Model) -> None:
    found = predict(plate, model, "none", wells="B2", test_time="dihedral")
    network = model.network().eval()
    rows = plate.rows_of(["B02"])
    images = np.concatenate([prepare_image(plate.read_field(int(row)), model.card) for row in rows])
    views = [np.rot90(image, turns, (2, 3)) for image in (images, images[..., ::-1]) for turns in range(4)]
    with torch.no_grad():
        logits = np.mean([network(torch.from_numpy(view.copy())).numpy() for view in views], axis=0)
    np.testing.assert_allclose(found.logits, logits, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("prior", ["assign", "both"])
def test_wells_fit_the_design_and_controls_keep_their_class(plate: Plate, model: Model, prior: str) -> None:
    plain = predict(plate, model, "ben").wells
    found = predict(plate, model, "ben", prior=prior, per_plate=2).wells
    treated = ~found["role"].isin(["negative_control", "empty"])
    assert found.loc[treated, "pred_class"].value_counts().max() <= 2
    assert list(found.loc[~treated, "pred_class"]) == list(plain.loc[~treated, "pred_class"])
    assert list(found["likeliest_class"]) == list(plain["pred_class"])
    changed = found["pred_class"] != found["likeliest_class"]
    chosen = [found.at[well, f"prob_{found.at[well, 'pred_class']}"] for well in found.index[changed]]
    np.testing.assert_allclose(found.loc[changed, "confidence"], chosen)


def test_more_wells_than_the_design_has_are_refused(plate: Plate, model: Model) -> None:
    with pytest.raises(ArgumentError, match="8 treated wells of plate 'P1' cannot be assigned to 4 classes"):
        predict(plate, model, "ben", prior="assign", per_plate=1)


def test_each_class_can_have_a_number_of_its_own(plate: Plate, model: Model) -> None:
    places = {"actin": 3, "tubulin": 5}
    found = predict(plate, model, "ben", prior="both", per_plate=places).wells
    treated = ~found["role"].isin(["negative_control", "empty"])
    assert dict(found.loc[treated, "pred_class"].value_counts()) == places
    with pytest.raises(ArgumentError, match="The layout names 'taxol', but 'tiny' knows actin, tubulin, kinase, DMSO"):
        predict(plate, model, "ben", prior="both", per_plate={"taxol": 8})


def test_half_a_design_is_refused(plate: Plate, model: Model) -> None:
    with pytest.raises(ArgumentError, match="prior and per_plate come together"):
        predict(plate, model, prior="both")
