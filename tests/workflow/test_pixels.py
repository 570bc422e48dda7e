from dataclasses import replace

import numpy as np
import pytest

from napari_ben.errors import PlateError
from napari_ben.models import ChannelStatistics, prepare_image
from napari_ben.plates import Plate
from napari_ben.workflow import PredictConfig, drain, plan_prediction, run_prediction

from .conftest import CountingSource, make_model


def test_a_model_scaled_by_the_plate_sees_the_whole_plate_but_its_empty_wells(plate: Plate) -> None:
    import torch

    model = make_model(scaling={"kind": "plate"})
    predictions = drain(run_prediction(plan_prediction(plate, model, PredictConfig(method="none", wells="B2"))))
    rows = plate.rows_of(plate.wells.index[plate.wells["role"] != "empty"])
    pixels = np.stack([plate.read_field(int(row)) for row in rows]).astype(np.float64)
    statistics = ChannelStatistics(pixels.mean(axis=(0, 2, 3)), pixels.std(axis=(0, 2, 3)))
    inputs = [prepare_image(plate.read_field(int(row)), model.card, statistics) for row in plate.rows_of(["B02"])]
    with torch.no_grad():
        expected = model.network().eval()(torch.from_numpy(np.concatenate(inputs))).numpy()
    np.testing.assert_allclose(predictions.logits, expected, rtol=1e-4, atol=1e-5)


def test_a_plate_of_which_nothing_can_be_read_is_refused(plate: Plate) -> None:
    broken = replace(plate, source=CountingSource(plate.source, broken=frozenset(range(24))))
    plan = plan_prediction(broken, make_model(scaling={"kind": "plate"}), PredictConfig())
    with pytest.raises(PlateError, match="No field of plate 'P1' can be read"):
        drain(run_prediction(plan))
