"""torch's library ahead of torch."""

import subprocess
import sys

import pytest

from napari_ben.session import _torch

SCRIPT = """
import sys
from napari_ben.session._torch import load_torch_library
is_loaded = load_torch_library()
assert "torch" not in sys.modules
with open("/proc/self/maps") as maps:
    assert "libtorch_cpu" in maps.read()
import torch
assert torch.ones(2).sum() == 2
assert not load_torch_library()
print(is_loaded)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="what a process has loaded is read from /proc")
def test_the_library_is_there_before_the_import():
    asked = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)  # noqa: S603
    assert asked.stdout.strip() == "True"


def test_a_library_that_is_not_there_is_left_to_the_import(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setattr(_torch, "_LIBRARIES", {sys.platform: "no-such-library.so"})
    assert not _torch.load_torch_library()
    monkeypatch.setattr(_torch, "find_spec", lambda _name: None)
    assert not _torch.load_torch_library()
