"""The images are checked once, and what stands out can be left out."""

from dataclasses import replace

import numpy as np
import pytest

from napari_ben.plates import ArraySource
from napari_ben.session import Session, SessionState, quality_words


@pytest.fixture
def blurred(plate):
    """The plate at a size at which focus can be told, with one well out of focus."""
    from scipy.ndimage import gaussian_filter

    random = np.random.default_rng(5)
    cells = gaussian_filter(random.random((24, 2, 96, 96)), (0, 0, 1.5, 1.5))
    images = 200 + 3000 * np.clip(cells / cells.max() - 0.6, 0, None) + random.normal(0, 3, cells.shape)
    rows = plate.rows_of(["B02"])
    images[rows] = gaussian_filter(images[rows], (0, 0, 6, 6)) + random.normal(0, 3, images[rows].shape)
    return replace(plate, source=ArraySource(images.astype(np.uint16)))


@pytest.fixture
def session(blurred, drain):
    session = Session(SessionState(plate=blurred))
    session.wanted.connect(lambda task: drain(session, task))
    return session


def test_flagged_wells_are_named_and_shown(session):
    session.check_images()
    assert session.state.flagged_wells == ("B02",)
    assert quality_words(session.state) == "1 well flagged. out of focus: B02"
    assert session.state.colour_by == "quality_flags"
    assert session.state.quality_note == ""


def test_they_are_left_out_only_when_asked(session):
    session.check_images()
    assert not session.state.plate.wells.at["B02", "excluded"]
    session.exclude_flagged()
    assert session.state.plate.wells.at["B02", "excluded"]
    session.choose_context("plate")
    assert "B02" not in session.resolution.context.wells


def test_a_look_can_be_stopped(blurred, drain):
    session, todo = Session(SessionState(plate=blurred)), []
    session.wanted.connect(todo.append)
    session.check_images()
    session.stop_checking()
    drain(session, todo[0])
    assert session.state.quality is None
    assert session.state.quality_note == ""


def test_an_even_plate_has_nothing_that_stands_out(blurred, drain):
    even = replace(blurred, source=ArraySource(np.roll(blurred.source.images, 0, axis=0)[np.arange(24) * 0]))
    session = Session(SessionState(plate=even))
    session.wanted.connect(lambda task: drain(session, task))
    session.check_images()
    assert quality_words(session.state) == "Images checked: nothing stands out."
