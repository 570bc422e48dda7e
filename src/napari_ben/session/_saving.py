"""From the state to a session file.

What belongs to the open screen is saved: its plates with their roles, all their runs with what took runs to know about
them, and what was being looked at.
What belongs to the machine (device, memory) and what is under way are not.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from napari_ben import __version__
from napari_ben._whole import saved_file
from napari_ben.errors import ArgumentError
from napari_ben.models import Model
from napari_ben.plates import Plate, View
from napari_ben.results import Predictions, store_predictions
from napari_ben.session._parts import Look
from napari_ben.session._saved_record import SavedLesson, SavedModel, SavedPath, SavedPlate, SavedRun, SavedSession
from napari_ben.session._saved_trust import describe_trust
from napari_ben.session._session_file import RECORD_PART, pack, run_part, statistics_part
from napari_ben.session._state import SessionState
from napari_ben.session._trust import Trust, run_key
from napari_ben.workflow import record_plate, to_record

MODEL_PART, LESSON_PART = "model.safetensors", "taught.safetensors"


@dataclass(frozen=True, eq=False)
class _Numbered:
    saved: SavedRun
    predictions: Predictions


def save_work(state: SessionState, path: Path, look: Look | None) -> Generator[None, "bool | None", Path | None]:
    """Save a session, whole or not at all; when asked to stop, the file is left as it was.

    Returns
    -------
    Path or None
        The file; None when stopped.

    Raises
    ------
    ArgumentError
        When no plate is open.
    SaveError
        When the disk is full, or the place cannot be written.
    """
    yield
    with saved_file(path, "The session") as unfinished, TemporaryDirectory(prefix="napari-ben-") as name:
        folder = Path(name)
        runs = _number_runs(state)
        record = _describe(state, runs, path.parent, look)
        for number, run in enumerate(runs):
            _write_run(run.predictions, folder, number)
            if (yield):
                return None
        _write_model(state.model, folder / MODEL_PART)
        _write_model(state.taught.model if state.taught else None, folder / LESSON_PART)
        (folder / RECORD_PART).write_text(record.model_dump_json(indent=1), encoding="utf-8")
        pack(folder, unfinished)
    return path


def _write_run(predictions: Predictions, folder: Path, number: int) -> None:
    store_predictions(predictions, folder / run_part(number))
    if predictions.statistics is not None:
        predictions.statistics.save(folder / statistics_part(number))


def _write_model(model: Model | None, path: Path) -> None:
    if model is not None and model.path is None and model.content is not None:
        path.write_bytes(model.content)


def _plates(state: SessionState) -> tuple[Plate, ...]:
    if state.screen is not None:
        return state.screen.plates
    return () if state.plate is None else (state.plate,)


def _number_runs(state: SessionState) -> list[_Numbered]:
    """List the runs of the screen's plates, each once, in the order in which they were made."""
    runs: dict[int, _Numbered] = {}
    for plate in _plates(state):
        for view, run, is_shown in _runs_of(plate, state):
            known = runs[id(run.logits)].saved if id(run.logits) in runs else None
            saved = SavedRun(
                plate=plate.name,
                view=view,
                is_shown=is_shown,
                is_finished=known is not None or not is_shown,
                n_wells=run.index["well"].nunique(),
                trust=describe_trust(state.trust.get(run_key(plate.path, view, run), Trust())),
            )
            runs[id(run.logits)] = _Numbered(saved, run)
    return list(runs.values())


def _runs_of(plate: Plate, state: SessionState) -> Iterator[tuple[View, Predictions, bool]]:
    """Give a plate's runs with their views: those that can be compared, then those that are shown."""
    yield from ((view, run, False) for (path, view), kept in state.runs.items() if path == plate.path for run in kept)
    yield from ((view, run, True) for (path, view), run in state.results.items() if path == plate.path)


def _describe(state: SessionState, runs: list[_Numbered], folder: Path, look: Look | None) -> SavedSession:
    if state.plate is None or state.source is None:
        raise ArgumentError("No plate is open, so there is no session to save.", "Open a plate first.")
    return SavedSession(
        napari_ben=__version__,
        saved=datetime.now().astimezone().isoformat(timespec="seconds"),
        source=SavedPath.of(state.source, folder),
        layout=state.asked.layout,
        pattern=state.asked.pattern,
        shown=state.plate.name,
        plates=tuple(SavedPlate(record=record_plate(plate), platemap=plate.platemap) for plate in _plates(state)),
        choice=state.choice,
        model=None if state.model is None else _describe_model(state.model, folder),
        overrides=dict(state.overrides),
        method=state.method,
        wished_method=state.wished_method,
        weight=state.weight,
        selected=state.selected,
        colour_by=state.colour_by,
        points_by=state.points_by,
        points_layout="PCA" if state.layout == "PCA" else "UMAP",
        labels=dict(state.labels),
        lesson=_describe_lesson(state, runs, folder),
        quality=None if state.quality is None else to_record(state.quality.reset_index()),
        runs=tuple(run.saved for run in runs),
        look=look,
    )


def _describe_model(model: Model, folder: Path) -> SavedModel:
    path = None if model.path is None else SavedPath.of(model.path, folder)
    return SavedModel(name=model.card.name, sha256=model.sha256, path=path)


def _describe_lesson(state: SessionState, runs: list[_Numbered], folder: Path) -> SavedLesson | None:
    taught = state.taught
    if taught is None:
        return None
    same = [run.predictions.logits is taught.predictions.logits for run in runs]
    if True not in same:  # so many runs came after it that it is no longer kept
        return None
    return SavedLesson(run=same.index(True), model=_describe_model(taught.model, folder), suggested=taught.suggested)
