"""Float32 that is float32.

Statistics feed on each other through dozens of layers, so no reduced precision is let in, whatever the caller's
settings: no autocast, no TF32 on CUDA, no bfloat16 behind float32 matrix products on CPU. The caller's settings come
back after every visit of a chunk, not only at the end, because a measurement may be paused or dropped in between.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

__all__ = ["exact_arithmetic"]


def _switches() -> list[tuple[object, str, object]]:
    """Where torch keeps its float32 precision: per operator from 2.9 on, two flags before."""
    backends: Any = torch.backends
    if hasattr(backends.cudnn, "conv"):
        owners = (backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn, backends.mkldnn.matmul,
                  backends.mkldnn.conv)  # fmt: skip
        return [(owner, "fp32_precision", "ieee") for owner in owners]
    return [(backends.cuda.matmul, "allow_tf32", False), (backends.cudnn, "allow_tf32", False)]


@contextmanager
def exact_arithmetic(device: torch.device) -> Iterator[None]:
    """Compute without gradients in full float32."""
    switches = _switches()
    before = [getattr(owner, name) for owner, name, _ in switches]
    try:
        for owner, name, exact in switches:
            setattr(owner, name, exact)
        with torch.inference_mode(mode=False), torch.no_grad(), torch.autocast(device.type, enabled=False):
            yield
    finally:
        for (owner, name, _), value in zip(switches, before, strict=True):
            setattr(owner, name, value)
