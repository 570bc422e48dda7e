"""Finer levels: the canvas never waits, everybody else gets true pixels, and memory is bounded."""

import numpy as np
import pytest

from napari_ben.errors import PlateError
from napari_ben.plates import FORMATS, plate_from_arrays
from napari_ben.session._details import _AT_ONCE
from napari_ben.session._picture import develop, first_picture

SIDE = 400  # levels 1, 2, 4 on 24 wells


def asked_by(module):
    """A function that indexes an array, as code of this module would."""
    space = {"__name__": module}
    exec("def index(array, *key):\n    return array[key]", space)  # noqa: S102  # a frame of another module
    return space["index"]


canvas = asked_by("napari.layers._scalar_field._slice")
script = asked_by("somebody.else")


@pytest.fixture
def plate():
    rng = np.random.default_rng(0)
    wells = list(FORMATS[24].well_names())
    images = {well: rng.integers(1, 4000, (1, 2, SIDE, SIDE)).astype(np.uint16) for well in wells}
    return plate_from_arrays(images, ["DNA", "ER"], format=FORMATS[24])


@pytest.fixture
def reads(plate, monkeypatch):
    """Every plane that is read."""
    done = []
    read = type(plate).read_plane

    def counted(self, row, channel, level=0):
        done.append((row, channel))
        return read(self, row, channel, level)

    monkeypatch.setattr(type(plate), "read_plane", counted)
    return done


@pytest.fixture
def picture(plate):
    picture = first_picture(plate)
    for _ in develop(plate, picture):
        pass
    return picture


def look_closer(picture):
    return [channel for news in picture.details.look_closer() for channel in news]


def test_the_canvas_gets_the_overview_until_details_are_read(plate, picture, reads):
    level, truth = picture.levels(0)[0], plate.mosaic.levels(0)[0]
    wanted = []
    picture.details.wanted.connect(lambda: wanted.append(1))
    view = (slice(10, 300), slice(20, 700))
    coarse = canvas(level, *view)
    assert reads == []
    assert wanted == [1]
    factor = plate.mosaic.layout.factors[-1]
    assert np.array_equal(coarse, np.kron(picture.overviews[0], np.ones((factor, factor), np.uint16))[view])
    assert look_closer(picture) == [0]
    assert reads == [(0, 0), (1, 0)]
    assert np.array_equal(canvas(level, *view), truth[view].compute())
    assert len(reads) == 4  # the truth's; nothing more was asked for
    assert wanted == [1]


def test_everybody_else_gets_true_pixels(plate, picture):
    truth = plate.mosaic.levels(1)[0].compute()
    level = picture.levels(1)[0]
    assert (level.shape, level.dtype, level.ndim, level.size) == (truth.shape, truth.dtype, 2, truth.size)
    assert np.array_equal(np.asarray(level), truth)
    assert np.array_equal(script(level, slice(0, 50), slice(3, 9)).compute(), truth[:50, 3:9])
    assert np.array_equal(script(level, 7).compute(), truth[7])
    assert np.array_equal(canvas(level, 7, slice(0, 9)).compute(), truth[7, :9])


def test_the_latest_look_counts(picture, reads):
    level = picture.levels(0)[0]
    canvas(level, slice(0, 300), slice(0, 300))
    canvas(level, slice(1300, 1500), slice(0, 300))
    look_closer(picture)
    assert reads == [(18, 0)]


def test_a_look_while_somebody_reads_is_read_by_the_same(picture, reads):
    level, wanted = picture.levels(0)[0], []
    picture.details.wanted.connect(lambda: wanted.append(1))
    canvas(level, slice(0, 300), slice(0, 300))
    work = picture.details.look_closer()
    canvas(picture.levels(1)[0], slice(0, 300), slice(0, 300))
    assert list(work) == [(0, 1)]
    assert sorted(reads) == [(0, 0), (0, 1)]
    assert wanted == [1]


def test_stopping_lets_the_next_look_ask_again(picture, reads, monkeypatch):
    monkeypatch.setattr("napari_ben.session._details.BETWEEN_LOOKS", 0)
    level, wanted = picture.levels(0)[0], []
    picture.details.wanted.connect(lambda: wanted.append(1))
    canvas(level, slice(0, 1000), slice(0, 2000))
    work = picture.details.look_closer()
    next(work)
    with pytest.raises(StopIteration):
        work.send(True)
    assert 0 < len(reads) <= _AT_ONCE
    canvas(level, slice(0, 1000), slice(0, 2000))
    assert wanted == [1, 1]


def test_a_plane_that_cannot_be_read_is_blank_and_not_asked_for_again(plate, picture, monkeypatch):
    def refuse(*_):
        raise PlateError("broken.", "Mend it.")

    monkeypatch.setattr(type(plate), "read_plane", refuse)
    level = picture.levels(0)[0]
    assert canvas(level, slice(0, 50), slice(0, 50)).any()
    look_closer(picture)
    assert not canvas(level, slice(0, 50), slice(0, 50)).any()
    assert look_closer(picture) == []


def test_memory_is_bounded_while_panning(plate, picture, reads, monkeypatch):
    plane = SIDE * SIDE * 2
    most = 5 * plane  # two planes of each of two channels
    monkeypatch.setattr("napari_ben.plates._overviews.CACHE_BYTES", most)
    levels = [picture.levels(channel)[0] for channel in range(2)]
    for left in range(0, 2000, 130):
        for level in levels:
            canvas(level, slice(0, 900), slice(left, left + 900))
        look_closer(picture)
        assert picture.details.held_bytes <= most
        before = len(reads)
        for level in levels:
            canvas(level, slice(0, 900), slice(left, left + 900))
        assert look_closer(picture) == []  # what does not fit is not read over and over
        assert len(reads) == before
