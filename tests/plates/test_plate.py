"""Plates: reading fields, what is stated when pixels disappoint, and the mosaic."""

import pickle
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ben.errors import PlateError, SelectionError
from napari_ben.plates import (
    FORMATS,
    PixelSource,
    Plate,
    Screen,
    describe,
    fields_table,
    plate_from_arrays,
    well_position,
    wells_table,
)

RNG = np.random.default_rng(0)
UINT8 = np.dtype(np.uint8)


def make_plate(n_fields=4, side=16, n_channels=2, wells=("A01", "A02", "B01")) -> Plate:
    images = {well: RNG.integers(0, 60_000, (n_fields, n_channels, side, side), np.uint16) for well in wells}
    return plate_from_arrays(images, format=FORMATS[6])


@dataclass(eq=False)
class OddSource:
    """Planes of any kind, by (field, channel); counts what is read."""

    planes: dict
    dtype: np.dtype = UINT8
    shape: tuple = (8, 8)
    downsampling: tuple = (1,)
    reads: int = 0

    def read(self, field, channel, level=0):
        self.reads += 1
        plane = self.planes.get((field, channel), np.full(self.shape, 10 * field + channel, self.dtype))
        if isinstance(plane, Exception):
            raise plane
        return plane


def odd_plate(planes=None, missing=None, **source) -> Plate:
    fields = fields_table(["A01", "A01", "B02"], [1, 2, 1], missing=missing)
    return Plate(
        name="odd",
        path=Path(),
        layout="test",
        format=FORMATS[6],
        channels=("DNA", "ER"),
        fields=fields,
        wells=wells_table(fields),
        source=OddSource(planes or {}, **source),
    )


def test_a_field_is_read_in_the_order_asked_for():
    plate = make_plate()
    images = plate.source.images
    assert np.array_equal(plate.read_field(5), images[5])
    assert np.array_equal(plate.read_field(5, [1, 0, 1]), images[5, [1, 0, 1]])
    assert plate.read_field(0).dtype == np.uint16
    assert plate.rows_of(["A02"]).tolist() == [4, 5, 6, 7]
    assert isinstance(plate.source, PixelSource)
    assert plate.problems == ()


def test_lazy_images_equal_what_is_read():
    plate = make_plate()
    assert plate.images.shape == (12, 2, 16, 16)
    assert np.array_equal(plate.images.compute(), plate.source.images)
    assert np.array_equal(plate.image(3).compute(), plate.source.images[3])


def test_a_missing_channel_is_refused_and_no_surprise():
    plate = odd_plate(missing=[(), ("ER",), ()])
    assert plate.read_field(1, [0]).shape == (1, 8, 8)
    with pytest.raises(PlateError, match=r"Field 2 of well A01 on plate 'odd' has no channel 'ER'.*Leave"):
        plate.read_field(1)
    assert not plate.images[1, 1].compute().any()
    assert plate.problems == ()


def test_a_broken_plane_is_blank_in_pictures_and_stated_once():
    plate = odd_plate({(0, 0): PlateError("a.tif is cut short.", "Copy it again.")})
    with pytest.raises(PlateError, match=r"a.tif is cut short"):
        plate.read_field(0)
    picture = plate.mosaic.levels(0)[0].compute()
    box = plate.mosaic.field_boxes.iloc[0]
    assert not picture[box.y0 : box.y1, box.x0 : box.x1].any()
    assert (picture[box.y1 : box.y1 + 8, box.x0 : box.x1] == 10).all()
    assert plate.problems == ("a.tif is cut short.",)
    assert plate.with_roles({"A01": "empty"}).problems == plate.problems


@pytest.mark.parametrize("shape", [(4, 12), (12, 4), (20, 20), (1, 1)])
def test_odd_shapes_are_cropped_or_padded_and_stated(shape):
    plate = odd_plate({(0, 0): np.full(shape, 7, np.uint8)})
    picture = plate.mosaic.levels(0)[0].compute()
    part = picture[:8, :8]
    assert (part[: shape[0], : shape[1]] == 7).all()
    assert (part == 7).sum() == min(shape[0], 8) * min(shape[1], 8)
    assert plate.problems == (f"Field 1 of well A01 is {shape[0]}×{shape[1]} pixels; the plate's fields are 8×8.",)
    assert plate.images[0, 0].compute().shape == (8, 8)
    with pytest.raises(PlateError, match=r"Field 1 of well A01 has channels of different sizes: .*export it again"):
        plate.read_field(0)


def test_another_data_type_is_clipped_in_pictures_and_stated():
    plate = odd_plate({(0, 0): np.full((8, 8), 300.0)})
    assert plate.mosaic.levels(0)[0][0, 0].compute() == 255
    assert plate.problems == ("Field 1 of well A01 is float64; the plate's fields are uint8.",)
    assert plate.read_field(0)[0, 0, 0] == 300


