"""Fields in their wells: stage positions where they make sense, else a square."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ben.plates import FORMATS, fields_table
from napari_ben.plates._layout import lay_out
from napari_ben.plates._positions import field_offsets

TILE = (100, 200)  # 50 µm × 100 µm where a pixel is 0.5 µm
GRID = [(0, 0), (0, 100), (50, 0), (50, 100)]  # µm: four fields that touch
SQUARE = [(0, 0), (0, 200), (100, 0), (100, 200)]  # pixels

NAN, FAR, SHIFT = np.nan, 1e6, np.array([9000.0, 18000.0])


def table(*wells):
    """Fields of wells, each given as its positions in µm."""
    names = [f"A{number:02d}" for number, well in enumerate(wells, start=1) for _ in well]
    numbers = [number for well in wells for number in range(1, len(well) + 1)]
    return fields_table(names, numbers, positions=[place for well in wells for place in well])


BELIEVED = {
    "fields that touch": ([GRID], SQUARE),
    "from the middle of the well": ([(np.array(GRID) - 75).tolist()], SQUARE),
    "a tenth overlaps": ([[(0, 0), (0, 90), (45, 0)]], [(0, 0), (0, 180), (90, 0)]),
    "not on a grid": ([[(0, 0), (20, 130), (70, 10)]], [(0, 0), (40, 260), (140, 20)]),
    "one field a well, in the middle": ([[(3, 4)], [(3, 4)]], [(0, 0), (0, 0)]),
    "from the corner of the plate": ([GRID, (np.array(GRID) + SHIFT).tolist()], SQUARE * 2),
    "a well without its first field": ([GRID, GRID[1:]], SQUARE + SQUARE[1:]),
}
NOT_BELIEVED = {
    "unknown": [[(NAN, NAN)] * 4],
    "one unknown": [[*GRID[:3], (NAN, 0)]],
    "infinite": [[*GRID[:3], (np.inf, 0)]],
    "all in one place": [[(7, 7)] * 4],
    "nearly in one place": [[(0, 0), (0, 9), (9, 0), (9, 9)]],
    "two on one place": [[*GRID[:3], GRID[2]]],
    "far apart": [[(0, 0), (FAR / 40, 3), (5, FAR), (FAR / 3, FAR / 70)]],
}


@pytest.mark.parametrize(("wells", "expected"), BELIEVED.values(), ids=BELIEVED)
def test_fields_lie_where_the_stage_was(wells, expected):
    assert field_offsets(table(*wells), TILE, 0.5).tolist() == [list(place) for place in expected]


@pytest.mark.parametrize("wells", NOT_BELIEVED.values(), ids=NOT_BELIEVED)
def test_positions_that_make_no_sense_give_a_square(wells):
    assert field_offsets(table(*wells), TILE, 0.5).tolist() == [list(place) for place in SQUARE]


@pytest.mark.parametrize(
    ("count", "across"), [(1, 1), (2, 1), (3, 2), (4, 2), (6, 2), (7, 3), (9, 3), (12, 3), (16, 4)]
)
def test_what_is_no_square_is_rather_high_than_wide(count, across):
    offsets = field_offsets(table([(NAN, NAN)] * count), TILE)
    assert offsets.max(axis=0).tolist() == [100 * (-(-count // across) - 1), 200 * (across - 1)]


def test_without_the_size_of_a_pixel_positions_still_tell_the_grid():
    down_first = [(0, 0), (310.2, 0), (0, 299.5), (310, 300)]
    expected = [[0, 0], [100, 0], [0, 200], [100, 200]]
    assert field_offsets(table(down_first), TILE).tolist() == expected
    assert field_offsets(table(down_first, (np.array(down_first) + SHIFT).tolist()), TILE).tolist() == expected * 2
    assert field_offsets(table(), TILE, 0.5).shape == (0, 2)


@given(
    places=st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)), min_size=1, max_size=9),
    pixel_um=st.sampled_from([None, 1e-3, 0.65, 1e3]),
)
def test_no_position_makes_a_picture_that_is_mostly_empty(places, pixel_um):
    fields = table(places)
    layout = lay_out(fields, FORMATS[6], TILE, pixel_um)
    assert (layout.boxes >= 0).all()
    assert layout.well[0] * layout.well[1] <= 5 * len(places) * TILE[0] * TILE[1]
    assert (layout.boxes[:, 2:] <= layout.well).all()


def test_overlapping_fields_are_seen_as_drawn():
    layout = lay_out(table([(0, 0), (0, 90)]), FORMATS[6], TILE, 0.5)
    assert layout.boxes.tolist() == [[0, 0, 100, 200], [0, 180, 100, 380]]
    assert layout.well == (100, 380)
    assert all(sum(sizes) == side for sizes, side in zip(layout.chunks(1), layout.shape, strict=True))


@pytest.mark.parametrize("plate_format", [384, 1536])
def test_no_two_fields_of_a_large_plate_lie_on_each_other(plate_format):
    wells = FORMATS[plate_format].well_names()
    places = np.array([(50 * row, 100 * column) for row in range(3) for column in range(3)], float)
    positions = np.tile(places, (len(list(wells)), 1))
    names = np.repeat(list(FORMATS[plate_format].well_names()), 9).tolist()
    fields = fields_table(names, list(range(1, 10)) * (len(names) // 9), positions=positions)
    layout = lay_out(fields, FORMATS[plate_format], TILE, 0.5)
    assert layout.well == (300, 600)
    assert len(np.unique(layout.boxes, axis=0)) == len(fields)
