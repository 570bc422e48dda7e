"""Selections: what each term means, what is refused, and that formatting can be read back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ben.errors import SelectionError
from napari_ben.plates import FORMATS, Plate, format_selection, plate_from_arrays, select_wells

IMAGE = np.zeros((1, 1, 4, 4), np.uint8)


def make_plate(wells, **columns) -> Plate:
    plate = plate_from_arrays(dict.fromkeys(wells, IMAGE), format=FORMATS[96], name="demo")
    for name, values in columns.items():
        plate.wells[name] = values
    return plate


FULL = make_plate(FORMATS[96].well_names())
SMALL = make_plate(
    ["A01", "A02", "B01", "C12"],
    role=["negative_control", "treatment", "treatment", "empty"],
    treatment=["DMSO", "taxol", "a, b: c", ""],
    dose=["0", "10.0", "0.5", ""],
)

CASES = [
    ("A1", ["A01"]),
    ("a-1, r02c01", ["A01", "B01"]),
    ("A*", ["A01", "A02"]),
    ("*1", ["A01", "B01"]),
    ("*01", ["A01", "B01"]),
    ("*", ["A01", "A02", "B01", "C12"]),
    ("A1-B2", ["A01", "A02", "B01"]),
    ("B2-A1", ["A01", "A02", "B01"]),
    ("A1:B1", ["A01", "B01"]),
    ("a-1 - c-12", ["A01", "A02", "B01", "C12"]),
    ("!C12", ["A01", "A02", "B01"]),
    ("!A*, *", ["B01", "C12"]),
    ("role:negative_control", ["A01"]),
    ("role:treatment, !B1", ["A02"]),
    ("treatment:dmso", ["A01"]),
    ('treatment:"a, b: c"', ["B01"]),
    ("dose:10", ["A02"]),
    ("Dose:0.50", ["B01"]),
    ('"dose":0', ["A01"]),
]


@pytest.mark.parametrize(("text", "wells"), CASES)
def test_terms(text, wells):
    assert select_wells(text, SMALL) == tuple(wells)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "selection is empty.*Write terms such as"),
        (" , ", "selection is empty"),
        ("H12", r"Well 'H12' of plate 'demo' \(96 wells\) has neither images nor a row.*Choose another well"),
        ("Z*", r"'Z\*' selects no well of plate 'demo', which has wells from A01 to C12"),
        ("D1-E5", "'D1-E5' selects no well"),
        ("!A1, A1", "leaves no well of plate 'demo'.*begin with '!'"),
        ("hello", "'hello' is neither a well, a row"),
        ("moa:x", "'moa' is not a column of the wells.*there is row, column, role"),
        ("treatment:DMS0", "has treatment 'DMS0'; there is '', 'DMSO'.*Choose one of these values"),
        ('treatment:"a', "quote that is not closed"),
    ],
)
def test_refusals_say_what_is_there(text, message):
    with pytest.raises(SelectionError, match=message):
        select_wells(text, SMALL)


wells_of_96 = st.sets(st.sampled_from(FORMATS[96].well_names()), min_size=1)


@given(chosen=wells_of_96)
def test_formatting_can_be_read_back(chosen):
    text = format_selection(chosen, FULL)
    assert set(select_wells(text, FULL)) == chosen
    assert len(text) <= len(", ".join(chosen))


@given(present=wells_of_96, data=st.data())
def test_formatting_can_be_read_back_on_a_sparse_plate(present, data):
    plate = make_plate(sorted(present))
    chosen = data.draw(st.sets(st.sampled_from(sorted(present)), min_size=1))
    assert set(select_wells(format_selection(chosen, plate), plate)) == chosen


@pytest.mark.parametrize(
    ("wells", "text"),
    [
        (FORMATS[96].well_names(), "*"),
        ([f"E{column:02d}" for column in range(1, 13)], "E*"),
        ([f"{row}12" for row in "ABCDEFGH"], "*12"),
        ([f"{row}0{column}" for row in "AB" for column in (1, 2, 3)], "A01-B03"),
        (["A01", "C05"], "A01, C05"),
        ([well for well in FORMATS[96].well_names() if well != "B03"], "*, !B03"),
        ([], ""),
    ],
)
def test_formatting_is_short(wells, text):
    assert format_selection(wells, FULL) == text
