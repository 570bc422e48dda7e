"""The one line in which each step says how it stands."""

from collections.abc import Callable, Iterable, Sequence
from time import monotonic

import numpy as np

from napari_ben.models import Model, ModelCard
from napari_ben.plates import Plate, Screen
from napari_ben.readers import PatternPreview
from napari_ben.results import Predictions
from napari_ben.session._parts import RunState, Training
from napari_ben.session._resolve import Resolution
from napari_ben.session._state import SessionState

_UNITS = ("B", "KB", "MB", "GB", "TB")
STAGES = {
    "pixels": "Looking at pixels: ",
    "reading": "Reading the context: ",
    "statistics": "Measuring the context: ",
}
_ROLES: dict[str, Callable[[int], str]] = {
    "treatment": lambda number: f"{number} treated",
    "negative_control": lambda number: count_words(number, "negative control"),
    "positive_control": lambda number: count_words(number, "positive control"),
    "empty": lambda number: f"{number} empty",
    "unknown": lambda number: f"{number} without a role",
}
_FEWEST_FOR_AN_ESTIMATE = 2


def plate_line(state: SessionState) -> str:
    """Say what is open: layout, wells, fields, channels, size."""
    if state.opening is not None:
        return state.opening_note or f"Opening {state.opening.name} …"
    if state.plate is None:
        return "No plate yet"
    plate = state.plate
    counts = {
        "well": int(np.count_nonzero(plate.wells["n_fields"])),
        "field": len(plate.fields),
        "channel": len(plate.channels),
    }
    return " · ".join(count_words(number, noun) for noun, number in counts.items())


def plate_details(plate: Plate) -> str:
    """Say how the plate lies on disk and how large it is."""
    height, width = plate.shape
    size = len(plate.fields) * len(plate.channels) * height * width * plate.dtype.itemsize
    return f"{plate.layout} · {plate.format.n_wells}-well · {height}×{width} {plate.dtype} · {bytes_words(size)}"


def roles_line(plate: Plate) -> str:
    """Count the imaged wells of each role, treatments first."""
    counts = plate.imaged["role"].value_counts()
    return " · ".join(words(int(counts[role])) for role, words in _ROLES.items() if counts.get(role, 0))


def plate_title(screen: Screen, plate: Plate) -> str:
    """Name a plate in the list of a screen."""
    experiment = str(screen.table.at[plate.name, "experiment"])
    return f"{plate.name}  ({experiment})" if experiment and len(screen) > 1 else plate.name


def context_line(state: SessionState, resolution: Resolution) -> str:
    """Say what the choice of context means."""
    if state.plate is None:
        return ""
    if state.method == "none":
        return "not needed without adaptation"
    if resolution.context is None:
        return "no context"
    return resolution.context.describe(state.plate)


def model_line(state: SessionState) -> str:
    """Say what the model tells apart and how it was made."""
    if state.loading:
        return f"Loading {state.loading} …"
    if state.model is None:
        return "No model yet"
    card = state.model.card
    return f"{len(card.classes)} classes · {training_words(card)}"


def training_words(card: ModelCard) -> str:
    """Say how a model was trained."""
    if card.training.method == "unknown":
        return "training unknown"
    plates = len(card.training.plates)
    return f"trained with {card.training.method.upper()}" + (
        f" on {plates} plate{'s' * (plates > 1)}" if plates else ""
    )


def model_details(model: Model) -> str:
    """Say what cannot be seen from the name: classes, licence, where it comes from."""
    card = model.card
    parts = [card.description, f"Classes: {', '.join(card.classes)}", f"Channels: {', '.join(card.channels)}"]
    parts += [f"{title}: {text}" for title, text in (("Licence", card.licence), ("From", card.provenance)) if text]
    return "\n".join(part for part in parts if part)


