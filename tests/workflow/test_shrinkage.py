import numpy as np

from napari_ben.methods import ContextStatistics
from napari_ben.models import Model
from napari_ben.plates import Plate
from napari_ben.workflow import PredictConfig, drain, plan_prediction, run_prediction


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
