from dataclasses import replace

import numpy as np
import pytest

from napari_ben.errors import SelectionError
from napari_ben.plates import Plate, plate_from_arrays, resolve_context
from napari_ben.workflow import exclude_flagged, join_quality, run_quality

from .conftest import CountingSource


def drained(steps):
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return finished.value


@pytest.fixture
def spoilt() -> Plate:
    """Twelve wells of textured fields, of which B02 shows noise and C03 nothing."""
    random = np.random.default_rng(0)
    images = {}
    for number in range(12):
        texture = np.kron(random.gamma(1, 400, (2, 2, 16, 16)), np.ones((4, 4)))
        images["ABC"[number // 4] + str(number % 4 + 1)] = (300 + texture).astype(np.uint16)
    images["B2"] = random.normal(300, 5, (2, 2, 64, 64)).astype(np.uint16)
    images["C3"] = np.full((2, 2, 64, 64), 300, np.uint16)
    return plate_from_arrays(images, ["DNA", "ER"])


def test_each_plane_is_read_once_after_a_sample_for_the_camera(spoilt: Plate) -> None:
    counted = replace(spoilt, source=CountingSource(spoilt.source))
    fields = drained(run_quality(counted))
    assert len(counted.source.reads) == 24 * 2 + 8
    assert fields.index.tolist() == list(range(24))


def test_flags_join_the_wells_and_exclude_them(spoilt: Plate) -> None:
    fields = drained(run_quality(spoilt))
    wells = join_quality(spoilt, fields).wells
    assert sorted(wells.index[wells["quality_flags"].str.contains("empty")]) == ["B02", "C03"]
    again = join_quality(join_quality(spoilt, fields), fields)
    assert again.wells.columns.is_unique
    without = exclude_flagged(spoilt, fields)
    assert set(spoilt.wells.index) - set(resolve_context(without, "plate").wells) == {"B02", "C03"}
    assert not spoilt.wells["excluded"].any()


def test_what_cannot_be_read_is_flagged_as_that(spoilt: Plate) -> None:
    broken = replace(spoilt, source=CountingSource(spoilt.source, broken=frozenset({0})))
    fields = drained(run_quality(broken, ["DNA"]))
    assert fields["flags"].iloc[0] == "unreadable"
    assert len(fields) == 24
    nothing = replace(spoilt, source=CountingSource(spoilt.source, broken=frozenset(range(24))))
    assert (drained(run_quality(nothing))["flags"] == "unreadable").all()


def test_unknown_channel_is_refused(spoilt: Plate) -> None:
    with pytest.raises(SelectionError, match="no channel 'Mito'; it has DNA, ER"):
        next(run_quality(spoilt, ["Mito"]))


def test_a_level_of_256_pixels_is_enough(spoilt: Plate) -> None:
    class Pyramid(CountingSource):
        shape, downsampling = (1080, 1080), (1, 2, 4, 8)
        levels: set[int] = set()  # noqa: RUF012 # one test, one plate

        def read(self, row, channel, level=0):
            self.levels.add(level)
            return self.source.read(row, channel)

    plate = replace(spoilt, source=Pyramid(spoilt.source))
    drained(run_quality(plate, ["DNA"]))
    assert plate.source.levels == {2}


def test_one_field_a_well_is_looked_at_on_request(spoilt: Plate) -> None:
    fields = drained(run_quality(spoilt, ["DNA"], fields_per_well=1))
    assert fields.index.tolist() == list(range(0, 24, 2))