def run_line(run: RunState, now: float | None = None) -> str:
    """Say how far a run is, and how long it will take.

    Examples
    --------
    >>> run = RunState("running", "prediction", 190, 308, "wells", stage_started=0.0)
    >>> run_line(run, now=22.0)
    '190 of 308 wells · 14 s left'
    """
    if run.phase == "cancelling":
        return f"Cancelling… {run.done} of {run.total} {run.unit} done"
    if not run.total:
        return "Preparing the network …"
    words = f"{STAGES.get(run.stage, '')}{run.done} of {run.total} {run.unit}"
    if run.done < _FEWEST_FOR_AN_ESTIMATE:
        return words
    elapsed = (monotonic() if now is None else now) - run.stage_started
    return f"{words} · {seconds_words(elapsed / run.done * (run.total - run.done))} left"


def preview_words(preview: PatternPreview) -> str:
    """Say how many names a pattern matches, and what it finds in them.

    Examples
    --------
    >>> found = {"well": (2, ("A01", "A02")), "channel": (1, ("dna",))}
    >>> preview_words(PatternPreview(3, n_tried=3, n_matched=2, values=found))
    '2 of 3 names match: 2 wells (A01, A02) · 1 channel (dna)'
    """
    tried = f"{preview.n_matched} of {count_words(preview.n_tried, 'name')} match"
    if preview.n_tried < preview.n_names:
        tried += f" (tried of {preview.n_names:,})"
    nouns = {"z": "z plane", "time": "time point"}
    values = [
        f"{count_words(number, nouns.get(word, word))} ({', '.join(first[:4])}{' …' if number > 4 else ''})"
        for word, (number, first) in preview.values.items()
        if number
    ]
    return f"{tried}: {' · '.join(values)}" if values else f"{tried}."


def quality_words(state: SessionState) -> str:
    """Say what a look at the images found, or how far it is."""
    if state.quality_note:
        return state.quality_note
    if state.plate is None or state.quality is None:
        return ""
    wells = state.flagged_wells
    if not wells:
        return "Images checked: nothing stands out."
    flags = state.plate.wells.loc[list(wells), "quality_flags"].str.split(", ").explode()
    seen = [f"{flag}: {_few(list(map(str, names)))}" for flag, names in flags.groupby(flags, sort=False).groups.items()]
    return f"{count_words(len(wells), 'well')} flagged. " + " · ".join(seen)


def _few(names: Sequence[str], shown: int = 6) -> str:
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")


def training_line(training: Training) -> str:
    """Say how far a training is.

    Examples
    --------
    >>> training_line(Training())
    'on the open plates'
    """
    if training.phase == "cancelling":
        return "Cancelling…"
    epoch = training.epoch
    if training.phase == "idle":
        return "stopped" if training.out is not None else "on the open plates"
    if epoch is None:
        return "Reading the images …"
    return f"epoch {epoch.number} of {epoch.n_epochs} · step {epoch.step} of {epoch.n_steps}"


def weight_words(weight: float) -> str:
    """Write the share of the controls.

    Examples
    --------
    >>> weight_words(2 / 3)
    '67 %'
    """
    return f"{round(100 * weight)} %"


def results_line(predictions: Predictions | None, selected: Iterable[str] = ()) -> str:
    """Say what was predicted."""
    if predictions is None:
        return "Nothing predicted yet"
    words = f"{count_words(len(predictions.wells), 'well')} · {count_words(len(predictions), 'field')}"
    if not predictions.complete:
        words += " · not finished"
    chosen = len(tuple(selected))
    return f"{words} · {chosen} selected" if chosen else words


def count_words(number: int, noun: str) -> str:
    """Count things.

    Examples
    --------
    >>> count_words(1, "well"), count_words(1232, "field")
    ('1 well', '1,232 fields')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def seconds_words(seconds: float) -> str:
    """Round a duration to what a person needs.

    Examples
    --------
    >>> seconds_words(13.6), seconds_words(170), seconds_words(8000)
    ('14 s', '3 min', '2.2 h')
    """
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def bytes_words(size: float) -> str:
    """Write a number of bytes.

    Examples
    --------
    >>> bytes_words(31e9), bytes_words(900)
    ('31 GB', '900 B')
    """
    unit = 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {_UNITS[unit]}" if size >= 10 or unit == 0 else f"{size:.1f} {_UNITS[unit]}"