def test_many_surprises_are_counted():
    plate = make_plate(n_fields=30)
    for row in range(25):
        plate.note(f"problem {row}")
    assert len(plate.problems) == 21
    assert plate.problems[-1] == "5 more problems of this kind were met while reading images."


def test_a_plate_survives_pickling():
    plate = make_plate()
    plate.mosaic.levels(0)
    again = pickle.loads(pickle.dumps(plate))
    assert repr(again) == repr(plate)
    assert np.array_equal(again.read_field(2), plate.read_field(2))


def test_roles_can_be_changed_on_a_copy():
    plate = make_plate()
    changed = plate.with_roles({"A02": "negative_control"})
    assert changed.wells["role"].tolist() == ["unknown", "negative_control", "unknown"]
    assert plate.wells["role"].tolist() == ["unknown"] * 3
    with pytest.raises(SelectionError, match=r"'boss' is not a role of a well\. Choose one of treatment"):
        plate.with_roles({"A02": "boss"})
    with pytest.raises(SelectionError, match=r"Well 'B03' of plate 'plate' has no image.*plate.wells"):
        plate.with_roles({"B03": "empty"})


def test_nothing_is_read_until_pixels_are_asked_for():
    plate = odd_plate(shape=(300, 300))
    describe(plate)
    repr(plate)
    plate.with_roles({"A01": "treatment"})
    assert [level.shape for level in plate.mosaic.levels(1)]
    assert plate.images.shape
    assert plate.source.reads == 0
    plate.mosaic.levels(0)[0][:4, :4].compute()
    assert plate.source.reads == 1


def test_a_description_is_plain():
    plate = make_plate().with_roles({"A01": "negative_control"})
    assert describe(plate) == {
        "name": "plate",
        "layout": "in memory",
        "format": 6,
        "n_wells": 3,
        "n_fields": 12,
        "channels": ["channel 1", "channel 2"],
        "shape": [16, 16],
        "dtype": "uint16",
        "roles": {"negative_control": 1, "unknown": 2},
        "suggestions": [],
        "problems": [],
        "notes": [],
        "n_z": 1,
        "n_times": 1,
        "acquisitions": [],
        "pixel_um": None,
    }


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ({}, r"found no image"),
        ({"A1": np.zeros((8, 8))}, r"must all be \(fields, channels, Y, X\).*found \(8, 8\) in A01"),
        ({"A1": np.zeros((1, 1, 8, 8)), "A2": np.zeros((1, 2, 8, 8))}, r"found \(1, 1, 8, 8\) in A01, \(1, 2, 8, 8\)"),
    ],
)
def test_arrays_that_are_no_plate_are_refused(images, message):
    with pytest.raises(PlateError, match=message):
        plate_from_arrays(images)


@given(
    n_fields=st.integers(1, 7),
    side=st.sampled_from([5, 16, 33]),
    wells=st.sets(st.sampled_from(FORMATS[24].well_names()), min_size=1, max_size=5),
)
def test_every_field_lies_in_its_box(n_fields, side, wells):
    plate = make_plate(n_fields, side, 1, sorted(wells))
    plate = replace(plate, format=FORMATS[24])
    picture = plate.mosaic.levels(0)[0].compute()
    for row, box in plate.mosaic.field_boxes.iterrows():
        assert np.array_equal(picture[box.y0 : box.y1, box.x0 : box.x1], plate.source.images[row, 0])
        assert plate.mosaic.field_at(box.y0, box.x1 - 1) == row
        assert plate.mosaic.well_at(box.y1 - 1, box.x0) == plate.fields["well"][row]
    assert (picture != 0).sum() == (plate.source.images != 0).sum()


def test_boxes_of_wells_cover_the_whole_format():
    mosaic = make_plate().mosaic
    assert mosaic.well_boxes.index.tolist() == list(FORMATS[6].well_names())
    assert mosaic.well_boxes.loc["A01"].tolist() == [0, 0, 32, 32]
    assert mosaic.well_at(33, 33) is None
    assert mosaic.well_at(-1, 0) is None
    assert mosaic.well_at(*mosaic.shape) is None
    assert mosaic.field_at(33, 33) is None


def test_levels_cover_the_same_area_and_are_means():
    plate = plate_from_arrays({"H12": RNG.integers(0, 255, (1, 1, 250, 250), np.uint8)}, format=FORMATS[96])
    levels = plate.mosaic.levels(0)
    assert len(levels) == 2
    assert [tuple(np.divide(levels[0].shape, level.shape)) for level in levels] == [(1, 1), (2, 2)]
    box = plate.mosaic.field_boxes.iloc[0] // 2
    coarse = levels[1][box.y0 : box.y1, box.x0 : box.x1].compute()
    expected = plate.source.images[0, 0].reshape(125, 2, 125, 2).mean(axis=(1, 3))
    assert np.abs(coarse - expected).max() <= 0.5


