"""Dialogs and pictures: what is asked for, and the thumbnails under the mouse."""

import numpy as np
import pytest
from qtpy.QtWidgets import QFileDialog

from napari_ben.session import Kept, Moved
from napari_ben.session._picture import develop, first_picture
from napari_ben.widgets._context_step import ContextStep
from napari_ben.widgets._model_step import ModelStep
from napari_ben.widgets._plate_step import PlateStep
from napari_ben.widgets._results_step import ResultsStep
from napari_ben.widgets._thumbnails import field_thumbnail, well_thumbnail


@pytest.fixture
def wanted(ready):
    tasks = []
    ready.wanted.connect(tasks.append)
    return tasks


def answer(monkeypatch, name, value):
    monkeypatch.setattr(QFileDialog, name, lambda *_, **__: value)


def test_open_folder_asks_and_opens(qtbot, ready, wanted, monkeypatch, tmp_path):
    step = PlateStep(ready)
    qtbot.addWidget(step)
    answer(monkeypatch, "getExistingDirectory", "")
    step.ask_for_folder()
    assert not wanted
    answer(monkeypatch, "getExistingDirectory", str(tmp_path))
    step.ask_for_folder()
    assert [(task.lane, task.title) for task in wanted] == [("plate", f"Opening {tmp_path.name}")]


def test_attach_platemap_opens_the_plate_again(qtbot, ready, wanted, monkeypatch):
    step = PlateStep(ready)
    qtbot.addWidget(step)
    answer(monkeypatch, "getOpenFileName", ("layout.csv", ""))
    step.ask_for_platemap()
    assert ready.state.opening == ready.state.source
    assert [task.lane for task in wanted] == ["plate"]


def test_a_model_file_of_one_s_own(qtbot, ready, wanted, monkeypatch):
    step = ModelStep(ready)
    qtbot.addWidget(step)
    answer(monkeypatch, "getOpenFileName", ("mine.safetensors", ""))
    step.models.textActivated.emit("Open file…")
    assert ready.state.loading == "mine"
    assert [task.lane for task in wanted] == ["model"]


def test_export_asks_for_a_folder(qtbot, ready, wanted, predict, monkeypatch, tmp_path):
    step = ResultsStep(ready)
    qtbot.addWidget(step)
    ready._set(results={(ready.state.plate.path, ready.state.plate.view): predict(ready.state.plate)})
    answer(monkeypatch, "getExistingDirectory", str(tmp_path))
    step.ask_for_export()
    assert [task.lane for task in wanted] == ["export"]


def test_a_picture_that_cannot_be_written_is_said_in_words(qtbot, ready, predict, monkeypatch, tmp_path):
    step = ResultsStep(ready)
    qtbot.addWidget(step)
    answer(monkeypatch, "getSaveFileName", (str(tmp_path / "nowhere" / "embedding.png"), ""))
    step.ask_for_picture("png")
    assert step.notice.text()


def test_thumbnails_are_cut_from_what_is_in_memory(plate):
    picture = first_picture(plate)
    assert well_thumbnail(plate, picture, "B02") is None
    for _ in develop(plate, picture):
        pass
    image = well_thumbnail(plate, picture, "B02")
    assert (image.width(), image.height()) == (16, 32)
    field = field_thumbnail(plate, picture, 0)
    assert (field.width(), field.height()) == (16, 16)
    brightest = max(field.pixelColor(x, y).blue() for x in range(16) for y in range(16))
    assert brightest > 200


def test_hovering_shows_them(qtbot, ready, plate):
    picture = first_picture(plate)
    for array in picture.overviews:
        array[:] = np.iinfo(array.dtype).max
    ready._set(picture=picture)
    step = ContextStep(ready)
    qtbot.addWidget(step)
    assert step.grid.thumbnail_of("A01") is not None


def test_a_session_is_saved_where_the_person_says(qtbot, ready, monkeypatch, tmp_path):
    step = PlateStep(ready)
    qtbot.addWidget(step)
    asked = []
    step.sessions.save_requested.connect(asked.append)
    answer(monkeypatch, "getSaveFileName", ("", ""))
    step.sessions.save.trigger()
    assert not asked
    answer(monkeypatch, "getSaveFileName", (str(tmp_path / "s.bensession"), ""))
    step.sessions.save.trigger()
    assert asked == [tmp_path / "s.bensession"]


def test_a_session_is_opened_and_pointed_to_its_plate(qtbot, ready, wanted, monkeypatch, tmp_path):
    step = PlateStep(ready)
    qtbot.addWidget(step)
    answer(monkeypatch, "getOpenFileName", (str(tmp_path / "s.bensession"), ""))
    step.sessions.open.trigger()
    ready._set(opening=None, moved=Moved(tmp_path / "s.bensession", tmp_path / "gone"))
    step.show_state(ready.state, ready.state)
    step.show()
    assert step.sessions.locate.isVisible()
    assert step.sessions.words.text() == "s.bensession: its plate has moved."
    answer(monkeypatch, "getExistingDirectory", str(tmp_path))
    step.sessions.locate.click()
    assert [(task.lane, task.title) for task in wanted] == [("plate", "Opening s.bensession")] * 2


def test_unsaved_runs_are_offered_and_brought_back(qtbot, ready, wanted, predict, tmp_path):
    step = PlateStep(ready)
    qtbot.addWidget(step)
    ready._set(kept=Kept(tmp_path / "k.bensession", "Not saved, from 1 Dec 14:03: 1 finished run."))
    step.show_state(ready.state, ready.state)
    step.show()
    step.sessions.bring_back.click()
    assert [task.title for task in wanted] == ["Opening k.bensession"]
    ready._set(results={(ready.state.plate.path, ready.state.plate.view): predict(ready.state.plate)})
    step.show_state(ready.state, ready.state)
    assert not step.sessions.isVisible()
