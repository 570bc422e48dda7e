"""Make a model from plates: config → data → epochs → one file."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ben.errors import ArgumentError
from napari_ben.plates import Plate
from napari_ben.training import TrainingConfig, collect_data
from napari_ben.workflow._config import make_config
from napari_ben.workflow._device import find_device, memory_in_words, processor_threads
from napari_ben.workflow._open import Plates, open_plates

if TYPE_CHECKING:
    from napari_ben.models import Model
    from napari_ben.training import Epoch

MODEL_SUFFIX = ".safetensors"
CHECKPOINT_SUFFIX = ".checkpoint"


def train(
    plates: Plates,
    method: str = "cs-arm-bn",
    *,
    out: str | Path,
    **options: Any,
) -> "Model":
    """Train a model on plates and save it.

    Parameters
    ----------
    plates
        Plates, a screen, or paths of either.
    method
        ``erm``, ``ben`` or ``cs-arm-bn``.
    out
        The model file to write; its name becomes the model's.
    **options
        Any field of `TrainingConfig`, such as ``labels`` and ``wells``, and ``resume``, ``device`` and ``threads`` of
        `run_training`.

    Returns
    -------
    Model
        As it lies in `out`.

    Raises
    ------
    NapariBenError
        When the data, the options or the device do not allow it.
    """
    running = {key: options.pop(key) for key in ("resume", "device", "threads") if key in options}
    config = make_config(TrainingConfig, method=method, **options)
    steps = run_training(open_plates(plates), config, Path(out), **running)
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            model: Model = finished.value
            return model


def run_training(
    plates: Sequence[Plate],
    config: TrainingConfig,
    out: Path,
    *,
    resume: bool = False,
    device: str = "auto",
    threads: int | None = None,
) -> "Generator[Epoch, None, Model]":
    """Train, handing back control after every step; closing the generator stops the work.

    After each epoch a checkpoint is kept beside `out`; it goes when the model is saved.

    Parameters
    ----------
    plates, config, out
        As in `train`.
    resume
        Go on from the checkpoint of a run that was stopped.
    device
        ``auto``, ``cpu``, ``cuda``, ``mps``.
    threads
        Processor threads; torch's own choice when None.

    Yields
    ------
    Epoch
        How far the run is.

    Raises
    ------
    NapariBenError
        When the data, the options or the device do not allow it.
    """
    from napari_ben.training import fit

    if out.suffix != MODEL_SUFFIX:
        raise ArgumentError(
            f"A model cannot be saved as {out.name!r}: models are {MODEL_SUFFIX} files.",
            f"Call it {out.stem}{MODEL_SUFFIX}.",
        )
    chosen = find_device(device)
    data = collect_data(plates, config)
    checkpoint = out.with_name(out.name + CHECKPOINT_SUFFIX)
    _check_resume(checkpoint, resume=resume)
    with processor_threads(threads), memory_in_words(chosen):
        trained = yield from fit(data, config, checkpoint=checkpoint, device=str(chosen))
    model = trained.save(out, out.name.partition(".")[0])
    checkpoint.unlink(missing_ok=True)
    return model


def _check_resume(checkpoint: Path, *, resume: bool) -> None:
    """Neither start anew nor throw a stopped run away without being told to."""
    if resume and not checkpoint.exists():
        raise ArgumentError(
            f"There is no stopped run to go on with: {checkpoint.name!r} is not in {str(checkpoint.parent)!r}.",
            "Leave --resume out to start anew.",
        )
    if not resume and checkpoint.exists():
        raise ArgumentError(
            f"A stopped run is kept in {checkpoint.name!r}.",
            "Give --resume to go on with it, delete the file, or choose another name for the model.",
        )