def test_a_coarse_level_is_read_once(monkeypatch):
    plate = replace(odd_plate(shape=(800, 800)), format=FORMATS[24])
    level = plate.mosaic.levels(0)[-1]
    first = level.compute()
    reads = plate.source.reads
    assert reads == 3
    assert np.array_equal(level.compute(), first)
    assert plate.source.reads == reads
    monkeypatch.setattr("napari_ben.plates._overviews.CACHE_BYTES", 0)
    plate.mosaic.levels(1)[-1].compute()
    assert plate.mosaic.overviews.held_bytes == 0


def test_stage_positions_place_fields():
    fields = fields_table(
        ["A01"] * 4 + ["A02"] * 3,
        [1, 2, 3, 4, 1, 2, 3],
        positions=[(0, 0), (300.4, 0), (0, 299.8), (300, 300), (0, 0), (300, 0.2), (0, 300)],
    )
    plate = Plate("p", Path(), "test", FORMATS[6], ("DNA", "ER"), fields, wells_table(fields), OddSource({}))
    assert plate.mosaic.field_boxes[["y0", "x0"]].to_numpy()[:4].tolist() == [[0, 0], [8, 0], [0, 8], [8, 8]]
    assert plate.mosaic.layout.well == (16, 16)


def test_scattered_stage_positions_fall_back_to_a_square():
    positions = [(0, 0), (1, 700), (900, 13), (333, 5000), (10_000, 77)]
    fields = fields_table(["A01"] * 5, range(1, 6), positions=positions)
    plate = Plate("p", Path(), "test", FORMATS[6], ("DNA", "ER"), fields, wells_table(fields), OddSource({}))
    assert plate.mosaic.layout.well == (24, 16)


def test_a_field_that_a_well_lacks_leaves_a_hole():
    fields = fields_table(["A01", "A01", "A02"], [1, 2, 2])
    plate = Plate("p", Path(), "test", FORMATS[6], ("DNA", "ER"), fields, wells_table(fields), OddSource({}))
    boxes = plate.mosaic.field_boxes
    assert boxes["y0"][1] - boxes["y0"][0] == 8
    assert plate.mosaic.field_at(0, plate.mosaic.well_boxes.loc["A02", "x0"]) is None


def test_a_384_well_plate_is_built_at_once():
    image = np.zeros((9, 5, 16, 16), np.uint16)
    plate = plate_from_arrays(dict.fromkeys(FORMATS[384].well_names(), image))
    levels = [level for channel in range(5) for level in plate.mosaic.levels(channel)]
    assert all(len(level.dask.layers) == 1 for level in levels)  # one map_blocks a level


def test_contrast_comes_from_a_few_fields():
    plate = make_plate(n_fields=40, wells=("A01",))
    low, high = plate.contrast_limits(0)
    assert 0 <= low < 1000
    assert 59_000 < high < 60_000
    counted = odd_plate({(0, 0): np.full((8, 8), np.nan), (1, 0): PlateError("broken.", "Mend it.")})
    assert counted.contrast_limits(0) == (20, 21)
    assert counted.source.reads == 3
    assert odd_plate(missing=[("DNA",)] * 3).contrast_limits(0) == (0, 1)


def test_an_empty_channel_is_stated_when_it_is_met():
    planes = {(field, 1): np.full((8, 8), 7, np.uint8) for field in range(3)}
    plate = odd_plate(planes)
    plate.contrast_limits(0)
    assert plate.problems == ()
    assert plate.contrast_limits(1) == (7, 8)
    assert plate.problems == ("Channel 'ER' is 7 everywhere in all 3 fields looked at: was it imaged?",)


def test_an_empty_plate_has_a_blank_mosaic():
    plate = replace(odd_plate(), fields=fields_table([], []))
    assert not plate.mosaic.levels(0)[0].compute().any()


def test_a_screen_finds_its_plates():
    plates = tuple(replace(make_plate(), name=name) for name in ("p1", "p2"))
    table = pd.DataFrame({"experiment": ["a", "b"]}, index=pd.Index(["p1", "p2"], name="plate"))
    screen = Screen("demo", Path("demo"), plates, table)
    assert screen["p2"] is plates[1]
    assert list(screen) == list(plates)
    assert len(screen) == 2
    assert screen.experiments == ("a", "b")
    with pytest.raises(SelectionError, match=r"The screen 'demo' has no plate 'p3'; it has p1, p2\. Choose one"):
        screen["p3"]


def test_a_screen_needs_plates_of_different_names():
    with pytest.raises(PlateError, match=r"demo holds no plate\. Choose a folder"):
        Screen("demo", Path("demo"), (), pd.DataFrame())
    with pytest.raises(PlateError, match=r"more than one plate named 'plate'.*different names"):
        Screen("demo", Path("demo"), (make_plate(), make_plate()), pd.DataFrame())


def test_positions_match_names():
    plate = make_plate()
    assert [well_position(well) for well in plate.wells.index] == list(
        zip(plate.wells["row"], plate.wells["column"], strict=True)
    )
