"""Where wells lie, without Qt."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ben.plates import FORMATS
from napari_ben.widgets._plate_grid_data import cells_of
from napari_ben.widgets._plate_grid_geometry import MAX_PITCH, GridGeometry, Window


@given(
    st.sampled_from(sorted(FORMATS)),
    st.integers(300, 1200),
    st.integers(200, 900),
    st.sampled_from([1.0, 1.25, 1.5, 2.0]),
)
def test_the_middle_of_every_well_hits_that_well(n_wells, width, height, ratio):
    window = Window.of(FORMATS[n_wells])
    geometry = GridGeometry.fit(window, (width, height), (19, 17), ratio)
    for row in (window.rows[0], window.rows[-1]):
        for column in (window.columns[0], window.columns[-1]):
            x, y = geometry.corner((row, column))
            assert geometry.hit(x + geometry.pitch / 2, y + geometry.pitch / 2) == (row, column)
            assert x * ratio == pytest.approx(round(x * ratio))
            assert y * ratio == pytest.approx(round(y * ratio))
    assert geometry.pitch <= MAX_PITCH
    assert geometry.pitch * ratio == pytest.approx(round(geometry.pitch * ratio))


def test_headers_the_corner_and_the_outside():
    geometry = GridGeometry.fit(Window.of(FORMATS[96]), (260, 180), (20, 16), 1.0)
    x, y = geometry.corner((2, 3))
    assert geometry.hit(geometry.left - 5, y + 1) == (2, None)
    assert geometry.hit(x + 1, geometry.top - 5) == (None, 3)
    assert geometry.hit(geometry.left - 5, geometry.top - 5) == (None, None)
    assert geometry.hit(259, 179) is None


def test_a_drag_outside_stays_on_the_plate_and_a_header_drag_on_its_headers():
    geometry = GridGeometry.fit(Window.of(FORMATS[96]), (260, 180), (20, 16), 1.0)
    assert geometry.nearest(-50, 5000, (0, 0)) == (7, 0)
    assert geometry.nearest(5000, 5000, (None, 2)) == (None, 11)
    assert geometry.nearest(0, 0, (None, None)) == (None, None)


def test_a_trimmed_window_holds_exactly_the_cells():
    window = Window.around(cells_of(("B02", "G11")), FORMATS[96])
    assert (window.rows, window.columns) == (range(1, 7), range(1, 11))
    assert Window.around(frozenset(), FORMATS[96]) == Window.of(FORMATS[96])
    assert window.cells((None, None), (None, None)) == window.cells((1, 1), (6, 10))


@pytest.mark.parametrize(("pitch", "step"), [(20, 1), (12, 2), (7, 3), (3, 6)])
def test_labels_are_skipped_rather_than_touching(pitch, step):
    window = Window.of(FORMATS[384])
    assert GridGeometry(window, 0, 0, pitch, (20, 16)).column_step(14) == step


@given(st.sets(st.tuples(st.integers(0, 3), st.integers(0, 5))))
def test_the_outline_is_every_edge_between_in_and_out_in_straight_pieces(cells):
    lines = GridGeometry(Window(0, 0, 4, 6), 20.0, 16.0, 10.0, (20, 16)).outline(cells)
    edges = set()
    for x0, y0, x1, y1 in lines:
        steps = range(round((x1 - x0 + y1 - y0) / 10))
        pieces = {(x0 + 10 * step * (x1 > x0), y0 + 10 * step * (y1 > y0), y1 > y0) for step in steps}
        assert not edges & pieces
        edges |= pieces
    sides = [(0, 0, False), (1, 0, False), (0, 0, True), (0, 1, True)]
    around = Counter((r + down, c + right, up) for r, c in cells for down, right, up in sides)
    assert edges == {(20 + 10 * c, 16 + 10 * r, up) for (r, c, up), count in around.items() if count == 1}
    ends = Counter((x, y, y1 > y0) for x0, y0, x1, y1 in lines for x, y in ((x0, y0), (x1, y1)))
    assert not ends or max(ends.values()) == 1
