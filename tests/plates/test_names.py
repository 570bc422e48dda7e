"""Well names and formats."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ben.errors import PlateError, SelectionError
from napari_ben.plates import FORMATS, PlateFormat, find_well, parse_well, smallest_format, well_name, well_position

SPELLINGS = ["{letters}{column}", "{letters}{column:02d}", "{letters}-{column}", "{letters} - {column}"]
SPELLINGS += ["{letters}/{column}", "{letters}/{column:02d}", "r{row:02d}c{column:02d}", "{letters}_{column:03d}"]


@given(row=st.integers(0, 31), column=st.integers(0, 47), spelling=st.sampled_from(SPELLINGS), lower=st.booleans())
def test_every_spelling_gives_the_same_name(row, column, spelling, lower):
    name = well_name(row, column)
    text = spelling.format(letters=name[:-2], row=row + 1, column=column + 1)
    assert parse_well(text.lower() if lower else text) == name
    assert well_position(name) == (row, column)


@pytest.mark.parametrize("text", ["", "A", "12", "A0", "A49", "AG1", "CH02", "r33c01", "r00c01", "A1B", "ABC1", "A--1"])
def test_what_is_no_well_is_refused(text):
    assert find_well(text) is None
    with pytest.raises(SelectionError, match=r"is not a well: rows run from A to AF.*Write wells as"):
        parse_well(text)


@pytest.mark.parametrize("n_wells", FORMATS)
def test_standard_formats(n_wells):
    plate_format = FORMATS[n_wells]
    names = plate_format.well_names()
    assert plate_format.n_wells == n_wells == len(set(names))
    assert smallest_format(well_position(name) for name in names) == plate_format
    assert plate_format.holds(names[-1])
    assert not plate_format.holds(well_name(plate_format.rows, 0)) or plate_format.rows == 32


def test_no_well_needs_the_smallest_plate():
    assert smallest_format([]) == PlateFormat(2, 3)


def test_beyond_1536_wells_is_refused():
    with pytest.raises(PlateError, match=r"outside every standard plate.*Check how wells are named"):
        smallest_format([(32, 0)])
