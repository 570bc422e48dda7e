"""Screens: experiments, treatments that all plates share, control sets."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_ben.errors import PlateError, SelectionError
from napari_ben.plates import Screen, plate_from_arrays, resolve_context

IMAGE = np.zeros((2, 1, 4, 4), np.uint8)
MAPS = {
    "P1": [("A1", "DMSO", "negcon"), ("A2", "taxol", "poscon"), ("A3", "x", "trt"), ("B1", "taxol", "poscon")],
    "P2": [("A1", "x", "trt"), ("A2", "DMSO", "negcon"), ("A3", "taxol", "poscon"), ("B1", "y", "trt")],
    "P3": [("B1", "DMSO", "negcon"), ("B2", "taxol", "trt"), ("A1", "z", "trt")],
}


def make_screen(**columns) -> Screen:
    plates = []
    for name, rows in MAPS.items():
        plate = plate_from_arrays(dict.fromkeys(("A1", "A2", "A3", "B1", "B2"), IMAGE), name=name)
        told = pd.DataFrame(rows, columns=["well", "treatment", "role"])
        plates.append(plate.with_platemap(told.assign(week="7" if name == "P1" else "8", **columns)))
    table = pd.DataFrame({"experiment": ["e1", "e1", "e2"], "lab": ["a", "b", "b"]}, index=pd.Index(MAPS, name="plate"))
    return Screen("screen", Path("screen"), tuple(plates), table)


def test_plates_are_grouped_by_a_column_of_the_screen_or_of_the_platemaps():
    screen = make_screen()
    assert screen.experiments == ("e1", "e2")
    assert screen.grouped_by("lab").table["experiment"].tolist() == ["a", "b", "b"]
    assert screen.grouped_by("week").experiments == ("7", "8")
    with pytest.raises(
        SelectionError, match=r"'colour' is a column neither of the screen 'screen' \(experiment, lab\)"
    ):
        screen.grouped_by("colour")
    with pytest.raises(SelectionError, match=r"The wells of plate 'P1' differ in 'treatment' \(DMSO, taxol, x\)"):
        screen.grouped_by("treatment")


def test_treatments_on_all_plates_are_counted():
    shared = make_screen().shared_treatments()
    assert shared.reset_index().to_numpy().tolist() == [["taxol", "", 4, 1], ["DMSO", "negative_control", 3, 1]]
    assert make_screen(excluded="true").shared_treatments().empty


def test_a_shared_set_is_a_context_on_every_plate():
    screen = make_screen().with_control_set("anchors", ["taxol"])
    wells = [resolve_context(plate, "controls:anchors").wells for plate in screen]
    assert wells == [("A02", "B01"), ("A03",), ("B02",)]
    with pytest.raises(SelectionError, match=r"Not all 3 plates of the screen 'screen' have 'x', 'y'"):
        screen.with_control_set("mine", ["taxol", "x", "y"])


def test_the_shared_controls_are_marked_when_they_are_asked_for():
    screen = make_screen()
    assert screen.ready_for("controls") is screen
    assert screen.ready_for(None) is screen
    ready = screen.ready_for("controls:shared")
    wells = [resolve_context(plate, "controls:shared").wells for plate in ready]
    assert wells == [("A01",), ("A02",), ("B01",)]  # taxol is no control on P3
    assert ready.ready_for("controls:shared") is ready
    with pytest.raises(SelectionError, match=r"No control is on all 3 plates .*; treatments that are: none"):
        make_screen(excluded="true").ready_for("controls:shared")


def test_suggestions_are_confirmed_on_every_plate():
    plates = [
        plate_from_arrays({"A1": IMAGE, "A2": IMAGE}, name=name).with_platemap(
            pd.DataFrame({"well": ["A1", "A2"], "compound": ["DMSO", "x"]})
        )
        for name in ("P1", "P2")
    ]
    screen = Screen("s", Path("s"), tuple(plates), pd.DataFrame({"experiment": "e"}, index=["P1", "P2"]))
    confirmed = screen.with_suggested_roles()
    assert [plate.wells["role"].tolist() for plate in confirmed] == [["negative_control", "treatment"]] * 2


def test_screens_without_plates_or_with_two_of_one_name_are_refused():
    plate = plate_from_arrays({"A1": IMAGE}, name="P1")
    with pytest.raises(PlateError, match="holds no plate"):
        Screen("s", Path("s"), (), pd.DataFrame())
    with pytest.raises(PlateError, match="more than one plate named 'P1'"):
        Screen("s", Path("s"), (plate, plate), pd.DataFrame())
    screen = make_screen()
    with pytest.raises(SelectionError, match=r"has no plate 'P9'; it has P1, P2, P3"):
        screen["P9"]


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        ("P2", ["P2"]),
        ("P*, !P2", ["P1", "P3"]),
        ("P[2-3]", ["P2", "P3"]),
        ("lab:B", ["P2", "P3"]),
        ("week:8, !experiment:e2", ["P2"]),
        ("!experiment:e?, P1", None),
    ],
)
def test_some_plates_are_taken_by_name_or_by_column(selection: str, names: list[str] | None):
    screen = make_screen()
    if names is None:
        with pytest.raises(SelectionError, match=r"leaves no plate of 'screen': what is added is removed again"):
            screen.only(selection)
        return
    taken = screen.only(selection)
    assert [plate.name for plate in taken] == taken.table.index.tolist() == names


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        ("P9", r"No plate of the screen 'screen' is named 'P9'; it has P1, P2, P3"),
        ("lab:c", r"No plate of the screen 'screen' has lab 'c'; there is 'a', 'b'"),
        ("colour:red", r"'colour' is a column neither of the screen"),
    ],
)
def test_plates_that_are_not_there_are_refused(selection: str, words: str):
    with pytest.raises(SelectionError, match=words):
        make_screen().only(selection)
