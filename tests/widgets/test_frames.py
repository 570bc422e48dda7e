"""Marks over the mosaic: where they are painted, and that thousands of wells stay cheap."""

import numpy as np
import pandas as pd
import pytest

from napari_ben.widgets._frames import Raster, levels_over

NO_WELLS = pd.DataFrame(columns=["y0", "x0", "y1", "x1"])
RED = np.array([[255, 0, 0, 200]], np.uint8)


def boxes(rows, columns, side=100, pitch=110):
    corners = [(row * pitch, column * pitch) for row in range(rows) for column in range(columns)]
    table = [(y, x, y + side, x + side) for y, x in corners]
    return pd.DataFrame(table, columns=["y0", "x0", "y1", "x1"])


@pytest.fixture
def raster():
    return Raster.over(boxes(1, 2), NO_WELLS, (110, 220))


def painted(raster, *marks):
    picture = raster.blank()
    raster.paint(picture, *marks, np.arange(len(raster.boxes)))
    return picture


def none(count=2):
    return np.zeros(count, bool)


def test_the_raster_covers_the_mosaic(raster):
    assert raster.shape[0] * raster.scale >= 110
    assert raster.shape[1] * raster.scale >= 220
    assert (raster.boxes[:, 2:] <= raster.shape).all()


def test_a_frame_has_its_colour_and_a_clear_inside(raster):
    picture = painted(raster, np.vstack([RED, np.zeros((1, 4), np.uint8)]), none(), none())
    y0, x0, y1, x1 = raster.boxes[0]
    assert picture[y0, x0].tolist() == RED[0].tolist()
    assert picture[y1 - 1, x1 - 1].tolist() == RED[0].tolist()
    assert picture[(y0 + y1) // 2, (x0 + x1) // 2, 3] == 0
    other = raster.boxes[1]
    assert not picture[other[0] : other[2], other[1] : other[3]].any()


def test_a_selected_well_has_a_white_outline_and_keeps_its_class(raster):
    picture = painted(raster, np.repeat(RED, 2, axis=0), none(), np.array([True, False]))
    y0, x0, _, _ = raster.boxes[0]
    assert picture[y0, x0].tolist() == [255, 255, 255, 255]
    assert picture[y0 + 2 + 1 + 1, x0 + 20].tolist() == RED[0].tolist()


def test_a_context_well_has_a_dot(raster):
    picture = painted(raster, np.zeros((2, 4), np.uint8), np.array([False, True]), none())
    y0, _, _, x1 = raster.boxes[1]
    assert picture[y0 + 10, x1 - 1 - 10].tolist() == [255, 255, 255, 255]


def test_a_large_plate_is_a_bounded_picture():
    fine, coarse = levels_over(boxes(32, 48, 2160 * 3, 2160 * 3 + 260), NO_WELLS, (32 * 6740, 48 * 6740))
    assert max(fine.shape) <= 4096
    assert max(coarse.shape) <= 2048
    assert (coarse.boxes[:, 2] - coarse.boxes[:, 0]).min() > 20


def test_frames_are_bolder_from_far():
    fine, coarse = levels_over(boxes(8, 12), NO_WELLS, (880, 1320))
    assert fine.scale * fine.width < coarse.scale * coarse.width


def test_painting_again_leaves_nothing_of_before(raster):
    picture = painted(raster, np.repeat(RED, 2, axis=0), ~none(), ~none())
    raster.paint(picture, np.zeros((2, 4), np.uint8), none(), none(), np.array([0]))
    assert not picture[:, : raster.boxes[1, 1]].any()
    assert picture.any()
    raster.paint(picture, np.zeros((2, 4), np.uint8), none(), none(), np.array([1]))
    assert not picture.any()


def by_hand(raster, colours, context, selected):
    """The marks as words say them: frame, then outline and rim, then dot."""
    picture, width = raster.blank(), raster.width
    for well, (y0, x0, y1, x1) in enumerate(raster.boxes.tolist()):
        outline, rim = max(width // 2, 1), max(width // 3, 1)
        rings = [colours[well] if colours[well, 3] else (0, 0, 0, 0)] * width
        if selected[well]:
            rings = [(255, 255, 255, 255)] * outline + [(0, 0, 0, 170)] * rim + rings
        for depth, colour in enumerate(rings):
            part = picture[y0 + depth : y1 - depth, x0 + depth : x1 - depth]
            part[[0, -1]] = colour
            part[:, [0, -1]] = colour
        if context[well]:
            y, x, side = y0 + 2 * width, x1 - 4 * width, 2 * width
            picture[y - 1 : y + side + 1, x - 1 : x + side + 1] = (0, 0, 0, 170)
            picture[y : y + side, x : x + side] = (255, 255, 255, 255)
    return picture


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("seed", range(3))
def test_the_table_draws_what_a_hand_would(level, seed):
    rng = np.random.default_rng(seed)
    raster = levels_over(boxes(3, 4, side=131, pitch=139), NO_WELLS, (417, 556))[level]
    colours = rng.integers(0, 256, (12, 4)).astype(np.uint8) * rng.integers(0, 2, (12, 1)).astype(np.uint8)
    context, selected = rng.integers(0, 2, (2, 12)).astype(bool)
    expected = by_hand(raster, colours, context, selected)
    assert np.array_equal(painted(raster, colours, context, selected), expected)


def test_a_well_without_an_image_has_a_faint_outline_that_marks_leave_alone():
    wells = boxes(1, 2)
    raster = Raster.over(wells[:1], wells[1:], (110, 220))
    y0, x0, y1, x1 = raster.missing[0]
    for picture in (raster.blank(), painted(raster, RED, ~none(1), ~none(1))):
        assert picture[[y0, y1 - 1], [x0, x1 - 1]].tolist() == [[128, 128, 128, 110]] * 2
        inside = picture[y0 + raster.width : y1 - raster.width, x0 + raster.width : x1 - raster.width]
        assert inside.size
        assert not inside.any()


def test_plates_whose_missing_wells_differ_have_other_rasters():
    wells = boxes(1, 3)
    over = [Raster.over(wells[:1], wells[start:], (110, 330)) for start in (1, 2, 1)]
    assert over[0] != over[1]
    assert over[0] == over[2]
