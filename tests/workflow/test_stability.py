import numpy as np
import pandas as pd
import pytest

from napari_ben.errors import MethodError
from napari_ben.models import Model
from napari_ben.plates import Plate
from napari_ben.workflow import PredictConfig, Progress, drain, plan_prediction, run_prediction, run_stability


def drained(steps: object) -> object:
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return finished.value


def test_stability_is_a_table_of_wells_and_decodes_once(counted: Plate, model: Model) -> None:
    plan = plan_prediction(counted, model, PredictConfig(method="controls"))
    table = drained(run_stability(plan, n_resamples=3))
    assert table.index.tolist() == list(plan.wells)
    assert table["stability"].between(0, 1).all()
    assert len(counted.source.reads) == 24 * 3


def test_what_is_known_is_told_after_each_draw_and_need_not_be_predicted_again(plate: Plate, model: Model) -> None:
    plan = plan_prediction(plate, model, PredictConfig(method="controls"))
    steps = list(run_stability(plan, n_resamples=3, reference=drain(run_prediction(plan))))
    tables = [step for step in steps if isinstance(step, pd.DataFrame)]
    assert [set(table["stability"]) <= {0, 1 / n, 2 / n, 1} for n, table in enumerate(tables, 1)] == [True] * 3
    progress = [step for step in steps if isinstance(step, Progress)]
    assert {step.lap for step in progress} == {0, 1, 2}
    assert {step.n_laps for step in progress} == {3}


def test_drawing_each_well_once_changes_nothing(plate: Plate, model: Model) -> None:
    plan = plan_prediction(plate, model, PredictConfig(method="cs-arm-bn", weight=0.4))
    once = drain(run_prediction(plan, multiplicity=np.ones(len(plan.statistics_rows))))
    assert np.array_equal(once.logits, drain(run_prediction(plan)).logits)


def test_a_context_of_which_one_well_is_drawn_is_that_well(plate: Plate, model: Model) -> None:
    plan = plan_prediction(plate, model, PredictConfig(method="custom", context="A1-A3"))
    drawn = plate.fields["well"].iloc[plan.statistics_rows].eq("A02").to_numpy() * 3.0
    resampled = drain(run_prediction(plan, multiplicity=drawn))
    alone = drain(run_prediction(plan_prediction(plate, model, PredictConfig(method="custom", context="A2"))))
    np.testing.assert_allclose(resampled.logits, alone.logits, rtol=1e-4, atol=1e-4)


def test_the_context_keeps_its_share(plate: Plate, model: Model) -> None:
    plan = plan_prediction(plate, model, PredictConfig(method="cs-arm-bn", weight=0.4))
    twice = drain(run_prediction(plan, multiplicity=np.where(plan.in_context, 2.0, 1.0)))
    np.testing.assert_allclose(twice.logits, drain(run_prediction(plan)).logits, rtol=1e-4, atol=1e-5)


def test_no_context_is_refused(plate: Plate, model: Model) -> None:
    with pytest.raises(MethodError, match="has no one context for the plate, so nothing"):
        next(run_stability(plan_prediction(plate, model, PredictConfig(method="none"))))
