from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_ben.errors import ArgumentError, FileError, MethodError
from napari_ben.methods import ContextStatistics
from napari_ben.models import Model
from napari_ben.plates import Plate
from napari_ben.workflow import (
    PredictConfig,
    drain,
    make_config,
    plan_prediction,
    predict,
    run_jackknife,
    run_prediction,
)

from .conftest import make_plate


def test_as_many_pseudo_images_as_images_are_halfway_to_the_training(plate: Plate, model: Model) -> None:
    def statistics(pseudo_images: float) -> ContextStatistics:
        plan = plan_prediction(plate, model, PredictConfig(method="controls", pseudo_images=pseudo_images))
        assert len(plan.statistics_rows) == 6
        return drain(run_prediction(plan)).statistics

    own, halfway, trained = statistics(0), statistics(6), ContextStatistics.from_network(model.network())
    first = next(iter(own.layers))
    for part in ("mean", "variance"):
        expected = (getattr(own.layers[first], part) + getattr(trained.layers[first], part)) / 2
        np.testing.assert_allclose(getattr(halfway.layers[first], part), expected, rtol=1e-6)


def test_many_pseudo_images_are_the_training(plate: Plate, model: Model) -> None:
    none, pulled = (
        drain(run_prediction(plan_prediction(plate, model, PredictConfig(**options)))).logits
        for options in ({"method": "none"}, {"method": "controls", "pseudo_images": 1e9})
    )
    np.testing.assert_allclose(pulled, none, rtol=1e-3, atol=1e-3)


def test_a_context_is_shrunk_towards_the_plates_of_its_group(plate: Plate, model: Model, tmp_path: Path) -> None:
    group = [replace(make_plate(seed=number), name=f"G{number}") for number in (1, 2)]
    runs = [predict(one, model, method="ben") for one in group]
    runs[0].save(tmp_path / "first", ("csv",))
    runs[1].statistics.save(tmp_path / "second.safetensors")
    files = (str(tmp_path / "first"), str(tmp_path / "second.safetensors"))

    def statistics(**options: object) -> ContextStatistics:
        return predict(plate, model, method="controls", **options).statistics

    own, one, both = (
        statistics(pseudo_images=pseudo, shrink_towards=towards)
        for pseudo, towards in ((0, ()), (2, files[:1]), (6, files))
    )
    layer = next(iter(own.layers))
    for part in ("mean", "variance"):
        own_part, one_part, both_part = (getattr(known.layers[layer], part) for known in (own, one, both))
        first, second = (getattr(run.statistics.layers[layer], part) for run in runs)
        np.testing.assert_allclose(one_part, 0.75 * own_part + 0.25 * first, rtol=1e-6)  # 6 images, 2 pseudo-images
        np.testing.assert_allclose(both_part, 0.5 * own_part + 0.25 * (first + second), rtol=1e-6)


def test_statistics_that_do_not_fit_are_refused(plate: Plate, model: Model, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="shrink_towards needs pseudo_images"):
        make_config(PredictConfig, shrink_towards=("x",))
    with pytest.raises(ArgumentError, match=r"There are no statistics '.*nowhere' to shrink towards"):
        plan_prediction(plate, model, PredictConfig(pseudo_images=4, shrink_towards=(str(tmp_path / "nowhere"),)))
    (tmp_path / "text").write_text("x")
    with pytest.raises(FileError, match="text"):
        predict(plate, model, pseudo_images=4, shrink_towards=(str(tmp_path / "text"),))
    found = predict(plate, model, method="ben").statistics
    replace(found, layers={"stem": next(iter(found.layers.values()))}).save(tmp_path / "narrow")
    with pytest.raises(MethodError, match="The prior has no statistics that fit layer"):
        predict(plate, model, pseudo_images=4, shrink_towards=(str(tmp_path / "narrow"),))


@pytest.mark.parametrize(("n_images", "n_wells"), [(4, 4), (11, 11), (14, 11), (99, 11)])
def test_a_stratified_part_of_the_context_forms_the_statistics(
    plate: Plate, model: Model, n_images: int, n_wells: int
) -> None:
    plan = plan_prediction(plate, model, PredictConfig(method="ben", context_images=n_images))
    assert len(plan.context_rows) == min(n_images, 22)
    assert len(plan.context_wells) == n_wells
    assert {"A01", "B01", "C01"} <= set(plan.context_wells)
    assert drain(run_prediction(plan)).statistics.n_images == min(n_images, 22)
    again = plan_prediction(plate, model, PredictConfig(method="ben", context_images=n_images))
    np.testing.assert_array_equal(plan.statistics_rows, again.statistics_rows)
    assert drain(run_jackknife(plan, n_groups=2))["error"].ge(0).all()


def test_queries_count_beside_a_part_of_the_controls(plate: Plate, model: Model) -> None:
    whole, part = (
        plan_prediction(plate, model, PredictConfig(method="cs-arm-bn", context_images=n)) for n in (None, 3)
    )
    assert (len(whole.context_rows), len(part.context_rows)) == (6, 3)
    np.testing.assert_array_equal(part.statistics_rows[~part.in_context], whole.statistics_rows[~whole.in_context])
