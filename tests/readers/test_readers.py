"""One contract for all readers: what a plate of each layout is, for nothing but its metadata."""

import pickle

import numpy as np
import pytest

from napari_ben.errors import ArgumentError, PlateError
from napari_ben.plates import PixelSource, describe
from napari_ben.readers import LAYOUTS, READERS, Place, find_readers, open_plate

GUID = "0A1B2C3D-0A1B-2C3D-4E5F-0A1B2C3D4E5F"
OTHER = "9F8E7D6C-0A1B-2C3D-4E5F-0A1B2C3D4E5F"

# layout, paths of files, wells, fields a well, channels
NAMED = [
    (
        "phenix",
        [f"Images/r02c0{c}f0{f}p01-ch{ch}sk1fk1fl1.tiff" for c in (3, 4) for f in (1, 2) for ch in (1, 2)],
        ["B03", "B04"],
        ["ch1", "ch2"],
    ),
    ("phenix", [f"r03c03f{f}p01-ch{ch}sk1.tif" for f in (1, 10) for ch in (2, 10)], ["C03"], ["ch2", "ch10"]),
    (
        "sbs",
        [f"Channel{ch}-{n:02d}-{well}.tif" for ch in (1, 2) for n, well in enumerate(("A-01", "A-02", "H-12"))],
        ["A01", "A02", "H12"],
        ["Channel1", "Channel2"],
    ),
    ("sbs", [f"Channel 1-01-A-01-0{f}.tif" for f in (0, 1)], ["A01"], ["Channel1"]),
    ("rxrx1", [f"B02_s{s}_w{w}.png" for s in (1, 2) for w in range(1, 7)], ["B02"], [f"w{w}" for w in range(1, 7)]),
    (
        "imagexpress",
        [f"demo_E0{c}_s{s}_w{w}{GUID}.tif" for c in (7, 8) for s in (1, 2) for w in (1, 2)],
        ["E07", "E08"],
        ["w1", "w2"],
    ),
    (
        "imagexpress",
        [f"TimePoint_1/9987_B0{c}_s1_w{w}.TIF" for c in (2, 3) for w in (1, 2)],
        ["B02", "B03"],
        ["w1", "w2"],
    ),
    ("imagexpress", ["9987_B02.TIF"], ["B02"], ["w1"]),
    ("imagexpress", [f"demo_E07_s1{GUID}.tif", f"demo_E07_s2{OTHER}.tif"], ["E07"], ["w1"]),
    ("imagexpress", [f"G10_s1_w{w}{GUID}.tif" for w in (1, 2, 4)], ["G10"], ["w1", "w2", "w4"]),
]


def check(plate, wells, channels, count_pixels, problems=()):
    assert count_pixels == []
    assert plate.imaged.index.tolist() == wells
    assert list(plate.channels) == channels
    assert plate.problems == problems
    assert isinstance(plate.source, PixelSource)
    assert describe(plate)["n_fields"] == len(plate.fields)
    levels = plate.mosaic.levels(0)
    assert count_pixels == []
    whole = levels[0].compute()
    assert whole.any()
    for row, box in plate.mosaic.field_boxes.iterrows():
        assert np.array_equal(whole[box.y0 : box.y1, box.x0 : box.x1], plate.read_field(row, [0])[0])
    again = pickle.loads(pickle.dumps(plate))
    assert np.array_equal(again.read_field(0), plate.read_field(0))


@pytest.mark.parametrize(("layout", "paths", "wells", "channels"), NAMED)
def test_named_files(layout, paths, wells, channels, write_images, count_pixels):
    dtype = np.uint8 if paths[0].endswith("png") else np.uint16
    folder, pixels = write_images(paths, dtype=dtype)
    plate = open_plate(folder)
    check(plate, wells, channels, count_pixels)
    assert LAYOUTS[layout].title in plate.layout
    assert plate.dtype == dtype
    assert plate.shape == (24, 24)
    assert open_plate(folder, layout=layout).fields.equals(plate.fields)
    read = {plane.tobytes() for row in range(len(plate.fields)) for plane in plate.read_field(row)}
    assert read == {plane.tobytes() for plane in pixels.values()}


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("axes", ["cyx", "yx", "czyx", "tczyx", "cxy"])
@pytest.mark.parametrize("datasets", [("0", "1"), ("s0", "s1")])
def test_ome_zarr(version, axes, datasets, write_zarr, count_pixels):
    labels = ("DNA", "ER") if "c" in axes else None
    folder, pixels = write_zarr(("B/03", "A/1"), version=version, axes=axes, datasets=datasets, labels=labels)
    plate = open_plate(folder)
    check(plate, ["A01", "B03"], list(labels or ["channel 1"]), count_pixels)
    assert (plate.n_z, plate.n_times) == (3 if "z" in axes else 1, 2 if "t" in axes else 1)
    assert plate.layout == f"OME-Zarr HCS {'0.4' if version == 2 else '0.5'}"
    assert plate.source.downsampling == (1, 2)
    image = pixels["B/03/1"]
    chosen = {"t": 0, "c": slice(None), "z": 1}
    expected = image[tuple(chosen.get(axis, slice(None)) for axis in axes)]
    expected = expected.transpose(0, 2, 1) if axes == "cxy" else expected.reshape(-1, 16, 16)
    assert np.array_equal(plate.read_field(3), expected)
    assert np.array_equal(plate.read_plane(3, 0, level=1), expected[0, ::2, ::2])


def test_the_first_reader_that_does_not_refuse_reads(write_images, write_zarr):
    images, _ = write_images(["r01c01f01p01-ch1sk1fk1fl1.tiff"])
    zarr, _ = write_zarr()
    assert next(find_readers(Place(images))) is READERS["images"]
    assert next(find_readers(Place(zarr))) is READERS["ome-zarr"]
    assert next(find_readers(Place(images), "phenix")) is LAYOUTS["phenix"]
    assert READERS["ome-zarr"].refusal(Place(images)) == "it has neither zarr.json nor .zattrs"
    assert READERS["images"].refusal(Place(zarr)) == "it holds no TIFF or PNG files"
    assert READERS["images"].refusal(Place(images / "r01c01f01p01-ch1sk1fk1fl1.tiff")) == "it is not a folder"
    assert "do not say which well" in LAYOUTS["sbs"].refusal(Place(images))


def test_what_is_no_plate_is_refused_in_words(tmp_path):
    with pytest.raises(PlateError, match=r"absent does not exist\. Check the spelling"):
        open_plate(tmp_path / "absent")
    (tmp_path / "file.txt").write_text("hello")
    with pytest.raises(
        PlateError, match=r"file.txt is not a plate that can be opened: it is not a folder, nor .*Choose"
    ):
        open_plate(tmp_path / "file.txt")
    with pytest.raises(PlateError, match=r"it holds no TIFF or PNG files\)\. It holds no sign of OME-Zarr HCS.*Choose"):
        open_plate(tmp_path)
    with pytest.raises(ArgumentError, match=r"'flex' is not a layout; known are ome-zarr,.* images,.* phenix"):
        open_plate(tmp_path, layout="flex")


def test_names_that_say_no_well_are_refused(write_images):
    folder, _ = write_images(["holiday.tif", "SC_demo_CH02.tif"])
    with pytest.raises(PlateError, match=r"names of its image files do not say which well they show \(such as"):
        open_plate(folder)
