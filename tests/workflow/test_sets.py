"""ARM-BN: every set of wells is one training-mode batch."""

import copy

import numpy as np
import pytest
import torch

from napari_ben.errors import MethodError
from napari_ben.methods import cut_into_sets
from napari_ben.models import Model, TrainingRecord, prepare_image
from napari_ben.plates import Plate
from napari_ben.workflow import PredictConfig, drain, plan_prediction, run_prediction, run_stability

from .conftest import make_model

SET = 8


@pytest.fixture(scope="module")
def model() -> Model:
    return make_model(training=TrainingRecord(method="arm-bn", context_size=SET))


def predict(plate: Plate, model: Model, **options: object):
    return drain(run_prediction(plan_prediction(plate, model, PredictConfig(method="arm-bn", **options))))


def test_each_set_is_normalised_by_itself(plate: Plate, model: Model) -> None:
    predictions = predict(plate, model, seed=3)
    usable = plate.fields["well"].isin(plate.wells.index[plate.wells["role"] != "empty"]).to_numpy()
    rows = np.flatnonzero(usable)
    sets = cut_into_sets(plate.fields["well"].to_numpy(object)[rows], SET, 3)
    assert len(sets) == 3
    found = predictions.fields.set_index(["well", "site"])[[f"prob_{name}" for name in model.card.classes]]
    for members in sets:
        inputs = [prepare_image(plate.read_field(int(row)), model.card) for row in rows[members]]
        with torch.no_grad():
            logits = copy.deepcopy(model.network()).train()(torch.from_numpy(np.concatenate(inputs)))
        keys = list(plate.fields.iloc[rows[members]][["well", "field"]].itertuples(index=False, name=None))
        np.testing.assert_allclose(found.loc[keys].to_numpy(), logits.softmax(1).numpy(), rtol=1e-3, atol=1e-4)


def test_all_wells_are_answered_in_order_and_the_seed_decides(plate: Plate, model: Model) -> None:
    one, same, other = (predict(plate, model, seed=seed) for seed in (0, 0, 1))
    assert list(one.wells.index) == list(plate.imaged.index)
    np.testing.assert_array_equal(one.logits, same.logits)
    assert np.abs(one.logits - other.logits).max() > 1e-3
    assert one.statistics is None
    assert len(one.well_logits) == len(one.wells)


def test_a_well_is_the_same_whether_others_are_asked_for_or_not(plate: Plate, model: Model) -> None:
    whole, part = predict(plate, model), predict(plate, model, wells="B2,C1")
    for name in ("B02", "C01"):
        np.testing.assert_allclose(part.wells.loc[name, "confidence"], whole.wells.loc[name, "confidence"], rtol=1e-4)


def test_sets_cannot_be_drawn_anew(plate: Plate, model: Model) -> None:
    plan = plan_prediction(plate, model, PredictConfig(method="arm-bn"))
    with pytest.raises(MethodError, match="no one context for the plate"):
        next(run_stability(plan))
