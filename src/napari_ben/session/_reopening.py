"""From a session file to what the state becomes.

The plate is opened as any plate is, which reads metadata and no pixels; then its wells get the roles that they had. A
plate that has other images by now is opened as it is, and its runs stay in the file: they speak of images that are no
longer there. The same for the model: what is not as it was is said.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from napari_ben.errors import ArgumentError, FileError, ModelFileError, SessionFileError
from napari_ben.methods import ContextStatistics
from napari_ben.models import Model, load_model
from napari_ben.plates import Opening, Plate, Screen
from napari_ben.results import Predictions, restore_predictions
from napari_ben.session import _tasks as tasks
from napari_ben.session._parts import Moved, Notice
from napari_ben.session._picture import first_picture
from napari_ben.session._saved_record import SavedModel, SavedPlate, SavedRun, SavedSession
from napari_ben.session._saving import LESSON_PART, MODEL_PART
from napari_ben.session._session_file import read_record, run_part, statistics_part, unpack
from napari_ben.workflow import Taught, as_recorded, to_table

Run = tuple[SavedRun, Predictions]


@dataclass(frozen=True, eq=False)
class Reopened:
    """What a session file holds, ready to be shown.

    Parameters
    ----------
    file
        The session file.
    record
        What it says.
    opened
        The plate that was shown, and its screen.
    as_saved
        Plates of the screen that are what they were.
    runs
        Of these plates.
    model, taught, quality
        As in the state; None where there is none, or where it cannot be found.
    notices
        What is not as it was.
    """

    file: Path
    record: SavedSession
    opened: tasks.Opened
    as_saved: frozenset[str]
    runs: tuple[Run, ...]
    model: Model | None
    taught: Taught | None
    quality: pd.DataFrame | None
    notices: tuple[Notice, ...]


def reopen_work(file: Path, source: Path | None = None) -> Generator[None, "bool | None", Reopened | Moved]:
    """Open a session file.

    Parameters
    ----------
    file
        The session file.
    source
        Where its plate lies now, when it has moved.

    Returns
    -------
    Reopened or Moved
        The latter when the plate is not found.

    Raises
    ------
    SessionFileError
        When the file is damaged, of a later version, or no session file.
    FileError, ArgumentError
        When there is no plate where it should be.
    """
    yield
    with TemporaryDirectory(prefix="napari-ben-") as name:
        folder = Path(name)
        record = unpack(file, folder)
        yield
        place = source or record.source.find(file.parent)
        if place is None:
            return Moved(file, Path(record.source.absolute))
        asked = Opening(layout=record.layout, pattern=record.pattern)
        screen, plates, notices = _with_roles(tasks.open_source(place, asked), record.plates)
        shown = plates.get(record.shown) or next((one for one in screen if one.name == record.shown), screen.plates[0])
        yield
        opened = tasks.Opened(shown, first_picture(shown), screen, place.absolute(), asked)
        runs = {number: run for number, run in _load_runs(record, folder).items() if run[0].plate in plates}
        model, about_model = _find_model(record.model, file.parent, folder / MODEL_PART)
        return Reopened(
            file=file,
            record=record,
            opened=opened,
            as_saved=frozenset(plate.name for plate in plates.values()),
            runs=tuple((_renamed(saved, plates), run) for saved, run in runs.values()),
            model=model,
            taught=_find_lesson(record, runs, file.parent, folder),
            quality=None if record.quality is None else to_table(record.quality, "row").set_index("row"),
            notices=(*notices, *about_model),
        )


def plate_of_session(file: Path) -> Plate:
    """Open the plate that a session showed, without its roles and runs.

    Raises
    ------
    SessionFileError
        When the file cannot be read, or its plate has moved.
    """
    record = read_record(file)
    place = record.source.find(file.parent)
    if place is None:
        raise SessionFileError(
            f"The plate of the session {file.name!r} is no longer at {record.source.absolute!r}.",
            "Open the session from the Open… menu of the dock, which asks where the plate lies now.",
        )
    screen = tasks.open_source(place, Opening(layout=record.layout, pattern=record.pattern))
    return next((plate for plate in screen if plate.name == record.shown), screen.plates[0])


def _renamed(saved: SavedRun, plates: Mapping[str, Plate]) -> SavedRun:
    """Give a run the name that its plate has now."""
    return saved.model_copy(update={"plate": plates[saved.plate].name})


def _with_roles(screen: Screen, saved: tuple[SavedPlate, ...]) -> tuple[Screen, dict[str, Plate], tuple[Notice, ...]]:
    """Give the screen's plates the roles that they had; those that are others by now keep what they have.

    Returns
    -------
    tuple
        The screen, the plates by their names in the file, and what is not as it was.
    """
    there = {plate.name: plate for plate in screen}
    if len(screen) == len(saved) == 1:  # a plate's folder may have another name by now
        there = {saved[0].record.name: screen.plates[0]}
    found: dict[str, Plate] = {}
    others: list[str] = []
    for one in saved:
        name = one.record.name
        try:
            if name not in there:
                raise SessionFileError(f"Plate {name!r} is no longer there.", "Bring it back.")
            found[name] = _with_roles_of(one, there[name])
        except (FileError, ArgumentError) as error:
            others.append(error.problem)
    by_path = {plate.path: plate for plate in found.values()}
    screen = replace(screen, plates=tuple(by_path.get(plate.path, plate) for plate in screen))
    return screen, found, _about_plates(others)


def _with_roles_of(saved: SavedPlate, plate: Plate) -> Plate:
    view = saved.record.view
    plate = plate.at(z=view.z, time=view.time, acquisition=view.acquisition)
    return replace(as_recorded(saved.record, plate), name=plate.name, platemap=saved.platemap)


def _about_plates(problems: list[str]) -> tuple[Notice, ...]:
    if not problems:
        return ()
    more = f" The same goes for {len(problems) - 1} more." if len(problems) > 1 else ""
    remedy = "It is shown as it is now; its roles and runs stay in the session file."
    return (Notice("plate", f"{problems[0]}{more}", remedy),)


def _load_runs(record: SavedSession, folder: Path) -> dict[int, Run]:
    return {number: (saved, _load_run(folder, number)) for number, saved in enumerate(record.runs)}


def _load_run(folder: Path, number: int) -> Predictions:
    predictions = restore_predictions(folder / run_part(number))
    path = folder / statistics_part(number)
    return replace(predictions, statistics=ContextStatistics.load(path)) if path.is_file() else predictions


def _find_model(saved: SavedModel | None, base: Path, part: Path) -> tuple[Model | None, tuple[Notice, ...]]:
    if saved is None:
        return None, ()
    try:
        model = _load_model(saved, base, part)
    except (ArgumentError, ModelFileError) as error:
        problem = f"The model {saved.name!r} of the session cannot be loaded: {error.problem}"
        return None, (Notice("model", problem, "Open its file here."),)
    if model.sha256 == saved.sha256:
        return model, ()
    problem = (
        f"The model {saved.name!r} is not what it was when the session was saved: its SHA-256 begins with "
        f"{model.sha256[:12]}, and was {saved.sha256[:12]}."
    )
    return model, (Notice("model", problem, "Runs made before stay as they are; new ones use the model of now."),)


def _load_model(saved: SavedModel, base: Path, part: Path) -> Model:
    if saved.path is None:
        return replace(load_model(part if part.is_file() else saved.name).held(), path=None)
    return load_model(saved.path.find(base) or saved.name)


def _find_lesson(record: SavedSession, runs: Mapping[int, Run], base: Path, folder: Path) -> Taught | None:
    lesson = record.lesson
    if lesson is None or lesson.run not in runs:
        return None
    model, _ = _find_model(lesson.model, base, folder / LESSON_PART)
    return None if model is None else Taught(runs[lesson.run][1], model, lesson.suggested)
