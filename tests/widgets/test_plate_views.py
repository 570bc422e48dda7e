"""What of a plate is shown, and how a folder that no layout knows is opened."""

import numpy as np
import pytest
import tifffile

from napari_ben.plates import Screen
from napari_ben.readers import open_plate, preview_pattern
from napari_ben.session import Session
from napari_ben.widgets._pattern_dialog import PatternDialog
from napari_ben.widgets._plate_step import PlateStep
from napari_ben.widgets._problems import ProblemsList
from napari_ben.widgets._view_row import ViewRow

PATTERN = r"(?P<well>[A-H]\d\d)_t(?P<time>\d)_z(?P<z>\d)_(?P<channel>\w+)\.tif"


@pytest.fixture
def folder(tmp_path):
    """Two wells of three planes, two time points and one channel; the pixels say plane and time."""
    for well in ("A01", "B02"):
        for time in (1, 2):
            for z in (1, 2, 3):
                image = np.full((8, 8), 10 * time + z, np.uint16)
                tifffile.imwrite(tmp_path / f"{well}_t{time}_z{z}_dna.tif", image)
    return tmp_path


@pytest.fixture
def session(folder, drain):
    session = Session()
    session.wanted.connect(lambda task: drain(session, task))
    session.open(folder, pattern=PATTERN)
    return session


@pytest.fixture
def step(qtbot, session):
    step = PlateStep(session)
    qtbot.addWidget(step)
    step.show_state(session.state, Session().state)
    step.show()
    return step


def test_a_plate_opened_by_a_pattern_offers_its_planes_and_times(step, session):
    assert [step.view.planes.itemData(place) for place in range(5)] == ["auto", "max", 1, 2, 3]
    assert step.view.time_words.text() == "time 1"
    assert not step.view.acquisitions.isVisible()
    assert session.state.plate.read_plane(0, 0)[0, 0] == 12


def test_a_chosen_plane_is_shown_and_the_wells_stay(qtbot, step, session):
    session.select(["B02"])
    session.set_role(["A01"], "negative_control")
    step.view.planes.setCurrentIndex(4)
    step.view.planes.textActivated.emit("z: plane 3")
    with qtbot.waitSignal(step.view.time_chosen):
        step.view.time.setValue(1)
    plate = session.state.plate
    assert (plate.view.z, plate.view.time) == (3, 2)
    assert plate.read_plane(0, 0)[0, 0] == 23
    assert plate.wells.at["A01", "role"] == "negative_control"
    assert session.state.selected == ("B02",)
    assert session.state.screen.plates[0] is plate


def test_what_was_predicted_belongs_to_one_view(session, predict):
    plate = session.state.plate
    session._set(results={(plate.path, plate.view): predict(plate)})
    session.show_view(z=1)
    assert session.state.predictions is None
    session.show_view(z="auto")
    assert session.state.predictions is not None


def test_a_plate_of_one_plane_offers_nothing(qtbot, plate):
    row = ViewRow()
    qtbot.addWidget(row)
    row.show_plate(plate)
    assert row.isHidden()


def test_the_dialog_shows_what_a_pattern_finds(qtbot, folder, session):
    dialog = PatternDialog(session, folder)
    qtbot.addWidget(dialog)
    opens = dialog.buttons.button(dialog.buttons.StandardButton.Open)
    dialog.pattern.setText("(?P<well>[A-H]")
    qtbot.waitUntil(lambda: "no regular expression" in dialog.problem.text())
    assert not opens.isEnabled()
    dialog.pattern.setText(PATTERN)
    qtbot.waitUntil(opens.isEnabled)
    assert dialog.summary.text().startswith("12 of 12 names match: 2 wells (A01, B02)")
    assert dialog.examples.item(0, 0).text() == "A01_t1_z1_dna.tif"
    assert dialog.examples.horizontalHeaderItem(1).text() == "well"
    before = session.state.plate
    dialog.accept()
    assert session.state.plate is not before


def test_names_that_do_not_match_are_shown(qtbot, folder, session):
    dialog = PatternDialog(session, folder)
    qtbot.addWidget(dialog)
    dialog.show_preview(preview_pattern(["A01_x.tif", "notes.tif"], r"(?P<well>[A-H]\d\d)_x\.tif"))
    assert [dialog.examples.item(1, column).text() for column in (0, 1)] == ["notes.tif", "no match"]
    dialog.reject()


def test_problems_unfold(qtbot):
    problems = ProblemsList()
    qtbot.addWidget(problems)
    problems.show_problems(["A01 is absent.", "B02 is cut short."])
    assert problems.words.text() == "A01 is absent."
    problems.toggle.click()
    assert problems.words.text().splitlines() == ["• A01 is absent.", "• B02 is cut short."]
    problems.show_problems([])
    assert problems.isHidden()


def test_suggested_controls_wait_for_a_click(qtbot, session, folder):
    plate = open_plate(folder, pattern=PATTERN, platemap=_platemap(folder))
    session._set(plate=plate, screen=Screen("P", folder, (plate,), session.state.screen.table.set_axis([plate.name])))
    step = PlateStep(session)
    qtbot.addWidget(step)
    step.show_state(session.state, Session().state)
    assert "look" in step.suggestion.text()
    assert "DMSO" in step.suggestion.text()
    assert (session.state.plate.wells["role"] != "negative_control").all()
    old = session.state
    step.confirm.click()
    assert session.state.plate.wells.at["A01", "role"] == "negative_control"
    step.show_state(session.state, old)
    assert step.confirm.isHidden()


def _platemap(folder):
    path = folder / "plate.csv"
    path.write_text("well,treatment\nA01,DMSO\nB02,taxol\n")
    return path
