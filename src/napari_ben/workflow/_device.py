"""What a network runs on, chosen and put into words."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil

from napari_ben.errors import DeviceError
from napari_ben.workflow._config import PredictConfig

if TYPE_CHECKING:
    import torch

    from napari_ben.methods import MemoryBudget

_GIB = 1 << 30
_IMAGES_ON_CPU, _IMAGES_ON_GPU = 32, 128


def find_device(wish: str = "auto") -> "torch.device":
    """Give the device asked for, or the fastest there is.

    Parameters
    ----------
    wish
        ``auto``, or a device as torch spells it: ``cpu``, ``cuda``, ``cuda:1``, ``mps``.

    Raises
    ------
    DeviceError
        When there is no such device.
    """
    import torch

    if wish == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "mps" if _has_mps() else "cpu")
    try:
        device = torch.device(wish)
    except RuntimeError as error:
        raise DeviceError(f"There is no kind of device {wish!r}.", "Use auto, cpu, cuda or mps.") from error
    refusal = _refusal(device)
    if refusal:
        raise DeviceError(f"The device {wish!r} is not there: {refusal}.", "Use the device auto or cpu.")
    return device


def describe_device(wish: str = "auto") -> str:
    """Say in a line what a network will run on, and why.

    Raises
    ------
    DeviceError
        As `find_device`.
    """
    import torch

    device = find_device(wish)
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return f"GPU: {torch.cuda.get_device_name(device)}, {(total - free) / _GIB:.1f} of {total / _GIB:.0f} GB in use"
    if device.type == "mps":
        return "GPU: Apple, through Metal"
    if device.type == "cpu":
        reason = "chosen" if wish != "auto" else _no_gpu()
        return f"CPU (slow): {reason}; {torch.get_num_threads()} threads"
    return f"{device}"


def device_name(device: "torch.device") -> str:
    """Name a device for the run file: the same each time on the same machine."""
    import torch

    return f"{device.type}: {torch.cuda.get_device_name(device)}" if device.type == "cuda" else device.type


def is_out_of_memory(error: RuntimeError) -> bool:
    """Tell an allocation that failed, on any device, from other errors of torch."""
    words = str(error).lower()
    return "out of memory" in words or "can't allocate memory" in words or "not enough memory" in words


def halve(n_images: int, device: "torch.device", error: RuntimeError) -> int:
    """Give the next smaller number of images at a time.

    Raises
    ------
    DeviceError
        When there is none.
    """
    import torch

    if device.type == "cuda":
        torch.cuda.empty_cache()
    if n_images > 1:
        return n_images // 2
    raise DeviceError(
        f"The memory of {device_name(device)} does not hold even one image in this network: "
        f"{str(error).splitlines()[0]}",
        "Close other programs that use it, give a memory budget, or use the device cpu.",
    ) from error


def images_at_once(config: PredictConfig, device: "torch.device") -> int:
    """Give the number of images that go through the network together: as asked for, or what keeps the device busy."""
    if config.chunk_size is not None:
        return config.chunk_size
    return _IMAGES_ON_GPU if device.type == "cuda" else _IMAGES_ON_CPU


def budget_for(config: PredictConfig, device: "torch.device") -> "MemoryBudget":
    """Give what the statistics may hold: as asked for, or half of what is free, so that no plate is too large."""
    import torch

    from napari_ben.methods import MemoryBudget

    if config.memory_budget is not None:
        return MemoryBudget(device=config.memory_budget)
    host = int(psutil.virtual_memory().available) // 2
    on_card = torch.cuda.mem_get_info(device)[0] // 2 if device.type == "cuda" else host
    return MemoryBudget(device=on_card, host=host)


@contextmanager
def memory_in_words(device: "torch.device") -> Generator[None]:
    """Say in words that memory ran out where no smaller chunk can help, such as for the network itself.

    Raises
    ------
    DeviceError
        When it ran out.
    """
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, DeviceError) or not is_out_of_memory(error):
            raise
        raise DeviceError(
            f"The memory of {device_name(device)} does not suffice: {str(error).splitlines()[0]}",
            "Close other programs that use it, work on fewer or smaller images at a time, or use the device cpu.",
        ) from error


@contextmanager
def processor_threads(count: int | None) -> Generator[None]:
    """Let torch use this many threads meanwhile; leave its own choice when None."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _refusal(device: "torch.device") -> str | None:
    import torch

    if device.type == "cuda":
        if not torch.cuda.is_available():
            return _no_gpu()
        if (device.index or 0) >= torch.cuda.device_count():
            return f"there are {torch.cuda.device_count()} GPUs, counted from 0"
    if device.type == "mps" and not _has_mps():
        return "this is no Mac with Metal"
    return None


def _has_mps() -> bool:
    import torch

    return torch.backends.mps.is_available()


def _no_gpu() -> str:
    import torch

    if torch.version.cuda is None and torch.version.hip is None:
        return f"the installed torch {torch.__version__} is built without GPU support"
    return "torch finds no GPU that it can use"
