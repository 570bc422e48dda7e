"""Points, pixels and lassos, without Qt."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ben.widgets._embedding_geometry import Camera, View, box_around, inside, nearest, point_radius

POINTS = np.array([[0, 0], [10, 5], [4, -5]], dtype=np.float32)
SIZE = (400.0, 200.0)


def test_the_first_view_shows_every_point_and_y_runs_up():
    screen = Camera.of(box_around(POINTS), SIZE, View()).to_screen(POINTS)
    assert (screen > 0).all()
    assert (screen < SIZE).all()
    assert screen[1, 1] < screen[2, 1]


@given(st.floats(0.3, 5), st.floats(0, 400), st.floats(0, 200), st.floats(0.5, 20))
def test_zooming_holds_what_is_under_the_mouse(factor, x, y, zoom):
    view = View(zoom, 1.0, -2.0)
    camera = Camera.of(box_around(POINTS), SIZE, view)
    under = np.array([[camera.centre[0] + (x - 200) / camera.scale, camera.centre[1] - (y - 100) / camera.scale]])
    after = Camera.of(box_around(POINTS), SIZE, camera.zoomed(view, factor, (x, y)))
    np.testing.assert_allclose(after.to_screen(under.astype(np.float32)), [[x, y]], atol=0.05)


def test_panning_moves_the_picture_with_the_mouse():
    camera = Camera.of(box_around(POINTS), SIZE, View())
    after = Camera.of(box_around(POINTS), SIZE, camera.panned(View(), 30, -7))
    np.testing.assert_allclose(after.to_screen(POINTS) - camera.to_screen(POINTS), [[30, -7]] * 3, atol=1e-3)


@pytest.mark.parametrize("points", [np.empty((0, 2)), np.full((2, 2), np.nan), np.ones((1, 2))])
def test_no_point_or_one_has_a_camera(points):
    assert np.isfinite(Camera.of(box_around(points.astype(np.float32)), SIZE, View()).scale)


def test_nearest_leaves_out_what_is_far_and_what_is_not_a_number():
    screen = np.array([[10, 10], [np.nan, np.nan], [12, 10]], dtype=np.float32)
    assert nearest(screen, 11.6, 10, 8) == 2
    assert nearest(screen, 100, 10, 8) is None
    assert nearest(screen[:0], 0, 0, 8) is None


def test_a_lasso_may_be_concave():
    horseshoe = np.array([[0, 0], [30, 0], [30, 30], [20, 30], [20, 10], [10, 10], [10, 30], [0, 30]], dtype=float)
    points = np.array([[5, 20], [15, 20], [25, 20], [15, 5], [40, 5], [np.nan, 5]], dtype=np.float32)
    assert inside(points, horseshoe).tolist() == [True, False, True, True, False, False]


def test_more_points_are_smaller_and_zooming_grows_them():
    assert point_radius(100, 1) > point_radius(3456, 1) > point_radius(31104, 1) >= 1.3
    assert point_radius(3456, 4) > point_radius(3456, 1)
