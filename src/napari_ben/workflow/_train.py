"""Make a model from plates: config → data → epochs → one file."""

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ben._whole import place_refusal
from napari_ben.errors import ArgumentError, SaveError
from napari_ben.plates import Plate, Screen, select_plates
from napari_ben.training import TrainingConfig, collect_data
from napari_ben.workflow._config import make_config
from napari_ben.workflow._device import find_device, memory_in_words, processor_threads
from napari_ben.workflow._inputs import affordable_memory
from napari_ben.workflow._journal import keep_journal
from napari_ben.workflow._open import Plates, open_plates

if TYPE_CHECKING:
    from napari_ben.models import Model
    from napari_ben.training import Epoch, Split

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
        A key of `napari_ben.training.TRAINING_METHODS`.
    out
        The model file to write; its name becomes the model's.
    **options
        Any field of `TrainingConfig`, such as ``labels`` and ``wells``, and ``resume``, ``replace``, ``device``,
        ``threads`` and ``log`` of `run_training`.

    Returns
    -------
    Model
        As it lies in `out`.

    Raises
    ------
    NapariBenError
        When the data, the options or the device do not allow it.
    """
    running = {key: options.pop(key) for key in ("resume", "replace", "device", "threads", "log") if key in options}
    config = make_config(TrainingConfig, method=method, **options)
    opened = plates if isinstance(plates, Screen) else open_plates(plates)
    steps = run_training(opened, config, Path(out), **running)
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            model: Model = finished.value
            return model


def run_training(  # noqa: PLR0913 # what to make, and how to carry it out
    plates: Sequence[Plate] | Screen,
    config: TrainingConfig,
    out: Path,
    *,
    resume: bool = False,
    replace: bool = False,
    device: str = "auto",
    threads: int | None = None,
    log: str | Path | None = None,
) -> "Generator[Epoch, None, Model]":
    """Train, handing back control after every step; closing the generator stops the work.

    After each epoch a checkpoint is kept beside `out`; it goes when the model is saved. So are the decoded images, in a
    file, where they would take more than a third of the free memory.

    Parameters
    ----------
    plates, config, out
        As in `train`.
    resume
        Go on from the checkpoint of a run that was stopped.
    replace
        Put the model in the place of one that is there, in the end.
    device
        ``auto``, ``cpu``, ``cuda``, ``mps``.
    threads
        Processor threads; torch's own choice when None.
    log
        Folder for metrics as they come: ``metrics.csv``, and TensorBoard's files where it is installed.

    Yields
    ------
    Epoch
        How far the run is; the first one tells what trains, what validates, and what leaks.

    Raises
    ------
    NapariBenError
        When the data, the options or the device do not allow it; before an image is read where that can be known.
    """
    from napari_ben.training import fit

    checkpoint = out.with_name(out.name + CHECKPOINT_SUFFIX)
    _check_out(out, log)
    _check_earlier(out, checkpoint, resume=resume, replace=replace)
    chosen = find_device(device)
    plan_training(plates, config)
    config = _named(config, plates)
    data = collect_data(list(plates), config, _experiments(plates), folder=out.parent, in_memory=affordable_memory())
    with processor_threads(threads), memory_in_words(chosen):
        steps = fit(data, config, checkpoint=checkpoint, device=str(chosen))
        trained = yield from (steps if log is None else keep_journal(steps, Path(log)))
    model = trained.save(out, out.name.partition(".")[0])
    checkpoint.unlink(missing_ok=True)
    return model


def plan_training(plates: Sequence[Plate] | Screen, config: TrainingConfig) -> "Split":
    """Refuse a training before an image is read, or say what trains, what validates, and what leaks.

    Parameters
    ----------
    plates, config
        As in `run_training`.

    Raises
    ------
    NapariBenError
        When the data or the options do not allow it.
    """
    from napari_ben.training import check_run, outline_data

    named = _named(config, plates)
    outline = outline_data(list(plates), named, _experiments(plates))
    with memory_in_words(find_device("cpu")):
        return check_run(outline, named)


def _named(config: TrainingConfig, plates: Sequence[Plate] | Screen) -> TrainingConfig:
    """Put names where plates that validate, or are unlabelled, were selected by a column or a pattern."""
    if not isinstance(plates, Screen):
        return config
    validate, unlabelled = (_name_all(w, plates) for w in (config.validation_plates, config.unlabelled_plates))
    named = {"validation_plates": validate, "unlabelled_plates": unlabelled}
    return make_config(TrainingConfig, **{**dict(config), **named})


def _name_all(wishes: Sequence[str], screen: Screen) -> tuple[str, ...]:
    names = {plate.name for plate in screen}
    told = [(wish,) if wish in names else select_plates(wish, screen) for wish in wishes]
    return tuple(dict.fromkeys(name for part in told for name in part))


def _experiments(plates: Sequence[Plate] | Screen) -> Mapping[str, str] | None:
    """Plate → experiment; None where all are of one, or nobody said."""
    if isinstance(plates, Screen):
        known = dict(zip(plates.table.index, plates.table["experiment"], strict=True))
    else:
        known = {plate.name: plate.experiment for plate in plates if plate.experiment}
    return known if len(set(known.values())) > 1 and len(known) == len(plates) else None


def _check_out(out: Path, log: str | Path | None) -> None:
    """Refuse before the first step what could not be saved after it."""
    if out.suffix != MODEL_SUFFIX:
        raise ArgumentError(
            f"A model cannot be saved as {out.name!r}: models are {MODEL_SUFFIX} files.",
            f"Call it {out.stem}{MODEL_SUFFIX}.",
        )
    for folder, what in ((out.parent, "model"), *([] if log is None else [(Path(log), "metrics")])):
        if reason := place_refusal(folder):
            raise SaveError(f"The {what} could not be saved in {str(folder)!r}: {reason}.", "Choose another folder.")


def _check_earlier(out: Path, checkpoint: Path, *, resume: bool, replace: bool) -> None:
    """Neither start anew, nor throw a stopped run or a finished model away, without being told to."""
    if resume and not checkpoint.exists():
        ended = f"; its run has ended, and the model is in {out.name!r}" if out.exists() else ""
        raise ArgumentError(
            f"There is no stopped run to go on with: {checkpoint.name!r} is not in {str(checkpoint.parent)!r}{ended}.",
            "Leave --resume out to start anew.",
        )
    if not resume and checkpoint.exists():
        raise ArgumentError(
            f"A stopped run is kept in {checkpoint.name!r}.",
            "Give --resume to go on with it, delete the file, or choose another name for the model.",
        )
    if out.exists() and not (resume or replace):
        raise ArgumentError(
            f"There is a model {out.name!r} in {str(out.parent)!r} already.",
            "Choose another name, or give --replace to have this one in its place.",
        )
