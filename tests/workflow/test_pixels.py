from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from napari_ben.errors import PlateError
from napari_ben.models import ChannelStatistics, prepare_image
from napari_ben.plates import Plate, Screen
from napari_ben.workflow import PredictConfig, drain, plan_prediction, predict, run_prediction

from .conftest import CountingSource, make_model, make_plate


def test_a_model_scaled_by_the_plate_sees_the_whole_plate_but_its_empty_wells(plate: Plate) -> None:
    model = make_model(scaling={"kind": "plate"})
    predictions = drain(run_prediction(plan_prediction(plate, model, PredictConfig(method="none", wells="B2"))))
    rows = plate.rows_of(plate.wells.index[plate.wells["role"] != "empty"])
    pixels = np.stack([plate.read_field(int(row)) for row in rows]).astype(np.float64)
    statistics = ChannelStatistics(pixels.mean(axis=(0, 2, 3)), pixels.std(axis=(0, 2, 3)))
    inputs = [prepare_image(plate.read_field(int(row)), model.card, statistics) for row in plate.rows_of(["B02"])]
    with torch.no_grad():
        expected = model.network().eval()(torch.from_numpy(np.concatenate(inputs))).numpy()
    np.testing.assert_allclose(predictions.logits, expected, rtol=1e-4, atol=1e-5)


def test_plates_of_one_experiment_can_be_measured_together(plate: Plate) -> None:
    """Two plates of one experiment share their pixels' mean and deviation; the third one has its own."""
    plates = [replace(plate, name="A"), replace(make_plate(seed=1), name="B"), replace(make_plate(seed=2), name="C")]
    counted = [replace(one, source=CountingSource(one.source)) for one in plates]
    table = pd.DataFrame({"experiment": ["X", "X", "Y"]}, index=["A", "B", "C"])
    screen = Screen("screen", Path(), tuple(counted), table)
    model = make_model(scaling={"kind": "plate", "over": "experiment"})
    found = predict(screen, model, "none", wells="B2")
    used = plate.wells.index[plate.wells["role"] != "empty"]

    def expected(*members: Plate) -> ChannelStatistics:
        pixels = np.stack([one.read_field(int(row)) for one in members for row in one.rows_of(used)]).astype(np.float64)
        return ChannelStatistics(pixels.mean(axis=(0, 2, 3)), pixels.std(axis=(0, 2, 3)))

    groups = {"A": expected(*plates[:2]), "B": expected(*plates[:2]), "C": expected(plates[2])}
    for one in plates:
        inputs = [prepare_image(one.read_field(int(r)), model.card, groups[one.name]) for r in one.rows_of(["B02"])]
        with torch.no_grad():
            logits = model.network().eval()(torch.from_numpy(np.concatenate(inputs))).numpy()
        np.testing.assert_allclose(found[one.name].logits, logits, rtol=1e-4, atol=1e-5)
        assert any("by all plates of one experiment" in words for words in found[one.name].run["warnings"])
    n_reads = len(counted[0].source.reads)
    assert n_reads == 3 * (len(plate.rows_of(used)) + 2)  # measured once, though two plates use it


def test_a_plate_of_which_nothing_can_be_read_is_refused(plate: Plate) -> None:
    broken = replace(plate, source=CountingSource(plate.source, broken=frozenset(range(24))))
    plan = plan_prediction(broken, make_model(scaling={"kind": "plate"}), PredictConfig())
    with pytest.raises(PlateError, match="No field of plate 'P1' can be read"):
        drain(run_prediction(plan))
