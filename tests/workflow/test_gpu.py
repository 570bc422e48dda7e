"""The same numbers on a GPU, within float32 rounding."""

import numpy as np
import pytest
import torch

from napari_ben.models import Model
from napari_ben.plates import Plate
from napari_ben.workflow import describe_device, predict

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no CUDA device here"),
]


@pytest.mark.parametrize("method", ["none", "ben", "cs-arm-bn", "controls"])
def test_the_device_does_not_change_the_answer(plate: Plate, model: Model, method: str) -> None:
    of_processor, of_gpu = (predict(plate, model, method, device=device, chunk_size=5) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(of_gpu.logits, of_processor.logits, rtol=1e-4, atol=1e-4)
    assert of_gpu.run["device"].startswith("cuda: ")


def test_half_precision_is_close_and_leaves_the_statistics_alone(plate: Plate, model: Model) -> None:
    full, mixed = (predict(plate, model, "ben", device="cuda", precision=kind) for kind in ("float32", "mixed"))
    np.testing.assert_allclose(mixed.logits, full.logits, atol=0.1 * np.abs(full.logits).max())
    for name, layer in full.statistics.layers.items():
        np.testing.assert_array_equal(mixed.statistics.layers[name].mean, layer.mean)


def test_the_device_line_names_the_card() -> None:
    assert torch.cuda.get_device_name() in describe_device()
