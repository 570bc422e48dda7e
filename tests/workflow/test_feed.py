import numpy as np
import pytest
import torch

from napari_ben.models import Model
from napari_ben.plates import Plate
from napari_ben.workflow import InputCache, PredictConfig, plan_prediction
from napari_ben.workflow._feed import Feeder
from napari_ben.workflow._inputs import FieldReader


@pytest.fixture
def reader(counted: Plate, model: Model) -> FieldReader:
    return FieldReader(plan_prediction(counted, model, PredictConfig(method="none")), InputCache(0))


def test_the_next_chunk_is_prepared_while_this_one_is_used(
    reader: FieldReader, counted: Plate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: tensor)
    first, second = np.arange(4), np.arange(4, 8)
    with Feeder(reader, is_ahead=True) as feeder:
        assert feeder.take(first, second).rows == (0, 1, 2, 3)
        assert feeder.take(second, second[:0]).rows == (4, 5, 6, 7)
    assert len(counted.source.reads) == 8 * 3


def test_a_chunk_that_was_not_foreseen_is_prepared_anew(reader: FieldReader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: tensor)
    with Feeder(reader, is_ahead=True) as feeder:
        feeder.take(np.arange(4), np.arange(4, 8))
        assert feeder.take(np.arange(4, 6), np.arange(6, 8)).rows == (4, 5)


def test_on_a_processor_nothing_is_read_ahead(reader: FieldReader, counted: Plate) -> None:
    with Feeder(reader, is_ahead=False) as feeder:
        feeder.take(np.arange(4), np.arange(4, 8))
    assert len(counted.source.reads) == 4 * 3
