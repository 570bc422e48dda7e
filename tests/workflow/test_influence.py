import numpy as np
import pytest

from napari_ben.errors import MethodError
from napari_ben.evaluation import edge_wells, region_drift, well_influence
from napari_ben.models import Model
from napari_ben.plates import Plate
from napari_ben.workflow import (
    InputCache,
    PredictConfig,
    drain,
    plan_prediction,
    run_jackknife,
    run_prediction,
    run_well_moments,
)


def drained(steps):
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return finished.value


def test_wells_together_are_the_context_and_are_decoded_once(counted: Plate, model: Model) -> None:
    plan = plan_prediction(counted, model, PredictConfig(method="ben"))
    cache = InputCache()
    moments = drained(run_well_moments(plan, cache))
    statistics = drain(run_prediction(plan, cache)).statistics
    for name, layer in moments.pool().layers.items():
        np.testing.assert_allclose(layer.mean, statistics.layers[name].mean, rtol=1e-3, atol=1e-4)
    assert moments.wells == plan.context.wells
    assert len(counted.source.reads) == 24 * 3
    table = well_influence(moments)
    assert set(table.index) == set(plan.context.wells)
    assert table.index[0] == "C03"  # the brightest
    assert len(region_drift(moments, [*edge_wells(counted)][:4])) == len(statistics.layers)


def test_the_jackknife_gives_an_error_for_each_well(plate: Plate, model: Model) -> None:
    plan = plan_prediction(plate, model, PredictConfig(method="ben"))
    table = drained(run_jackknife(plan, n_groups=3))
    assert table.index.tolist() == list(plan.wells)
    assert (table["error"] >= 0).all()
    assert (table["error"] > 0).any()
    assert table["probability"].between(0.25, 1).all()


@pytest.mark.parametrize("method", ["none", "arm-bn"])
def test_methods_without_one_context_are_refused(plate: Plate, model: Model, method: str) -> None:
    plan = plan_prediction(plate, model, PredictConfig(method=method))
    for steps in (run_well_moments(plan), run_jackknife(plan)):
        with pytest.raises(MethodError, match="has no one context for the plate, so nothing of it can be drawn"):
            next(steps)


def test_one_well_has_nothing_to_leave_out(plate: Plate, model: Model) -> None:
    plan = plan_prediction(plate, model, PredictConfig(method="custom", context="A1"))
    with pytest.raises(MethodError, match="context of one well has nothing to leave out"):
        next(run_jackknife(plan))
