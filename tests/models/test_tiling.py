import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_ben.errors import ChannelError
from napari_ben.models import Scaling, Tiling, n_tiles, prepare_image, tile_image

from .conftest import make_card

sides = st.integers(1, 40)


def ramp(height, width, channels=2):
    return np.arange(channels * height * width, dtype=np.float32).reshape(channels, height, width)


def test_crop_takes_the_centre():
    tiles = tile_image(ramp(6, 7), Tiling(size=(2, 3)))
    np.testing.assert_array_equal(tiles, ramp(6, 7)[None, :, 2:4, 2:5])


def test_crop_mirrors_what_is_smaller():
    tiles = tile_image(ramp(2, 3, 1), Tiling(size=(4, 3)))
    np.testing.assert_array_equal(tiles[0, 0], [[3, 4, 5], [0, 1, 2], [3, 4, 5], [0, 1, 2]])


def test_a_field_is_brought_to_the_card_s_size_by_its_nearest_pixels():
    from PIL import Image

    field = np.random.default_rng(1).integers(0, 2**16, (1, 54, 47)).astype(np.uint16)
    expected = np.asarray(Image.fromarray(field[0]).resize((20, 30), Image.Resampling.NEAREST))
    card = make_card(channels=("DNA",), scaling=Scaling(kind="range", limits=(0, 1)), tiling=Tiling(size=(30, 20)))
    inputs = prepare_image(field, card.model_copy(update={"field_size": (30, 20)}))
    np.testing.assert_array_equal(inputs[0, 0], expected)


def test_tiles_lie_side_by_side_where_the_size_divides_the_field():
    tiles = tile_image(ramp(640, 640), Tiling(size=(128, 128), fit="tiles"))
    assert tiles.shape == (25, 2, 128, 128)
    np.testing.assert_array_equal(tiles[7], ramp(640, 640)[:, 128:256, 256:384])


@settings(deadline=None)
@given(height=sides, width=sides, y=st.integers(1, 20), x=st.integers(1, 20))
def test_tiles_cover_every_pixel_and_show_no_other_unless_the_field_is_smaller(height, width, y, x):
    tiling = Tiling(size=(y, x), fit="tiles")
    tiles = tile_image(ramp(height, width), tiling)
    assert tiles.shape == (n_tiles((height, width), tiling), 2, y, x)
    assert set(np.unique(tiles)) == set(ramp(height, width).ravel())


@settings(deadline=None)
@given(height=sides, width=sides, fit=st.sampled_from(["crop", "resize", "tiles"]))
def test_every_fit_gives_contiguous_float32_of_the_wanted_size(height, width, fit):
    tiling = Tiling(size=(8, 9), fit=fit)
    tiles = tile_image(ramp(height, width), tiling)
    assert (tiles.shape[2:], tiles.dtype) == ((8, 9), np.float32)
    assert tiles.flags.c_contiguous
    assert len(tiles) == n_tiles((height, width), tiling)


def test_resize_keeps_the_mean_and_smooths_before_it_shrinks():
    checkers = np.indices((1, 64, 64)).sum(axis=0).astype(np.float32) % 2
    small = tile_image(checkers, Tiling(size=(16, 16), fit="resize"))
    np.testing.assert_allclose(small, 0.5, atol=0.05)


def test_resize_to_the_same_size_changes_nothing():
    np.testing.assert_array_equal(tile_image(ramp(5, 6), Tiling(size=(5, 6), fit="resize"))[0], ramp(5, 6))


@pytest.mark.parametrize("size", [(0, 4), (4, -1)])
def test_empty_sizes_are_refused(size):
    with pytest.raises(ValueError, match="greater than 0"):
        Tiling(size=size)


def test_input_is_scaled_before_it_is_cut():
    card = make_card(scaling=Scaling(kind="percentile"), tiling=Tiling(size=(2, 2)))
    image = np.ones((2, 6, 6), dtype=np.uint16)
    image[:, 0, 0] = 255  # outside the crop, and still the brightest
    prepared = prepare_image(image, card)
    assert prepared.shape == (1, 2, 2, 2)
    np.testing.assert_allclose(prepared, 1 / 255)


def test_another_number_of_channels_is_refused_with_the_models_names():
    with pytest.raises(ChannelError, match=r"has 3 channels, but 'tiny' takes 2: DNA, ER\."):
        prepare_image(np.ones((3, 8, 8)), make_card())
