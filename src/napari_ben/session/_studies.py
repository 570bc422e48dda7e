"""What is done with a plate or a run that is there: its images are checked, runs compared, wells learned from."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from napari_ben.models import Model
from napari_ben.plates import Plate
from napari_ben.results import Predictions
from napari_ben.session._changes import with_plate
from napari_ben.session._lanes import Lanes
from napari_ben.session._runs import RunPair, compare_pair
from napari_ben.workflow import exclude_flagged

if TYPE_CHECKING:
    from napari_ben.workflow import Progress, Taught

MANY_PLANES = 3000
"""Planes beyond which a look at the images of a plate without a pyramid takes one field a well."""


def teach_work(
    predictions: Predictions, model: Model, labels: Mapping[str, str]
) -> Generator[None, "bool | None", "Taught"]:
    """Learn from the person's examples."""
    from napari_ben.workflow import teach

    yield
    return teach(predictions, model, labels)


def save_model_work(model: Model, path: Path) -> Generator[None, "bool | None", Model]:
    """Save a model that lives in memory."""
    yield
    return model.save(path)


def export_work(
    predictions: Predictions, folder: Path, formats: Sequence[str], taught: Model | None = None
) -> Generator[None, "bool | None", tuple[Path, ...]]:
    """Write tables, figures and the run file; with a model that has no file yet, so that the run can be replayed."""
    yield
    if taught is None:
        return predictions.save(folder, formats)
    saved = taught.save(folder / "model.safetensors")
    run = {**predictions.run, "model": {**predictions.run["model"], "path": str(saved.path)}}
    return (*replace(predictions, run=run).save(folder, formats), folder / "model.safetensors")


def compare_work(
    before: Predictions, after: Predictions, runs: Sequence[Predictions]
) -> Generator[None, "bool | None", RunPair]:
    """Put two runs side by side, and all into a table."""
    yield
    return compare_pair(before, after, runs)


def quality_work(plate: Plate) -> Generator["Progress", "bool | None", pd.DataFrame | None]:
    """Look at the plate's images; one field a well where they are many and there is no pyramid."""
    from napari_ben.workflow import run_quality

    is_cheap = plate.n_levels > 1 or len(plate.fields) * len(plate.channels) <= MANY_PLANES
    looking = run_quality(plate, fields_per_well=None if is_cheap else 1)
    try:
        while True:
            if (yield next(looking)):
                return None
    except StopIteration as finished:
        fields: pd.DataFrame = finished.value
        return fields
    finally:
        looking.close()


class Studies(Lanes):
    """Wishes about a plate or a run that is there."""

    def check_images(self) -> None:
        """Look at the plate's images for focus, saturation, brightness and emptiness."""
        if (plate := self._state.plate) is not None:
            self._forget("plate")
            self._set(quality_note="Looking at the images")
            self._want("quality", f"Checking the images of {plate.name}", quality_work(plate))

    def stop_checking(self) -> None:
        """Stop looking at the images."""
        self._drop("quality")

    def exclude_flagged(self) -> None:
        """Leave the wells whose images were flagged out of every context."""
        state = self._state
        if state.plate is not None and state.quality is not None and not self._refuse_while_running("plate"):
            words = {flag for flags in state.plate.wells["quality_flags"] for flag in flags.split(", ") if flag}
            plate = exclude_flagged(state.plate, state.quality, tuple(words))
            self._become(with_plate(state, plate))

    def export(self, folder: Path, formats: Sequence[str]) -> None:
        """Write the predictions of the shown plate to a folder."""
        if self._state.predictions is not None:
            self._forget("results")
            taught = self._state.taught
            is_taught = taught is not None and taught.model.sha256 == self._state.predictions.run["model"]["sha256"]
            unsaved = taught.model if taught is not None and is_taught else None
            self._want("export", "Saving", export_work(self._state.predictions, folder, formats, unsaved))

    def compare(self, before: Predictions, after: Predictions) -> None:
        """Put two runs of the plate side by side."""
        self._want("compare", "Comparing runs", compare_work(before, after, self._state.shown_runs))

    def label(self, wells: Iterable[str], name: str) -> None:
        """Say what some wells are; an empty name takes their labels away."""
        named = {**self._state.labels, **dict.fromkeys(wells, name)}
        self._set_labels({well: label for well, label in sorted(named.items()) if label})

    def label_by(self, column: str) -> None:
        """Take the labels from a column of the plate's wells, where it is filled."""
        if self._state.plate is not None:
            values = self._state.plate.imaged[column].astype(str)
            self._set_labels({str(well): name for well, name in values.items() if name})

    def clear_labels(self) -> None:
        """Take all labels away."""
        self._set_labels({})

    def teach(self) -> None:
        """Predict the plate from its labelled wells."""
        state = self._state
        if state.predictions is not None and state.model is not None and not self._refuse_while_running("teach"):
            self._forget("teach")
            work = teach_work(state.predictions, state.model, state.labels)
            self._want("teach", "Learning from the labelled wells", work)

    def save_taught(self, path: Path) -> None:
        """Save what was taught as a model."""
        if self._state.taught is not None:
            self._want("save", f"Saving {path.name}", save_model_work(self._state.taught.model, path))

    def _set_labels(self, labels: Mapping[str, str]) -> None:
        has_begun = bool(labels) and not self._state.labels
        colour_by = "label" if has_begun else self._state.colour_by if labels else "role"
        self._set(labels=MappingProxyType(dict(labels)), colour_by=colour_by)
