"""Replaying a run file."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from napari_ben.errors import ArgumentError, FileError, RunFileError
from napari_ben.models import Model, load_model
from napari_ben.plates import Plate
from napari_ben.readers import open_plate
from napari_ben.results import Predictions
from napari_ben.workflow._layout import UMAP, run_umap
from napari_ben.workflow._plan import Plan, plan_prediction
from napari_ben.workflow._record import SCHEMA, PlateRecord, RunRecord
from napari_ben.workflow._recorded import as_recorded
from napari_ben.workflow._run import drain, run_prediction

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_ben.workflow._progress import Progress


def read_run(path: str | Path) -> RunRecord:
    """Read a run file.

    Raises
    ------
    RunFileError
        When it is absent, no run file, or of a version that this program does not know.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunFileError(
            f"{str(path)!r} cannot be read: {error.strerror}.", "Give the path of a run.json."
        ) from error
    except (ValueError, RecursionError) as error:
        raise RunFileError(f"{path.name!r} is not JSON: {error}.", "Give a run.json that napari-ben wrote.") from error
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version != SCHEMA:
        raise RunFileError(
            f"{path.name!r} has the schema version {version!r}; this napari-ben knows {SCHEMA}.",
            "Use the napari-ben that wrote it, or give a run.json of a prediction.",
        )
    try:
        return RunRecord.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise RunFileError(
            f"{path.name!r} is damaged: {place}: {first['msg']}.", "Use the file as napari-ben wrote it."
        ) from error


def plan_rerun(
    run: RunRecord, *, plate: Plate | str | Path | None = None, model: Model | str | Path | None = None
) -> Plan:
    """Plan the run that a run file describes.

    Parameters
    ----------
    run
        From `read_run`.
    plate, model
        Where they lie now, when they have moved.

    Raises
    ------
    RunFileError
        When plate or model are gone, or are no longer what they were.
    """
    found = as_recorded(run.plate, _opened(run.plate, plate))
    plan = plan_prediction(found, _matching_model(run, model), run.config.model_copy(update={"reducer": run.reducer}))
    over = plan.model.card.scaling.over
    if over != "plate":
        raise RunFileError(
            f"The model {plan.model.card.name!r} scales pixels by all plates of one {over}; a run file holds one.",
            "Predict the plates together again.",
        )
    if run.context is not None and plan.context is not None and plan.context.wells != run.context.wells:
        raise RunFileError(
            f"The context {run.context.text!r} stands for other wells than it did in the run.",
            "Use the napari-ben that wrote the run file.",
        )
    others = [run.model_copy(update={"model": record, "ensemble": ()}) for record in run.ensemble]
    return replace(plan, others=tuple(plan_prediction(found, _matching_model(o, None), plan.config) for o in others))


def run_again(run: RunRecord, plan: Plan) -> "Generator[Progress, None, Predictions]":
    """Carry out a plan of `plan_rerun`, and check that the pixels were still the same.

    Raises
    ------
    RunFileError
        When the images have changed.
    """
    predictions = yield from run_prediction(plan)
    if run.complete and predictions.run["pixels_sha256"] != run.pixels_sha256:
        raise RunFileError(
            f"The images of plate {run.plate.name!r} are not those of the run: their pixels differ.",
            "Bring the original images back, or predict the plate anew.",
        )
    return (yield from run_umap(predictions)) if UMAP in run.layouts else predictions


def rerun(
    path: str | Path, *, plate: Plate | str | Path | None = None, model: Model | str | Path | None = None
) -> Predictions:
    """Replay a run file and give the same table.

    Parameters
    ----------
    path
        The run file.
    plate, model
        Where they lie now, when they have moved.

    Raises
    ------
    RunFileError
        When the file cannot be read, or plate, model or images are not those of the run.
    """
    run = read_run(path)
    return drain(run_again(run, plan_rerun(run, plate=plate, model=model)))


def _opened(record: PlateRecord, given: Plate | str | Path | None) -> Plate:
    """Open the plate as it was, or take the one given, in the view of the run."""
    if given is None and not record.path:
        raise RunFileError(
            f"The plate {record.name!r} of the run was in memory and has no path.", "Pass the plate itself."
        )
    opening, view = record.opening, record.view
    try:
        plate = given
        if not isinstance(plate, Plate):
            path = plate or opening.path or record.path
            plate = open_plate(path, layout=opening.layout, pattern=opening.pattern)
        return plate.at(z=view.z, time=view.time, acquisition=view.acquisition)
    except (FileError, ArgumentError) as error:
        raise RunFileError(
            f"The plate of the run cannot be opened: {error.problem}",
            "Say where it lies now: plate= in Python, --plate on the command line.",
        ) from error


def _matching_model(run: RunRecord, given: Model | str | Path | None) -> Model:
    model = given if isinstance(given, Model) else _load(run, given)
    if model.sha256 != run.model.sha256:
        raise RunFileError(
            f"The model {model.card.name!r} is not the one of the run: its SHA-256 begins with {model.sha256[:12]}, "
            f"and was {run.model.sha256[:12]}.",
            "Give the file of the original model.",
        )
    return model


def _load(run: RunRecord, given: str | Path | None) -> Model:
    recorded = run.model.path
    is_there = recorded is not None and Path(recorded).is_file()
    try:
        return load_model(given if given is not None else recorded if recorded and is_there else run.model.name)
    except ArgumentError as error:
        gone = "" if given is not None or recorded is None else f"its file {recorded!r} is gone. "
        raise RunFileError(
            f"The model of the run cannot be found: {gone}{error.problem}",
            "Say where it lies now: model= in Python, --model on the command line.",
        ) from error
