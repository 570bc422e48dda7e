"""A small plate with controls, a model card without weights, and a session whose work is drained in place."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_ben.errors import NapariBenError
from napari_ben.models import Model, ModelCard, Scaling, Tiling, TrainingRecord
from napari_ben.plates import Plate, plate_from_arrays
from napari_ben.results import Predictions
from napari_ben.session import STOP, Session, SessionState, Task

CLASSES = ("actin", "tubulin", "DMSO")


@pytest.fixture
def plate() -> Plate:
    """Twelve wells of two fields, the first row controls."""
    rng = np.random.default_rng(0)
    wells = [f"{row}{column:02d}" for row in "ABC" for column in range(1, 5)]
    images = {well: rng.integers(0, 4000, (2, 2, 16, 16)).astype(np.uint16) for well in wells}
    roles = {well: "negative_control" if well.startswith("A") else "treatment" for well in wells}
    return plate_from_arrays(images, ["DNA", "Mito"], name="P1", roles=roles)


@pytest.fixture
def model() -> Model:
    """A card for the plate's channels; its weights are never asked for."""
    card = ModelCard(
        name="toy",
        architecture="resnet10",
        channels=("Mito", "DNA"),
        classes=CLASSES,
        scaling=Scaling(kind="image"),
        tiling=Tiling(size=(16, 16), fit="crop"),
        embedding_size=4,
        training=TrainingRecord(method="cs-arm-bn", plates=("T1", "T2")),
    )
    return Model(card, None, "0" * 64)


@pytest.fixture
def predict() -> Callable[..., Predictions]:
    """Predictions for a plate, invented."""

    def make(plate: Plate, wells: list[str] | None = None, *, complete: bool = True) -> Predictions:
        rng = np.random.default_rng(1)
        rows = plate.rows_of(wells if wells is not None else plate.imaged.index)
        fields = plate.fields.iloc[rows]
        index = pd.DataFrame({"well": fields["well"].to_numpy(), "site": fields["field"].to_numpy()})
        index["role"] = plate.wells.loc[index["well"], "role"].to_numpy()
        index["treatment"] = plate.wells.loc[index["well"], "treatment"].to_numpy()
        index["in_context"] = index["role"] == "negative_control"
        n_wells = index["well"].nunique()
        return Predictions(
            plate_name=plate.name,
            classes=CLASSES,
            logits=rng.normal(size=(len(index), 3)).astype(np.float32),
            embeddings=rng.normal(size=(len(index), 4)).astype(np.float32),
            well_logits=rng.normal(size=(n_wells, 3)).astype(np.float32),
            index=index,
            run={"method": "cs-arm-bn"},
            complete=complete,
        )

    return make


@pytest.fixture
def ready(plate: Plate, model: Model) -> Session:
    """A session with a plate and a model; its work is not drained."""
    return Session(SessionState(plate=plate, model=model, source=Path("P1")))


@pytest.fixture
def drain() -> Callable[..., None]:
    """Do what the dock's thread does, in place; ask the work to stop after some steps."""

    def drain_in_place(session: Session, task: Task, stop_after: int | None = None) -> None:
        steps, answer = 0, None
        while True:
            try:
                value = task.work.send(answer)
            except StopIteration as stop:
                session.finish(task, stop.value)
                return
            except NapariBenError as error:
                session.fail(task, error)
                return
            session.receive(task, value)
            steps += 1
            answer = STOP if stop_after is not None and steps >= stop_after else None

    return drain_in_place


@pytest.fixture
def wanted() -> Callable[[Session], list[Task]]:
    """Collect what a session wants done, undone."""

    def collect(session: Session) -> list[Task]:
        tasks: list[Task] = []
        session.wanted.connect(tasks.append)
        return tasks

    return collect
