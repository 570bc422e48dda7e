"""Colours: even scales, and ink that reads."""

import matplotlib as mpl
import numpy as np
import pytest

from napari_ben.plates import ROLES
from napari_ben.widgets._palette import (
    MISSING_COLOUR,
    ROLE_COLOURS,
    ROLE_LETTERS,
    channels,
    colour_scale,
    is_bright,
    number_colours,
    number_limits,
)


@pytest.mark.parametrize("name", ["viridis", "cividis"])
def test_the_scales_are_the_published_ones(name):
    published = mpl.colormaps[name](np.arange(256))[:, :3] * 255
    own = np.array([channels(colour) for colour in colour_scale(name)])
    assert np.abs(own - published).max() < 12


def test_numbers_that_are_none_are_grey_and_limits_hold():
    colours = number_colours([np.nan, -1, 0, 5, np.inf], limits=(0, 1))
    scale = colour_scale("viridis")
    assert colours == (MISSING_COLOUR, scale[0], scale[0], scale[-1], MISSING_COLOUR)


@pytest.mark.parametrize(("values", "limits"), [([2, np.nan, 3], (2.0, 3.0)), ([], (0.0, 1.0)), ([np.nan], (0.0, 1.0))])
def test_limits(values, limits):
    assert number_limits(values) == limits


def test_one_value_alone_has_a_colour():
    assert number_colours([3.0]) == (colour_scale("viridis")[0],)


def test_every_role_has_a_colour_and_a_letter():
    assert set(ROLE_COLOURS) == set(ROLE_LETTERS) == set(ROLES)


@pytest.mark.parametrize(
    ("colour", "bright"), [("#ffffff", True), ("#000000", False), ("#f0e442", True), ("#0072b2", False)]
)
def test_bright(colour, bright):
    assert is_bright(colour) is bright
