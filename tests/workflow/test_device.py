from types import SimpleNamespace

import pytest
import torch

from napari_ben.errors import DeviceError
from napari_ben.methods import MemoryBudget
from napari_ben.workflow import PredictConfig, describe_device, find_device
from napari_ben.workflow import _device as device_module
from napari_ben.workflow._device import budget_for

ABSENT = {
    "unknown kind": ("tpu9", r"There is no kind of device 'tpu9'"),
    "no gpu": ("cuda", r"The device 'cuda' is not there: .+"),
    "no mac": ("mps", r"The device 'mps' is not there: this is no Mac with Metal"),
}


@pytest.mark.parametrize(("wish", "match"), ABSENT.values(), ids=ABSENT)
def test_absent_devices_are_refused_in_words(wish: str, match: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(DeviceError, match=match):
        find_device(wish)


def test_auto_falls_back_to_the_processor_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert find_device().type == "cpu"
    assert describe_device().startswith("CPU (slow): ")
    assert "chosen" in describe_device("cpu")


def test_the_memory_is_half_of_what_is_free_unless_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    free = SimpleNamespace(available=8000)
    monkeypatch.setattr(device_module.psutil, "virtual_memory", lambda: free)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _device: (600, 1000))
    wished = PredictConfig(memory_budget=77)
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert budget_for(PredictConfig(), cpu) == MemoryBudget(device=4000, host=4000)
    assert budget_for(PredictConfig(), gpu) == MemoryBudget(device=300, host=4000)
    assert budget_for(wished, cpu) == MemoryBudget(device=77)


def test_a_gpu_that_is_not_there_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(DeviceError, match="there are 1 GPUs, counted from 0"):
        find_device("cuda:3")
